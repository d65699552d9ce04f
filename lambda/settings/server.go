package settings

import (
	"fmt"
	"strings"
	"time"
)

// Backend says which service maintains a server.
type Backend string

// The two backends.
const (
	BackendOpsWorksCM Backend = "opsworks-cm"
	BackendSSM        Backend = "ssm"
)

// Server is one server with all defaults applied.
type Server struct {
	Name      string
	Backend   Backend
	Enabled   bool
	Alarms    []Glob
	Rules     []Glob
	Schedules []Schedule
	Timezone  *time.Location
	Window    Window

	Cooldown     time.Duration
	ExpiresAfter time.Duration // 0: as the window says
	StaleAfter   time.Duration
	Deadline     time.Duration
	ExpectEvery  time.Duration // 0: nothing is expected
	DailyLimit   int
	// KeepWhenCleared lets a run wait on whose alarm has returned to OK.
	KeepWhenCleared bool

	// What follows is empty unless the backend is BackendSSM. Runbook is one of Runbooks, or the name or ARN of any other;
	// RunbookVersion is empty for its default version.
	Runbook        string
	RunbookVersion string
	Parameters     map[string][]string
	// PublicParameters are those whose values are no secrets; of a runbook of this project, all it takes.
	PublicParameters []string
	TagKey           string
	Calendars        []string
}

// The defaults of the design's table of settings.
const (
	defaultCooldown   = 12 * time.Hour
	defaultStaleAfter = time.Hour
	defaultDeadline   = 4 * time.Hour
	defaultDailyLimit = 2
)

var serverKeys = []string{
	"name", "backend", "enabled", "alarms", "rules", "schedules", "timezone", "window",
	"cooldown", "expiresAfter", "staleAfter", "deadline", "expectEvery", "dailyLimit", "whenAlarmClears",
	"runbook", "parameters", "publicParameters", "tagKey", "calendars",
}

// server reads what it can of a server even when parts of it are wrong.
func (p *parser) server(v value, at *place, position int) Server {
	o, ok := p.open(v, at, serverKeys)
	if !ok {
		return Server{}
	}
	server := Server{
		Name:            o.serverName(),
		Backend:         o.backend(),
		Enabled:         o.boolean("enabled", true),
		Timezone:        o.timezone(),
		Window:          o.window("window"),
		Cooldown:        o.duration("cooldown", defaultCooldown, orZero),
		ExpiresAfter:    o.expiresAfter(),
		StaleAfter:      o.duration("staleAfter", defaultStaleAfter, notZero),
		Deadline:        o.duration("deadline", defaultDeadline, notZero),
		ExpectEvery:     o.duration("expectEvery", 0, notZero),
		DailyLimit:      o.countFromOne("dailyLimit", defaultDailyLimit),
		KeepWhenCleared: o.keepWhenCleared(),
	}
	server.Alarms = o.alarms(position)
	server.Rules = o.rules()
	server.Schedules = o.schedules(server)
	o.checkExpiry(server)
	o.automation(&server)
	return server
}

// expiresAfter has no default of its own: when a trigger expires, the domain
// computes from the window.
func (o object) expiresAfter() time.Duration {
	expires := o.duration("expiresAfter", -1, orZero)
	if expires == 0 {
		text, _ := o.text("expiresAfter")
		o.fault("expiresAfter", quoted(text)+" lets nothing start; write how long a trigger may wait, or leave it out for the end of the window")
	}
	return max(expires, 0)
}

// keepWhenCleared reads what an alarm's return to OK does to its run while that
// waits.
func (o object) keepWhenCleared() bool {
	const cancel, keep = "cancel", "keep"
	text, found := o.text("whenAlarmClears")
	if found && text != cancel && text != keep {
		o.fault("whenAlarmClears", unknownName("answer", text, []string{cancel, keep}))
	}
	return text == keep
}

func (o object) serverName() string {
	name, ok := o.requiredText("name", "give the server's name")
	if !ok {
		return ""
	}
	if !isServerName(name) {
		o.fault("name", quoted(name)+" is not a server's name; write 1 to 40 letters, digits and dashes, a letter first")
		return ""
	}
	return name
}

// isServerName is the OpsWorks CM API's rule for ServerName: 1 to 40 of
// [a-zA-Z][a-zA-Z0-9\-]*. The domain has its own copy, because this package
// imports the standard library only.
func isServerName(name string) bool {
	return name != "" && len(name) <= 40 && isLetter(name[0]) &&
		onlyBytes(name, func(c byte) bool { return isLetter(c) || isDigit(c) || c == '-' })
}

func (o object) backend() Backend {
	text, ok := o.requiredText("backend", `write "opsworks-cm" or "ssm"`)
	if !ok {
		return ""
	}
	backend := Backend(text)
	if backend != BackendOpsWorksCM && backend != BackendSSM {
		o.fault("backend", unknownName("backend", text, []string{string(BackendOpsWorksCM), string(BackendSSM)}))
		return ""
	}
	return backend
}

// timezone never returns nil.
func (o object) timezone() *time.Location {
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

// alarms also notes each glob under the index at which it was written; globs
// that are wrong as such claim nothing, to keep the list of faults short.
func (o object) alarms(position int) []Glob {
	var globs []Glob
	o.texts("alarms", func(i int, text string) {
		if wrong := alarmGlobProblem(text); wrong != "" {
			o.itemFault("alarms", i, wrong)
			return
		}
		globs = append(globs, Glob(text))
		o.parser.claim(Glob(text), position, i)
	})
	return globs
}

func (o object) rules() []Glob {
	var globs []Glob
	o.texts("rules", func(i int, text string) {
		if wrong := ruleGlobProblem(text); wrong != "" {
			o.itemFault("rules", i, wrong)
			return
		}
		globs = append(globs, Glob(text))
	})
	return globs
}

// checkServerNames is apart from reading one server: it needs them all.
func (p *parser) checkServerNames(servers []Server, at *place) {
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
