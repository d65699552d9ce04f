package check

import (
	"fmt"
	"strings"
	"time"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/settings"
)

// The defaults of the durations and counts.
const (
	defaultCooldown   = 12 * time.Hour
	defaultStaleAfter = time.Hour
	defaultDeadline   = 4 * time.Hour
	defaultDailyLimit = 2
)

// server reads what it can of a server even when parts of it are wrong.
func (p *parser) server(v value, at *place, position int) settings.Server {
	o, ok := p.open(v, at, keysOf[serverKeys]())
	if !ok {
		return settings.Server{}
	}
	location := readTimezone(o)
	server := settings.Server{
		Name:            readServerName(o),
		Backend:         readBackend(o),
		Enabled:         o.boolean("enabled", true),
		Location:        location,
		Window:          readWindow(o, "window", location),
		Cooldown:        o.duration("cooldown", defaultCooldown, orZero),
		ExpiresAfter:    readExpiresAfter(o),
		StaleAfter:      o.duration("staleAfter", defaultStaleAfter, notZero),
		Deadline:        o.duration("deadline", defaultDeadline, notZero),
		ExpectEvery:     o.duration("expectEvery", 0, notZero),
		DailyLimit:      o.countFromOne("dailyLimit", defaultDailyLimit),
		KeepWhenCleared: readKeepWhenCleared(o),
		Approval:        readApproval(o),
	}
	server.After, _ = o.text("after")
	server.Timezone = server.Location.String()
	server.Alarms = readAlarms(o, position)
	server.BlockedBy = readBlockedBy(o, server)
	server.Rules = readRules(o)
	server.Schedules = readSchedules(o, server)
	checkExpiry(o, server)
	readAutomation(o, &server)
	return server
}

// readExpiresAfter has no default of its own: when a trigger expires, the domain
// computes from the window.
func readExpiresAfter(o object) time.Duration {
	expires := o.duration("expiresAfter", -1, orZero)
	if expires == 0 {
		text, _ := o.text("expiresAfter")
		o.fault("expiresAfter", quoted(text)+" lets nothing start; write how long a trigger may wait, or leave it out for the end of the window")
	}
	return max(expires, 0)
}

// readKeepWhenCleared reads what an alarm's return to OK does to its run while that
// waits.
func readKeepWhenCleared(o object) bool {
	const cancel, keep = "cancel", "keep"
	text, found := o.text("whenAlarmClears")
	if found && text != cancel && text != keep {
		o.fault("whenAlarmClears", unknownName("answer", text, []string{cancel, keep}))
	}
	return text == keep
}

func readServerName(o object) string {
	name, ok := o.requiredText("name", "give the server's name")
	if !ok {
		return ""
	}
	if !maintenance.ValidServerName(name) {
		o.fault("name", quoted(name)+" is not a server's name; write 1 to 40 letters, digits and dashes, a letter first")
		return ""
	}
	return name
}

func readBackend(o object) settings.Backend {
	text, ok := o.requiredText("backend", `write "opsworks-cm" or "ssm"`)
	if !ok {
		return ""
	}
	backend := settings.Backend(text)
	if backend != settings.BackendOpsWorksCM && backend != settings.BackendSSM {
		o.fault("backend", unknownName("backend", text, []string{string(settings.BackendOpsWorksCM), string(settings.BackendSSM)}))
		return ""
	}
	return backend
}

// readTimezone never returns nil.
func readTimezone(o object) *time.Location {
	name, found := o.text("timezone")
	if !found {
		return time.UTC
	}
	if zone, known := o.parser.zones[name]; known {
		return zone
	}
	zone, err := time.LoadLocation(name)
	if err != nil || !isPortableZone(name) {
		o.fault("timezone", quoted(name)+" is not an IANA time zone; write for example Europe/Berlin or UTC")
		return time.UTC
	}
	o.parser.zones[name] = zone
	return zone
}

// isPortableZone refuses what loads on the machine where the settings are
// checked and means something else, or nothing, in Lambda: Local, and the files
// that distributions put beside the IANA zones.
func isPortableZone(name string) bool {
	return name != "" && name != "Local" && name != "localtime" && name != "posixrules" && name != "Factory" &&
		!strings.HasPrefix(name, "posix/") && !strings.HasPrefix(name, "right/")
}

// readAlarms also notes each glob under the index at which it was written; globs
// that are wrong as such claim nothing, to keep the list of faults short.
func readAlarms(o object, position int) []settings.Glob {
	var globs []settings.Glob
	o.texts("alarms", func(i int, text string) {
		wrong := alarmGlobProblem(text)
		if wrong == "" && reachesOwnAlarms(settings.Glob(text), o.parser.name) {
			wrong = quoted(text) + " claims this program's own alarms (" + o.parser.name +
				"-…), which may start nothing; begin it with what only this server's alarms begin with"
		}
		if wrong != "" {
			o.itemFault("alarms", i, wrong)
			return
		}
		globs = append(globs, settings.Glob(text))
		o.parser.claims = append(o.parser.claims, newClaim(settings.Glob(text), position, i))
	})
	return globs
}

// readBlockedBy takes any alarm but this program's own: those that ask for another server too, and some of those that ask for this one. All
// of an entry it takes only if the run outlives the alarm.
func readBlockedBy(o object, server settings.Server) []settings.Glob {
	var globs []settings.Glob
	o.texts("blockedBy", func(i int, text string) {
		glob, wrong := settings.Glob(text), alarmGlobProblem(text)
		if wrong == "" && reachesOwnAlarms(glob, o.parser.name) {
			wrong = quoted(text) + " claims this program's own alarms (" + o.parser.name +
				"-…), which block nothing; begin it with what only the alarms that shall block begin with"
		}
		for _, alarm := range server.Alarms {
			if wrong == "" && !server.KeepWhenCleared && covers(glob, alarm) {
				wrong = quoted(text) + " blocks every alarm that " + quoted(string(alarm)) +
					" asks by, which could never start anything; leave it out of one of the two, or let the run wait on: \"whenAlarmClears\": \"keep\""
			}
		}
		if wrong != "" {
			o.itemFault("blockedBy", i, wrong)
			return
		}
		globs = append(globs, glob)
	})
	return globs
}

func readRules(o object) []settings.Glob {
	var globs []settings.Glob
	o.texts("rules", func(i int, text string) {
		if wrong := ruleGlobProblem(text); wrong != "" {
			o.itemFault("rules", i, wrong)
			return
		}
		globs = append(globs, settings.Glob(text))
	})
	return globs
}

// checkServerNames is apart from reading one server: it needs them all.
func (p *parser) checkServerNames(servers []settings.Server, at *place) {
	first := make(map[string]int, len(servers))
	for i, server := range servers {
		if server.Name == "" {
			continue
		}
		if earlier, again := first[server.Name]; again {
			p.fault(at.item(i).member("name"), fmt.Sprintf("%s is the name of servers[%d] too; every server has its own",
				quoted(server.Name), earlier))
			continue
		}
		first[server.Name] = i
	}
}
