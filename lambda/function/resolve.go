package function

import (
	"fmt"
	"slices"
	"strings"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/settings"
)

// resolved is what an event comes to: requests, what is refused before it is one, and what is ignored.
type resolved struct {
	requests []maintenance.Request
	refusals []maintenance.Refusal
	ignored  []maintenance.Report
}

// add asks for maintenance of a server; what is no server's name is refused for the reason given.
func (r *resolved) add(in invocation, request maintenance.Request, source string, invalid maintenance.Reason) {
	if request.ServerName != "" && !maintenance.ValidServerName(request.ServerName) {
		r.refusals = append(r.refusals, in.refuse(request.Trigger, source, "", invalid, noServerName(request.ServerName)))
		return
	}
	r.requests = append(r.requests, request)
}

// alarmTrigger is the trigger that an alarm's change of state is. Each contributor of an alarm changes state by itself.
func alarmTrigger(a events.Alarm) maintenance.Trigger {
	t := maintenance.Trigger{Kind: maintenance.TriggerAlarm, Name: a.Name, Time: a.At, Reason: a.Reason, ID: a.ID, NewAlarm: a.New}
	if a.Contributor != "" {
		t.Series, t.ID = a.Contributor, t.ID+"#"+a.Contributor
	}
	return t
}

func (in invocation) alarm(a events.Alarm) resolved {
	t := alarmTrigger(a)
	// no is a refusal, but of an alarm that anybody may have sent and that is about no server of ours.
	no := func(reason maintenance.Reason, detail string) resolved {
		if a.Shared {
			return resolved{ignored: []maintenance.Report{in.ignored(reason, detail)}}
		}
		return resolved{refusals: []maintenance.Refusal{in.refuse(t, a.ID, "", reason, detail)}}
	}
	if isForeign(a, in.Self) {
		return no(maintenance.ReasonForeignEvent, in.foreign(a.Origin))
	}
	if isOwnAlarm(in.Name, a) {
		return resolved{ignored: []maintenance.Report{in.ownAlarm(a)}}
	}
	names, statements := in.serversNamedBy(a)
	known := func(name string) bool { _, ok := in.Settings.Server(name); return ok }
	switch {
	case len(names) == 0:
		return no(maintenance.ReasonNoServer, noServerNamed(a))
	case a.Shared && !slices.ContainsFunc(names, known):
		return no(maintenance.ReasonNotAllowed, strings.Join(statements, ", "))
	case len(names) > 1:
		return resolved{refusals: []maintenance.Refusal{in.refuse(t, a.ID, "", maintenance.ReasonAmbiguous, strings.Join(statements, ", "))}}
	}
	var r resolved
	r.add(in, maintenance.Request{ServerName: names[0], Trigger: t}, a.ID, maintenance.ReasonInvalidEvent)
	return r
}

// isForeign reports whether an alarm is CloudWatch's of another account or Region. Other monitoring's alarms are of none.
func isForeign(a events.Alarm, self events.Origin) bool {
	return a.Origin != self && a.Origin != (events.Origin{})
}

// cleared finds the servers whose runs may wait because of an alarm that is OK again; a report in their place if there are none.
// Where the alarm's names disagree all are meant: taking it back from a run that it did not trigger changes nothing.
func (in invocation) cleared(c events.Cleared) (maintenance.Trigger, []string, *maintenance.Report) {
	a := events.Alarm(c)
	ignored := func(r maintenance.Report) (maintenance.Trigger, []string, *maintenance.Report) {
		return maintenance.Trigger{}, nil, &r
	}
	if isForeign(a, in.Self) {
		return ignored(in.ignored(maintenance.ReasonForeignEvent, in.foreign(a.Origin)))
	}
	if isOwnAlarm(in.Name, a) {
		return ignored(in.ownAlarm(a))
	}
	names, _ := in.serversNamedBy(a)
	names = slices.DeleteFunc(names, func(name string) bool { return !maintenance.ValidServerName(name) })
	if len(names) == 0 {
		return ignored(in.ignored(maintenance.ReasonNoServer, noServerNamed(a)))
	}
	return alarmTrigger(a), names, nil
}

// serversNamedBy gathers who says which server an alarm is about: all who say something must say the same.
func (in invocation) serversNamedBy(a events.Alarm) (names, statements []string) {
	add := func(who, name string) {
		statements = append(statements, fmt.Sprintf("%s: %.80q", who, name))
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, server := range in.Settings.ForAlarm(a.Name) {
		add("the settings", server.Name)
	}
	if a.Tagged != "" {
		add("the alarm's tag "+maintenance.TagKey, a.Tagged)
	}
	for _, name := range a.Dimensions {
		add("the dimension "+events.DimensionName, name)
	}
	if a.ServerName != "" {
		add("serverName", a.ServerName)
	}
	return names, statements
}

func noServerNamed(a events.Alarm) string {
	detail := fmt.Sprintf("neither the settings nor a tag or dimension of the alarm %.255q names a server", a.Name)
	if len(a.Elsewhere) > 0 {
		detail += fmt.Sprintf("; its dimension %s does not count, because its metric is of %.200s", events.DimensionName,
			strings.Join(a.Elsewhere, ", "))
	}
	return detail
}

// isOwnAlarm reports whether an alarm is about the function of this name: acting on it could go round in circles.
func isOwnAlarm(function string, a events.Alarm) bool {
	return slices.Contains(settings.OwnAlarms(function), a.Name)
}

func (in invocation) ownAlarm(a events.Alarm) maintenance.Report {
	return in.ignored(maintenance.ReasonOwnAlarm, fmt.Sprintf("%.255q is an alarm about this function", a.Name))
}

func (in invocation) schedule(s events.Schedule) (r resolved) {
	t := maintenance.Trigger{Kind: maintenance.TriggerSchedule, Name: s.Name, Time: s.At, ID: s.ARN}
	if s.ARN == "" {
		t.ID = s.Name
		return in.ourSchedule(s, t)
	}
	if s.Origin != in.Self {
		r.refusals = append(r.refusals, in.refuse(t, s.ARN, "", maintenance.ReasonForeignEvent, in.foreign(s.Origin)))
		return r
	}
	known := in.Settings.ForRule(s.Name)
	if !s.Rule {
		known = append(slices.Clone(in.Settings.ForSchedule(s.Name)), known...)
	}
	named := map[string]bool{} // a schedule may be that of a thousand servers
	for _, server := range known {
		if !named[server.Name] {
			named[server.Name] = true
			r.add(in, maintenance.Request{ServerName: server.Name, Trigger: t}, s.ARN, maintenance.ReasonInvalidEvent)
		}
	}
	if len(known) == 0 {
		detail := fmt.Sprintf("no server in the settings has the rule or schedule %.80q", s.Name)
		r.refusals = append(r.refusals, in.refuse(t, s.ARN, "", maintenance.ReasonNoServer, detail))
	}
	return r
}

// ourSchedule is a schedule that brings the names. Where the settings know it, they must agree on each.
func (in invocation) ourSchedule(s events.Schedule, t maintenance.Trigger) (r resolved) {
	source := "schedule " + s.Name
	var known []string
	for _, server := range in.Settings.ForSchedule(s.Name) {
		known = append(known, server.Name)
	}
	agreed := map[string]bool{}
	for _, name := range known {
		agreed[name] = true
	}
	all := strings.Join(known, ", ")
	for _, name := range s.ServerNames {
		if len(known) > 0 && !agreed[name] {
			detail := fmt.Sprintf("the event says %.80q, the settings have the schedule %.80q for %.400s", name, s.Name, all)
			r.refusals = append(r.refusals, in.refuse(t, source, name, maintenance.ReasonAmbiguous, detail))
			continue
		}
		r.add(in, maintenance.Request{ServerName: name, Trigger: t}, source, maintenance.ReasonInvalidRequest)
	}
	return r
}

func (in invocation) start(s events.Start) (r resolved) {
	request := maintenance.Request{ServerName: s.ServerName, RunID: s.RunID, Trigger: in.manual(s.Key), EngineAttributes: s.EngineAttributes}
	request.Trigger.Overrides = s.Override
	r.add(in, request, "start", maintenance.ReasonInvalidRequest)
	return r
}
