package soak

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"opsworks-maintenance/lambda/local/machine"
	"opsworks-maintenance/lambda/maintenance"
)

var sweep = []byte(`{"sweep": true}`)

// kinds are the events with how often each comes among a hundred.
var kinds = []struct {
	name  string
	often int
	make  func(*model) event
}{
	{"new alarm", 22, (*model).newAlarm},
	{"again", 15, (*model).again},
	{"old alarm", 3, (*model).oldAlarm},
	{"alarm that asks for nothing", 8, (*model).idle},
	{"alarm refused by its name", 6, (*model).misdirected},
	{"schedule of one", 5, (*model).scheduleOfOne},
	{"schedule of several", 3, (*model).scheduleOfSeveral},
	{"start by a person", 5, (*model).person},
	{"plan", 4, (*model).plan},
	{"history", 3, (*model).history},
	{"stop or close", 3, (*model).stop},
	{"sweep", 4, (*model).sweep},
	{"execution ended", 5, (*model).executionEnded},
	{"garbage", 14, (*model).garbage},
}

// next is one of the kinds, by chance.
func (m *model) next() event {
	if time.Until(time.Now().UTC().Truncate(24*time.Hour).Add(24*time.Hour)) < time.Second {
		time.Sleep(2 * time.Second) // whose day is today must not be a question
	}
	m.day = time.Now().UTC().Format(time.DateOnly)
	n := m.random.IntN(100)
	for _, k := range kinds {
		if n -= k.often; n < 0 {
			e := k.make(m)
			e.kind = k.name
			return e
		}
	}
	panic("the kinds are less than a hundred")
}

// samples are those of testdata, by file.
var samples = func() map[string]string {
	all := map[string]string{}
	files, _ := filepath.Glob("../../../testdata/events/*.json")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			panic(err)
		}
		all[filepath.Base(file)] = string(text)
	}
	return all
}()

// at is a sample about another server and another time.
func at(file, server string, at time.Time) []byte {
	return []byte(strings.NewReplacer(
		"automate-06", server, "2026-11-23T22:59:30.989+0000", at.UTC().Format("2006-01-02T15:04:05.000-0700"),
		"2026-11-23T22:59:30Z", at.UTC().Format(time.RFC3339),
	).Replace(samples[file]))
}

// remember lets an event be sent again.
func (m *model) remember(make func() event) event {
	m.events = append(m.events, make)
	if len(m.events) > 50 {
		m.events = m.events[1:]
	}
	return make()
}

func (m *model) again() event {
	if len(m.events) == 0 {
		return m.newAlarm()
	}
	return m.events[m.random.IntN(len(m.events))]()
}

// moment is a time no other alarm of the server has.
func (s *server) moment() time.Time {
	now := time.Now().Truncate(time.Millisecond)
	if !now.After(s.last) {
		now = s.last.Add(time.Millisecond)
	}
	s.last = now
	return now
}

// newAlarm comes by a rule, or from CloudWatch directly.
func (m *model) newAlarm() event {
	s := m.pick(anyServer)
	when := s.moment()
	payload := at([]string{"alarm.json", "alarm-action.json", "alarm-suppression-over.json"}[m.random.IntN(3)], s.name, when)
	return m.remember(func() event {
		e := event{payload: payload}
		m.ask(&e, s, wish{kind: maintenance.CauseAlarm, key: alarmKey(s.name+"-health", when, s.name)})
		return e
	})
}

func (m *model) oldAlarm() event {
	s := m.pick(anyServer)
	e := event{payload: at("alarm.json", s.name, s.moment().Add(-2*time.Hour))}
	m.ask(&e, s, wish{kind: maintenance.CauseAlarm, stale: true})
	return e
}

func (m *model) idle() event {
	of := []struct{ file, reason string }{
		{"alarm-ok.json", "not-in-alarm"}, {"alarm-still-in-alarm.json", "still-in-alarm"},
		{"alarm-own.json", "own-alarm"}, {"run-step-finished.json", "unknown-event"},
	}[m.random.IntN(4)]
	e := event{payload: at(of.file, m.pick(anyServer).name, time.Now())}
	e.answer("ignored", of.reason, "", false)
	return e
}

// misdirected are alarms of somebody else, of no server, of two servers, and of one that the settings do not know.
func (m *model) misdirected() event {
	s := m.pick(anyServer)
	var e event
	refuse := func(file, arn, reason string) {
		e.payload = at(file, s.name, time.Now())
		e.answer("refused", reason, "", m.once(arn, reason))
	}
	switch m.random.IntN(4) {
	case 0:
		refuse("alarm-other-account.json", "foreign "+s.name, "foreign-event")
	case 1:
		refuse("alarm-unknown-server.json", "unknown", "no-server")
	case 2:
		refuse("alarm-disagreement.json", "disagreement "+s.name, "ambiguous")
	case 3:
		e.payload = at("alarm-by-tag.json", "mail-01", time.Now())
		e.answer("refused", "not-allowed", "mail-01", m.once("mail-01", "not-allowed"))
	}
	return e
}

// scheduleOfOne is what EventBridge Scheduler sends without an input.
func (m *model) scheduleOfOne() event {
	s := m.pick(anyServer)
	s.fired++
	when := m.begin.Add(-time.Duration(s.fired) * time.Second)
	name := "only-" + s.name
	payload := bytes.ReplaceAll(at("scheduler-no-input.json", s.name, when), []byte("weekly"), []byte(name))
	arn := "arn:aws:scheduler:" + machine.Region + ":" + machine.Account + ":schedule/default/" + name
	return m.remember(func() event {
		e := event{payload: payload}
		m.ask(&e, s, wish{kind: maintenance.CauseSchedule, key: maintenance.Cause{Kind: maintenance.CauseSchedule, ID: arn, Time: when}.Key(s.name)})
		return e
	})
}

// scheduleOfSeveral is a schedule of our own. One in four comes a day late.
func (m *model) scheduleOfSeveral() event {
	when, old := m.servers[0].moment(), m.random.IntN(4) == 0
	if old {
		when = when.Add(-24 * time.Hour)
	}
	var names []string
	for _, s := range weekly(m.servers) {
		names = append(names, s.name)
	}
	schedule := map[string]string{"name": "weekly", "time": when.UTC().Format(time.RFC3339Nano)}
	payload, err := json.Marshal(map[string]any{"schedule": schedule, "serverNames": names})
	if err != nil {
		panic(err)
	}
	return m.remember(func() event {
		e := event{payload: payload}
		for _, s := range weekly(m.servers) {
			m.ask(&e, s, wish{kind: maintenance.CauseSchedule, recorded: true, stale: old,
				key: maintenance.Cause{Kind: maintenance.CauseSchedule, ID: "weekly", Time: when}.Key(s.name)})
		}
		return e
	})
}

// person asks with a key, which makes the same request twice one cause, or without.
func (m *model) person() event {
	s := m.pick(anyServer)
	w := wish{kind: maintenance.CauseManual, override: m.random.IntN(2) == 0}
	start := map[string]any{"serverName": s.name}
	if w.override {
		start["override"] = []string{"window"}
	}
	if m.random.IntN(2) == 0 {
		m.key++
		start["key"] = fmt.Sprintf("ticket-%d", m.key)
		w.key = maintenance.Cause{Kind: maintenance.CauseManual, ID: fmt.Sprint(start["key"])}.Key(s.name)
	}
	payload, err := json.Marshal(map[string]any{"start": start})
	if err != nil {
		panic(err)
	}
	return m.remember(func() event {
		e := event{payload: payload}
		m.ask(&e, s, w)
		return e
	})
}

func (m *model) plan() event {
	s := m.pick(anyServer)
	outcome, reason := m.verdict(s, wish{kind: maintenance.CauseAlarm})
	if reason == "outside-window" {
		outcome = "waiting"
	}
	return event{payload: fmt.Appendf(nil, `{"plan": {"serverName": %q}}`, s.name), check: func(payload []byte) error {
		var plan struct {
			Answers []struct{ Cause, Outcome, Reason string }
		}
		if err := json.Unmarshal(payload, &plan); err != nil {
			return err
		}
		if len(plan.Answers) != 3 || plan.Answers[0].Cause != "alarm" || plan.Answers[0].Outcome != outcome || plan.Answers[0].Reason != reason {
			return fmt.Errorf("want %s %s for an alarm", outcome, reason)
		}
		return nil
	}}
}

func (m *model) history() event {
	s := m.pick(anyServer)
	open := s.open
	return event{payload: fmt.Appendf(nil, `{"history": {"serverName": %q}}`, s.name), check: func(payload []byte) error {
		var history struct {
			Runs   []struct{ State string }
			Reason string
		}
		if err := json.Unmarshal(payload, &history); err != nil {
			return err
		}
		running := slices.ContainsFunc(history.Runs, func(r struct{ State string }) bool { return r.State == "running" })
		if history.Reason != "" || running != open {
			return fmt.Errorf("want an open run: %t", open)
		}
		return nil
	}}
}

// stop asks for what is not possible: no run is open, or none has that id.
func (m *model) stop() event {
	var e event
	s := m.pick(func(s *server) bool { return !s.open })
	if s == nil || m.random.IntN(3) == 0 {
		e.payload = fmt.Appendf(nil, `{"close": {"runId": "automate-06-20261123T225931-%d"}}`, m.random.Int())
		e.answer("refused", "invalid-request", "", false)
		return e
	}
	e.payload = fmt.Appendf(nil, `{"stop": {"serverName": %q}}`, s.name)
	reason := "unsupported"
	if s.ssm {
		reason = "not-running"
	}
	e.answer("refused", reason, s.name, true)
	return e
}

func (m *model) sweep() event {
	e := event{payload: sweep}
	for _, s := range m.servers {
		if s.open && !s.under {
			s.closeRun(&e)
		}
	}
	return e
}

// executionEnded delivers an event of Systems Manager, once or twice, before or after a sweep has found out; or one of a stranger.
func (m *model) executionEnded() event {
	m.world.mu.Lock()
	defer m.world.mu.Unlock()
	var e event
	if len(m.world.ended) == 0 || m.random.IntN(5) == 0 {
		e.payload = bytes.ReplaceAll([]byte(samples["run-finished.json"]), []byte("333ba70b"), fmt.Appendf(nil, "%08x", m.random.Uint32()))
		e.answer("ignored", "unknown-execution", "", false)
		return e
	}
	m.world.ended = m.world.ended[max(len(m.world.ended)-10, 0):] // the others are lost
	at := m.random.IntN(len(m.world.ended))
	e.payload = m.world.ended[at]
	if m.random.IntN(4) > 0 { // otherwise it comes again
		m.world.ended = slices.Delete(m.world.ended, at, at+1)
	}
	for _, s := range m.servers {
		if s.ssm && s.open && bytes.Contains(e.payload, []byte(m.reference(s))) {
			s.closeRun(&e)
			return e
		}
	}
	e.answer("ignored", "unknown-execution", "", false)
	return e
}

// reference is the execution that a server's open run follows.
func (m *model) reference(s *server) string {
	all := m.world.ssm.Executions(m.world.nodes[s.name])
	return all[len(all)-1].ID
}
