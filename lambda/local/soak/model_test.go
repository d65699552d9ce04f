package soak

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"opsworks-maintenance/lambda/local/machine"
	"opsworks-maintenance/lambda/maintenance"
)

// server is one of the fleet: what its settings say, and what the model holds to be true of it.
type server struct {
	name                             string
	ssm, disabled, closed, cool, few bool // closed: its window is; few: it may start but little a day by alarms

	under bool // maintenance goes on
	well  bool // how the last one ended
	open  bool // a run is open, from its start until a sweep or a completion event told its end
	ended bool // a run has ended, ever
	began int
	today map[string]int // starts by alarms, by day
	last  time.Time      // of its alarms
	fired int            // by its own schedule
}

const fewADay = 3

// model predicts what the function must answer and say. It is the design's rules once more, in the words of this test.
type model struct {
	random  *rand.Rand
	world   *world
	servers []*server
	causes  []string        // those the ledger still has, oldest first
	told    map[string]bool // what is told once a day
	begin   time.Time       // in whole seconds, as schedules have them
	day     string
	events  []func() event // recent ones that can be sent again
	key     int
}

// newFleet is 40 servers: 26 that start as often as they are asked, 6 that cool down, 4 that start few times a day, 2 that are disabled
// and 2 whose window is closed.
func newFleet() []*server {
	var fleet []*server
	for i := range 40 {
		s := &server{name: fmt.Sprintf("automate-%02d", i), ssm: i%2 == 1, today: map[string]int{}}
		switch {
		case i < 26:
		case i < 32:
			s.cool = true
		case i < 36:
			s.few = true
		case i < 38:
			s.disabled = true
		default:
			s.closed = true
		}
		fleet = append(fleet, s)
	}
	return fleet
}

// weekly are the servers that share a schedule: some of each kind.
func weekly(fleet []*server) []*server {
	return []*server{fleet[0], fleet[1], fleet[2], fleet[3], fleet[37], fleet[38], fleet[39]}
}

func document(fleet []*server) []byte {
	day := strings.ToUpper(time.Now().UTC().AddDate(0, 0, 3).Weekday().String()[:3])
	var all []map[string]any
	for _, s := range fleet {
		schedules := []map[string]any{{"name": "only-" + s.name, "expression": "cron(30 0 ? * " + day + " *)"}}
		if slices.Contains(weekly(fleet), s) {
			schedules = append(schedules, map[string]any{"name": "weekly", "expression": "cron(30 0 ? * " + day + " *)"})
		}
		settings := map[string]any{
			"name": s.name, "backend": "opsworks-cm", "alarms": []string{s.name + "-*"}, "schedules": schedules,
			"cooldown": "0s", "dailyLimit": 1000000, "enabled": !s.disabled,
		}
		if s.ssm {
			settings["backend"], settings["runbook"] = "ssm", "Maintain"
		}
		if s.cool {
			settings["cooldown"] = "48h"
		}
		if s.few {
			settings["dailyLimit"] = fewADay
		}
		if s.closed {
			settings["window"] = map[string]any{"days": []string{day[:1] + strings.ToLower(day[1:])}, "start": "00:00", "end": "04:00"}
		}
		all = append(all, settings)
	}
	text, err := json.Marshal(map[string]any{"servers": all, "maxConcurrent": len(fleet)})
	if err != nil {
		panic(err)
	}
	return text
}

// answer is what the function says of one server.
type answer struct{ Outcome, Reason, ServerName string }

func (a answer) String() string {
	return strings.TrimSpace(a.Outcome + " " + a.Reason + " " + a.ServerName)
}

// event is a payload and what must come of it.
type event struct {
	kind    string
	payload []byte
	answers []answer
	told    []string
	// loose events are garbage: they are refused or ignored, people may be told of it once, and nothing is started.
	loose bool
	// check looks at answers of another form.
	check func(payload []byte) error
}

func (e *event) answer(outcome, reason, server string, told bool) {
	e.answers = append(e.answers, answer{outcome, reason, server})
	if told {
		e.told = append(e.told, strings.TrimSpace(outcome+" "+reason))
	}
}

// once says whether something is told that is told once a day.
func (m *model) once(about, reason string) bool {
	key := about + "#" + reason + "#" + m.day
	first := !m.told[key]
	m.told[key] = true
	return first
}

// wish is what asks for a server: how the rules differ by kind.
type wish struct {
	kind     maintenance.CauseKind
	key      string // of the cause
	stale    bool
	override bool // of the window
	recorded bool // as waiting before it is tried, as an event for several servers is
}

// ask predicts what a wish comes to.
func (m *model) ask(e *event, s *server, w wish) {
	outcome, reason := m.verdict(s, w)
	told := false
	switch {
	case outcome == "started":
		told = true
		m.cause(w)
		s.open, s.under = true, true
		s.began++
		if w.kind == maintenance.CauseAlarm {
			s.today[m.day]++
		}
	case outcome == "refused" && reason != "duplicate":
		manual := w.kind == maintenance.CauseManual
		told = manual || w.recorded && reason == "outside-window" || m.once(s.name, reason)
	}
	if w.recorded && reason != "disabled" && reason != "stale" {
		m.cause(w)
	}
	e.answer(outcome, reason, s.name, told)
}

// verdict asks the gates in the design's order.
func (m *model) verdict(s *server, w wish) (outcome, reason string) {
	alarm, known := w.kind == maintenance.CauseAlarm, w.key != "" && slices.Contains(m.causes, w.key)
	switch {
	case s.disabled:
		return "refused", "disabled"
	case w.stale:
		return "refused", "stale"
	case w.recorded && known:
		return "refused", "duplicate"
	case s.under:
		return "in-progress", ""
	case s.closed && !w.override:
		return "refused", "outside-window"
	case known:
		return "refused", "duplicate"
	case s.open:
		return "in-progress", ""
	case alarm && s.cool && s.ended:
		return "refused", "cooling-down"
	case alarm && s.few && s.today[m.day] >= fewADay:
		return "refused", "daily-limit"
	default:
		return "started", ""
	}
}

func (m *model) cause(w wish) {
	if w.key != "" && !slices.Contains(m.causes, w.key) {
		m.causes = append(m.causes, w.key)
	}
}

// closeRun predicts that the end of a run is found out.
func (s *server) closeRun(e *event) {
	outcome := "failed"
	if s.well {
		outcome = "succeeded"
	}
	s.open, s.ended = false, true
	e.answer(outcome, "", s.name, true)
}

// pick is a random server of those that a condition lets pass; nil if there is none.
func (m *model) pick(of func(*server) bool) *server {
	var some []*server
	for _, s := range m.servers {
		if of(s) {
			some = append(some, s)
		}
	}
	if len(some) == 0 {
		return nil
	}
	return some[m.random.IntN(len(some))]
}

func anyServer(*server) bool { return true }

// step lets time pass at the servers: now and then the maintenance of one ends.
func (m *model) step() {
	if s := m.pick(func(s *server) bool { return s.under }); s != nil && m.random.IntN(3) == 0 {
		m.complete(s)
	}
}

func (m *model) complete(s *server) {
	s.under, s.well = false, m.random.IntN(7) > 0
	m.world.complete(s.name, s.well)
}

// alarmARN is the ARN of an alarm of this account.
func alarmARN(name string) string {
	return "arn:aws:cloudwatch:" + machine.Region + ":" + machine.Account + ":alarm:" + name
}

// alarmKey is the deduplication key of an alarm's state change for a server.
func alarmKey(name string, at time.Time, server string) string {
	return maintenance.Cause{Kind: maintenance.CauseAlarm, ID: alarmARN(name), Time: at}.Key(server)
}
