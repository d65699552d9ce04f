// Package torture delivers events many times, at the same time and in any order to the real, built function, kills it, takes from it
// what it calls, lets every call fail in every way, and asserts at both ends, at the simulated service and at the subscriber: every
// cause starts at most one maintenance, every maintenance that began is reported to its end, and no secret can be read anywhere. It
// ends in a table of what was done to the calls.
package torture

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"opsworks-maintenance/lambda/local/machine"
	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/maintenance"
)

func TestTorture_OneEventDeliveredByManyProcesses(t *testing.T) {
	both(t, tortureOneEventDeliveredByManyProcesses)
}

func tortureOneEventDeliveredByManyProcesses(t *testing.T, b backend) {
	for _, tt := range []struct {
		name  string
		lasts time.Duration
	}{
		{"while the maintenance goes on", 0},
		{"while the maintenance is soon over", 30 * time.Millisecond}, // only the cause tells the copies apart from a new alarm
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := start(t, b, func(c *machine.Config) { c.Concurrency, c.MaintenanceTime = 16, tt.lasts })
			begin := time.Now()
			r.strike(gather("DynamoDB TransactWriteItems", 16)) // all have seen the server healthy when the first claims it
			answers := r.deliverAll(slices.Repeat([][]byte{alarm(t, "ALARM", time.Now())}, 200))
			r.strike(nil)
			r.started(1)
			r.expect(map[string][2]int{"started": {1, 1}})
			count := map[string]int{}
			for _, answer := range answers {
				count[strings.TrimSpace(answer.Outcome+" "+answer.Reason)]++
			}
			if count["refused duplicate"] < 15 {
				t.Errorf("the copies did not meet at the claim: %v", count)
			}
			if count["started"] != 1 || count["started"]+count["in-progress"]+count["refused duplicate"] != 200 {
				t.Errorf("answered %v", count)
			}
			r.follow()
			r.started(1)
			r.expect(map[string][2]int{"started": {1, 1}, "succeeded": {1, 1}})
			r.free()
			t.Logf("200 copies by 16 processes, %s: %v", time.Since(begin).Round(time.Millisecond), count)
		})
	}
}

// Another alarm each time, all at once, and nothing but the lease to keep their starts apart: no cooldown, no limit, no slots. The
// first has the server for as long as its run is open, also when its maintenance is over.
func TestTorture_ManyAlarmsOfOneServer(t *testing.T) { both(t, tortureManyAlarmsOfOneServer) }

func tortureManyAlarmsOfOneServer(t *testing.T, b backend) {
	const free = `{"servers": [{"name": "automate-06", "backend": "opsworks-cm", "alarms": ["automate-06-*"], "cooldown": "0s", "dailyLimit": 100}]}`
	r := start(t, b, func(c *machine.Config) {
		c.Settings, c.Concurrency, c.MaintenanceTime = []byte(free), 16, 10*time.Millisecond
	})
	begin := time.Now()
	var alarms [][]byte
	for i := range 64 {
		alarms = append(alarms, alarm(t, "ALARM", begin.Add(time.Duration(i)*time.Second)))
	}
	r.strike(gather("DynamoDB TransactWriteItems", 16))
	r.deliverAll(alarms)
	r.strike(nil)
	if n := r.startCalls(); n != 1 {
		t.Errorf("%d calls of %s", n, b.start)
	}
	r.follow()
	r.started(1)
	r.expect(map[string][2]int{"started": {1, 1}, "succeeded": {1, 1}})
	r.free()
	t.Logf("64 alarms by 16 processes, %s", time.Since(begin).Round(time.Millisecond))
}

// gather lets the first n calls of a name through together.
func gather(name string, n int) func(int, string) machine.Fate {
	var here atomic.Int32
	all := make(chan struct{})
	return func(_ int, call string) machine.Fate {
		if call != name {
			return machine.Served
		}
		switch i := here.Add(1); {
		case i == int32(n):
			close(all)
		case i < int32(n):
			select {
			case <-all:
			case <-time.After(10 * time.Second):
			}
		}
		return machine.Served
	}
}

// An alarm that flaps while its maintenance goes on and then while the server cools down.
func TestTorture_FlappingAlarm(t *testing.T) { both(t, tortureFlappingAlarm) }

func tortureFlappingAlarm(t *testing.T, b backend) {
	r := start(t, b, func(c *machine.Config) { c.Concurrency = 8 })
	begin := time.Now()
	flips := func(from, n int) (payloads [][]byte) {
		for i := range n {
			at := begin.Add(time.Duration(from+i) * 100 * time.Millisecond)
			payloads = append(payloads, alarm(t, "OK", at), alarm(t, "ALARM", at.Add(50*time.Millisecond)))
		}
		return payloads
	}
	r.invoke(alarm(t, "ALARM", begin))
	r.deliverAll(flips(1, 20))
	r.expect(map[string][2]int{"started": {1, 1}})
	r.complete()
	r.follow()
	r.deliverAll(flips(21, 60))
	r.follow()
	r.started(1)
	r.expect(map[string][2]int{"started": {1, 1}, "succeeded": {1, 1}, "refused cooling-down": {1, 1}})
	r.free()
	t.Logf("20 flips under maintenance, 60 while cooling down, by 8 processes, %s", time.Since(begin).Round(time.Millisecond))
}

// busy counts the servers under maintenance.
type busy struct {
	mu        sync.Mutex
	now, most int
}

func (b *busy) see(t simulator.Transition) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case t.To == "UNDER_MAINTENANCE":
		b.now++
		b.most = max(b.most, b.now)
	case t.From == "UNDER_MAINTENANCE":
		b.now--
	}
}

func (b *busy) hear(e simulator.ExecutionChange) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e.From == "" {
		b.now++
		b.most = max(b.most, b.now)
	} else if e.To == "Success" {
		b.now--
	}
}

func TestTorture_FleetOfTen(t *testing.T) { both(t, tortureFleetOfTen) }

func tortureFleetOfTen(t *testing.T, b backend) {
	var names, servers []string
	for i := range 10 {
		names = append(names, fmt.Sprintf("node-%02d", i))
		servers = append(servers, fmt.Sprintf(`{"name": %q, "backend": "opsworks-cm", "schedules": [{"name": "weekly", "expression": "cron(0 23 ? * SAT *)"}]}`, names[i]))
	}
	document := `{"servers": [` + strings.Join(servers, ",") + `], "maxConcurrent": 2}`
	for _, tt := range []struct {
		name     string
		sweepers int
		waiting  int // the most often that people are told of it
	}{
		{"one sweep at a time", 1, 10},
		{"sweeps that overlap", 3, 30},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var seen busy
			begin, sweeps := time.Now(), 0
			r := start(t, b, func(c *machine.Config) {
				c.Settings, c.MaintenanceTime, c.OnTransition, c.OnExecution, c.Concurrency = []byte(document), 60*time.Millisecond, seen.see, seen.hear, tt.sweepers
			})
			event, err := json.Marshal(map[string]any{"schedule": map[string]any{"name": "weekly", "time": time.Now().UTC().Format(time.RFC3339)}, "serverNames": names})
			if err != nil {
				t.Fatal(err)
			}
			if answers, _ := r.invoke(event); len(answers) != 10 {
				t.Fatalf("got %+v", answers)
			}
			for len(r.open()) > 0 {
				if sweeps += tt.sweepers; time.Since(begin) > 20*time.Second {
					t.Fatalf("after %d sweeps still open: %+v", sweeps, r.open())
				}
				r.deliverAll(slices.Repeat([][]byte{sweep}, tt.sweepers))
				time.Sleep(10 * time.Millisecond)
			}
			for _, server := range names {
				r.startedOn(server, 1)
			}
			if seen.most > 2 {
				t.Errorf("%d under maintenance at once", seen.most)
			}
			r.expect(map[string][2]int{"started": {10, 10}, "succeeded": {10, 10}, "waiting fleet-busy": {8, tt.waiting}})
			r.free()
			t.Logf("10 servers, %d at once, %d sweeps, %s, told: %v", seen.most, sweeps, time.Since(begin).Round(time.Millisecond), r.told())
		})
	}
}

// on is a fate for all calls of a service.
func on(service string, fate machine.Fate) func(int, string) machine.Fate {
	return func(_ int, call string) machine.Fate {
		if strings.HasPrefix(call, service+" ") {
			return fate
		}
		return machine.Served
	}
}

// Without the ledger nothing is started, the event is given back, and people are told. When it is back the event starts what it asks
// for, at the latest once the sweep has put right what a claim with no answer left.
func TestTorture_LedgerDown(t *testing.T) { both(t, tortureLedgerDown) }

func tortureLedgerDown(t *testing.T, b backend) {
	t.Parallel()
	const late = 1600 * time.Millisecond
	strike := func(fate func(int, string) machine.Fate) func(*rig) { return func(r *rig) { r.strike(fate) } }
	elsewhere := func(url string) func(*rig) {
		return func(r *rig) { r.restart(map[string]string{"AWS_ENDPOINT_URL_DYNAMODB": url}) }
	}
	slow := func(_ int, call string) machine.Fate {
		if strings.HasPrefix(call, "DynamoDB ") {
			time.Sleep(late)
		}
		return machine.Served
	}
	for _, tt := range []struct {
		name    string
		down    func(*rig)
		claimed bool // the ledger has done what nobody knows of
	}{
		{"refused", strike(on("DynamoDB", machine.Refused)), false},
		{"done and never answered", strike(on("DynamoDB", machine.Lost)), true},
		{"answered late", strike(slow), true},
		{"nobody listens", elsewhere("http://127.0.0.1:1"), false},
		{"throttled", strike(on("DynamoDB", machine.Throttled)), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := start(t, b, func(c *machine.Config) { c.Timeout = 2 * time.Second })
			begin, event := time.Now(), alarm(t, "ALARM", time.Now())
			tt.down(r)
			for range 2 {
				result, _ := r.deliver(event)
				if result.Error == nil || result.Error.Type != "RetryError" {
					t.Errorf("the event would not be delivered again: %+v, %s", result.Error, result.Payload)
				}
			}
			r.invoke(sweep)
			r.started(0)
			r.expect(map[string][2]int{"error ledger-unavailable": {1, 2}})
			struck := r.injections()
			r.strike(nil)
			r.restart(nil)
			if tt.name == "answered late" {
				time.Sleep(late) // by then all is done that was ever asked for
			}
			if runs := r.open(); (len(runs) == 1 && runs[0].State == maintenance.RunStarting) != tt.claimed {
				t.Errorf("open: %+v", runs)
			}
			r.invoke(event)
			r.follow()
			r.started(1)
			r.expect(map[string][2]int{"error ledger-unavailable": {1, 2}, "started": {1, 1}, "succeeded": {1, 1}})
			r.free()
			t.Logf("calls: %s; %s", struck, time.Since(begin).Round(time.Millisecond))
		})
	}
}

// The ledger goes away at every write of a story, for the rest of the invocation.
func TestTorture_LedgerGoesDown(t *testing.T) { both(t, tortureLedgerGoesDown) }

func tortureLedgerGoesDown(t *testing.T, b backend) {
	t.Parallel()
	s := stories[0]
	calls, _ := s.calls(t, b)
	for at, call := range calls {
		if !strings.HasPrefix(call, "DynamoDB ") || call == "DynamoDB Query" {
			continue
		}
		t.Run(fmt.Sprintf("%02d %s", at, call), func(t *testing.T) {
			t.Parallel()
			r := start(t, b, func(c *machine.Config) { c.Timeout = 2 * time.Second })
			round := 0
			s.play(r, func(n int, call string) machine.Fate {
				if n == at {
					round = r.round
				}
				if n >= at && r.round == round {
					return on("DynamoDB", machine.Refused)(n, call)
				}
				return machine.Served
			}, true)
			r.follow()
			r.started(1)
			r.expect(map[string][2]int{"started": {1, 2}, "succeeded": {1, 2}, "error ledger-unavailable": {0, 1}})
			r.free()
		})
	}
}

func TestTorture_SNSDown(t *testing.T) { both(t, tortureSNSDown) }

func tortureSNSDown(t *testing.T, b backend) {
	down := on("SNS", machine.Refused)
	for _, tt := range []struct {
		name                    string
		atStart, between, atEnd bool // whether SNS is down
	}{
		{"at the start", true, false, false},
		{"at the end", false, false, true},
		{"at both", true, false, true},
		{"from before the start until after the end", true, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := start(t, b, nil)
			begin := time.Now()
			set := func(is bool) {
				r.strike(nil)
				if is {
					r.strike(down)
				}
			}
			set(tt.atStart)
			event := alarm(t, "ALARM", time.Now())
			r.invoke(event)
			r.started(1)
			r.invoke(sweep)
			if tt.atStart {
				r.expect(nil)
			}
			set(tt.between)
			r.invoke(event) // a copy meanwhile
			r.invoke(sweep)
			r.complete()
			set(tt.atEnd)
			r.invoke(sweep)
			if tt.atEnd && r.told()["succeeded"] != 0 {
				t.Error("it cannot have been told")
			}
			struck := r.injections()
			set(false)
			r.follow()
			r.started(1)
			r.expect(map[string][2]int{"started": {1, 1}, "succeeded": {1, 1}})
			r.free()
			t.Logf("calls: %s; %s", struck, time.Since(begin).Round(time.Millisecond))
		})
	}
}

// A refusal has no run by which the sweep could tell it later. So the event must come back while SNS is down: Lambda delivers it
// three times, one minute and then two apart. What keeps it from being told twice may be down too.
func TestTorture_RefusedWhileSNSIsDown(t *testing.T) { both(t, tortureRefusedWhileSNSIsDown) }

func tortureRefusedWhileSNSIsDown(t *testing.T, b backend) {
	for _, down := range []string{"SNS Publish", "SNS Publish, DynamoDB UpdateItem"} {
		t.Run(down, func(t *testing.T) {
			r := start(t, b, nil)
			now := time.Now()
			r.invoke(alarm(t, "ALARM", now))
			r.complete()
			r.follow()
			r.strike(func(_ int, call string) machine.Fate {
				if strings.Contains(down, call) {
					return machine.Refused
				}
				return machine.Served
			})
			again := alarm(t, "ALARM", now.Add(time.Second))
			for range 3 {
				result, _ := r.deliver(again)
				if result.Error == nil {
					break // Lambda is done with it
				}
				r.strike(nil)
				r.passTellings()
			}
			r.strike(nil)
			r.passTellings()
			r.follow()
			r.started(1)
			r.expect(map[string][2]int{"started": {1, 1}, "succeeded": {1, 1}, "refused cooling-down": {1, 1}})
			t.Logf("calls: %s", r.injections())
		})
	}
}

func TestTorture_SettingsThatForgetTheServer(t *testing.T) {
	both(t, tortureSettingsThatForgetTheServer)
}

func tortureSettingsThatForgetTheServer(t *testing.T, b backend) {
	type forgotten struct{ document, refused string }
	own, other := b.on(oneServer), backends[0]
	if b == other {
		other = backends[1]
	}
	documents := map[string]forgotten{
		"gone":            {`{"servers": [{"name": "other-01", "backend": "opsworks-cm"}]}`, "not-allowed"},
		"renamed":         {strings.Replace(own, `"name": "automate-06"`, `"name": "automate-07"`, 1), "not-allowed"},
		"disabled":        {strings.Replace(own, `"alarms"`, `"enabled": false, "alarms"`, 1), "disabled"},
		"another backend": {other.on(oneServer), "not-found"},
	}
	tested := 0
	// The function dies after the n-th call of this name; in which state that leaves the run is said.
	for _, at := range []struct {
		state, after string
		nth, started int
		status       string // of the server when the alarm comes
		told         map[string][2]int
	}{
		{"starting and started", b.start, 1, 1, "HEALTHY", map[string][2]int{"started": {1, 1}, "succeeded": {1, 1}}},
		{"running", "DynamoDB PutItem", 1, 1, "HEALTHY", map[string][2]int{"started": {1, 1}, "succeeded": {1, 1}}},
		{"closing", "DynamoDB PutItem", 2, 1, "HEALTHY", map[string][2]int{"started": {1, 1}, "succeeded": {1, 1}}},
		{"closing and told", "SNS Publish", 2, 1, "HEALTHY", map[string][2]int{"started": {1, 1}, "succeeded": {1, 2}}},
		// What has not begun does not begin any more, which is told.
		{"starting and not started", "DynamoDB TransactWriteItems", 1, 0, "HEALTHY", map[string][2]int{"refused": {1, 1}}},
		{"waiting", "DynamoDB PutItem", 1, 0, "BACKING_UP", map[string][2]int{"waiting wrong-state": {1, 1}, "refused": {1, 1}}},
	} {
		for how, forgotten := range documents {
			t.Run(at.state+", "+how, func(t *testing.T) {
				r := start(t, b, nil)
				r.unready(at.status != "HEALTHY")
				seen := 0
				r.strike(func(_ int, call string) machine.Fate {
					if call == at.after {
						if seen++; seen == at.nth {
							return machine.DeathAfter
						}
					}
					return machine.Served
				})
				event := alarm(t, "ALARM", time.Now())
				if _, alive := r.invoke(event); alive {
					r.complete()
					if _, alive = r.invoke(sweep); alive {
						t.Fatal("it lives")
					}
				}
				r.strike(nil)
				if runs := r.open(); len(runs) != 1 || !strings.HasPrefix(at.state, string(runs[0].State)) {
					t.Fatalf("open: %+v", runs)
				}
				r.settings(forgotten.document)
				r.follow()
				r.started(at.started)
				want := map[string][2]int{}
				for what, bounds := range at.told {
					if what == "refused" {
						what += " " + forgotten.refused
					}
					want[what] = bounds
				}
				r.expect(want)
				r.free()
				tested++
			})
		}
	}
	t.Logf("%d open runs followed under settings that do not know them", tested)
}

// The events that executions have ended are delivered at best: once, twice, never, or before the start is recorded. Sweeps meet them.
func TestTorture_CompletionEvents(t *testing.T) {
	b := backends[1]
	for word, fate := range map[string]simulator.EventFate{
		"once": simulator.Delivered, "twice": simulator.Duplicated, "never": simulator.Lost, "too early": simulator.Early,
	} {
		t.Run(word, func(t *testing.T) {
			r := start(t, b, func(c *machine.Config) { c.Concurrency, c.OnEvent = 6, nil })
			r.SSM.EventFates(func(string) simulator.EventFate { return fate })
			for round := range 5 {
				answers, _ := r.invoke([]byte(`{"start": {"serverName": "` + name + `"}}`))
				if len(answers) != 1 || answers[0].Outcome != "started" {
					t.Fatalf("got %+v", answers)
				}
				r.complete()
				r.deliverAll(slices.Repeat([][]byte{sweep}, 6))
				time.Sleep(50 * time.Millisecond) // for the events that nobody waits for
				r.follow()
				r.started(round + 1)
				r.expect(map[string][2]int{"started": {round + 1, round + 1}, "succeeded": {round + 1, round + 1}})
				r.free()
			}
		})
	}
}
