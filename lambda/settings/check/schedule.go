package check

import (
	"fmt"
	"time"

	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/cron"
)

// placedSchedule is where a schedule was described first.
type placedSchedule struct {
	schedule settings.Schedule
	timezone string
	path     string
}

func readSchedules(o object, server settings.Server) []settings.Schedule {
	var schedules []settings.Schedule
	names := map[string]int{}
	for i, v := range o.list("schedules") {
		if _, err := cron.Parse(v.text); v.kind == kindText && err == nil {
			o.itemFault("schedules", i, `is a text alone; write {"name": "weekly", "expression": `+quoted(v.text)+"}")
			continue
		}
		at := o.at.member("schedules").item(i)
		fields, ok := o.parser.open(v, at, keysOf[scheduleKeys]())
		if !ok {
			continue
		}
		schedule := readSchedule(fields, server)
		schedules = append(schedules, schedule)
		if schedule.Name == "" {
			continue
		}
		if first, again := names[schedule.Name]; again {
			fields.fault("name", fmt.Sprintf("%s is the same as that of item %d; give it another", quoted(schedule.Name), first))
			continue
		}
		names[schedule.Name] = i
		o.parser.share(schedule, server.Timezone, at)
	}
	return schedules
}

func readSchedule(o object, server settings.Server) settings.Schedule {
	window := server.Window
	schedule := settings.Schedule{Flexible: readFlexible(o)}
	if name, ok := o.requiredText("name", "give the schedule a name"); ok {
		if name == "" || len(name) > 64 || !onlyBytes(name, isNameByte) {
			// The Scheduler API's own rule (CreateSchedule, Name).
			o.fault("name", quoted(name)+" is not the name of a schedule; write 1 to 64 letters, digits, dots, dashes and underscores")
		} else {
			schedule.Name = name
		}
	}
	expression, ok := o.requiredText("expression", "write cron(…), rate(…) or at(…)")
	if !ok {
		return schedule
	}
	schedule.Expression = expression
	firing, err := cron.Parse(expression)
	if err != nil {
		o.fault("expression", quoted(expression)+" "+err.Error())
		return schedule
	}
	if firing.Drifts() && !window.Always() {
		o.fault("expression", quoted(expression)+" cannot be kept inside the window "+window.String()+
			": its time of day depends on when it was created; write cron(…)")
	}
	if now := o.parser.now; !now.IsZero() && !firing.FiresAfter(now.In(server.Location)) {
		o.fault("expression", quoted(expression)+" never fires again: in "+server.Timezone+" it is "+
			now.In(server.Location).Format("2006-01-02T15:04")+"; give it a date to come, or remove the schedule")
	}
	minutes := int(schedule.Flexible / time.Minute)
	if stray, found := strayFrom(firing, window, minutes); found {
		o.fault("expression", stray.problem(expression, window, minutes))
	}
	return schedule
}

// readFlexible obeys Scheduler's MaximumWindowInMinutes, 1 to 1440.
func readFlexible(o object) time.Duration {
	flexible := o.duration("flexible", 0, notZero)
	if flexible == 0 || flexible%time.Minute == 0 && flexible <= minutesOfDay*time.Minute {
		return flexible
	}
	text, _ := o.text("flexible")
	o.fault("flexible", quoted(text)+" is not possible; write whole minutes, 1m to 24h")
	return 0
}

// checkExpiry refuses what expires before it can start. Scheduler fires within
// the minute that the expression names, or the last one of flexible:
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
func checkExpiry(o object, server settings.Server) {
	for _, schedule := range server.Schedules {
		if least := schedule.Flexible + time.Minute; server.ExpiresAfter > 0 && server.ExpiresAfter < least {
			text, _ := o.text("expiresAfter")
			o.fault("expiresAfter", fmt.Sprintf("%s is too short for schedule %s, which may fire up to %dm late; write %[3]dm or more",
				quoted(text), quoted(schedule.Name), int(least.Minutes())))
			return
		}
	}
}

// share refuses two descriptions of one schedule: infra creates it once, so one
// of them would be lost without a word.
func (p *parser) share(schedule settings.Schedule, timezone string, at *place) {
	first, known := p.schedules[schedule.Name]
	if !known {
		p.schedules[schedule.Name] = placedSchedule{schedule, timezone, at.String()}
		return
	}
	differs := ""
	switch {
	case first.schedule.Expression != schedule.Expression:
		differs = "expression"
	case first.timezone != timezone:
		differs = "timezone"
	case first.schedule.Flexible != schedule.Flexible:
		differs = "flexible"
	default:
		return
	}
	p.fault(at, fmt.Sprintf("schedule %s has another %s at %s; make them equal or give this one another name",
		quoted(schedule.Name), differs, first.path))
}
