package simulation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	realalarms "opsworks-maintenance/lambda/alarms"
	"opsworks-maintenance/lambda/maintenance"
)

// sequence is what is asked of a backend, and what the world is like meanwhile. It happens to the model, and to the real adapter over its
// simulator; what is seen must mean the same.
type sequence struct {
	name    string
	backend string
	foreign bool // the runbook is somebody's own
	steps   []string
	odds    []string // of the world: a choice's name = what it comes to
	of      []string // of a step's calls: which step, what it meets
}

func TestBackends_MeanTheSameAtBothDepths(t *testing.T) {
	for _, s := range sequences {
		t.Run(s.backend+": "+s.name, func(t *testing.T) {
			shallow, deep := s.run(t, false), s.run(t, true)
			for i, step := range s.steps {
				if shallow[i] == "" || shallow[i] != deep[i] {
					t.Errorf("%s: the model shows %q, the adapter %q", step, shallow[i], deep[i])
				}
			}
		})
	}
}

// run gives what each step came to.
func (s sequence) run(t *testing.T, deep bool) []string {
	t.Helper()
	out := make([]string, len(s.steps))
	story := Story{Seed: 1, Hours: 3 * time.Hour, Calm: 3 * time.Hour, Explicit: true, Deep: deep,
		Odds:    odds(append(s.odds, s.meets(deep)...)...),
		Servers: []Server{{Name: "puppet-01", Backend: "ssm", Node: "mi-1", Own: !s.foreign}, {Name: "automate-06", Backend: "opsworks-cm"}}}
	story.index()
	synctest.Test(t, func(*testing.T) {
		w := newWorld(&story, nil)
		w.goOn, w.record = true, true
		if deep {
			w.deepen()
		}
		a := &asker{sequence: s}
		w.target = toy(func(ctx context.Context, w *world, f *flight) error {
			var i int
			_, err := fmt.Sscanf(f.id, "step%d", &i)
			check(err)
			out[i] = a.take(ctx, w, f, strings.Fields(s.steps[i])[1])
			return nil
		})
		for i, step := range s.steps {
			after, err := time.ParseDuration(strings.Fields(step)[0])
			check(err)
			w.at(w.begin.Add(after), func() { w.invoke(fmt.Sprint("step", i), Event{Verb: "sweep"}) })
		}
		w.drive()
		w.ground()
		s.met(t, w.odds)
	})
	return out
}

// met checks that the world was as the sequence wants it: each of its choices was asked, by one of its names at least.
func (s sequence) met(t *testing.T, odds []Odd) {
	t.Helper()
	for _, odd := range s.odds {
		name, _, _ := strings.Cut(odd, " =")
		if !slices.ContainsFunc(odds, func(o Odd) bool { return o.Name == name }) {
			t.Errorf("nothing met %s", odd)
		}
	}
	for _, met := range s.of {
		step, _, _ := strings.Cut(met, " ")
		if !slices.ContainsFunc(odds, func(o Odd) bool { return strings.HasPrefix(o.Name, "step"+step+" ") }) {
			t.Errorf("no call of step %s met %s", step, met)
		}
	}
}

// server is the server of the sequence's backend.
func (s sequence) server() string {
	return map[string]string{"ssm": "puppet-01", "opsworks-cm": "automate-06"}[s.backend]
}

// meets are the choices of the steps' calls, by the names that those have at a depth.
func (s sequence) meets(deep bool) (all []string) {
	calls := map[bool]map[string][]string{
		false: {"ssm look": {"ssm.Look %s - 0 list", "ssm.Look %s - 0 exec-A"}, "ssm follow": {"ssm.Follow R - 0 list"},
			"ssm start":        {"ssm.Start R - 0"},
			"opsworks-cm look": {"opsworks-cm.Look %s - 0 server"}, "opsworks-cm start": {"opsworks-cm.Start R - 0"},
			"opsworks-cm follow": {"opsworks-cm.Follow R - 0 server", "opsworks-cm.Follow R - 0 events"}},
		true: {"ssm look": {"ssm.DescribeAutomationExecutions %s - 0 list", "ssm.GetAutomationExecution %s - 0 read"},
			"ssm follow":         {"ssm.GetAutomationExecution R - 0 read"},
			"ssm start":          {"ssm.StartAutomationExecution R - 0", "ssm.StartAutomationExecution R - 1", "ssm.StartAutomationExecution R - 2"},
			"opsworks-cm look":   {"opsworks-cm.DescribeServers %s - 0 server-automate-06"},
			"opsworks-cm follow": {"opsworks-cm.DescribeServers R - 0 server-automate-06", "opsworks-cm.DescribeEvents R - 0 events"},
			"opsworks-cm start":  {"opsworks-cm.StartMaintenance R - 0"}},
	}
	for _, met := range s.of {
		words := strings.Fields(met) // which step, what, how long
		var i int
		_, err := fmt.Sscan(words[0], &i)
		check(err)
		if strings.HasSuffix(s.steps[i], " alarms") { // whose reading asks again, and page after page
			for n := range 4 {
				name := fmt.Sprintf("step%s cloudwatch.DescribeAlarms db- - %d", words[0], n)
				if how := map[string]string{"lag": " lag", "partial": " partial", "denied": " refuse", "throttled": " refuse"}[words[1]]; how != "" {
					name += " alarms" + how
				}
				all = append(all, name+" = "+words[1]+" "+words[2])
			}
		}
		for _, call := range calls[deep][s.backend+" "+strings.Fields(s.steps[i])[1]] {
			name := "step" + words[0] + " " + strings.ReplaceAll(call, "%s", s.server())
			switch {
			case words[1] == "lag":
				name += " lag"
			case fateOf(words[1]) == fine:
				name += " start refuse"
			}
			all = append(all, name+" = "+words[1]+" "+words[2])
		}
	}
	return all
}

// asker asks a backend, and keeps what the domain would.
type asker struct {
	sequence
	run maintenance.Run
}

func (a *asker) take(ctx context.Context, w *world, f *flight, verb string) string {
	backends := w.plant.backends()
	if w.deep != nil {
		backends = w.deep.backends(f.box)
	}
	b, name := backends[a.backend], a.server()
	switch verb {
	case "look":
		return meaning(b.Look(ctx, name), "")
	case "start":
		return a.start(ctx, w, b)
	case "follow":
		s := b.Follow(ctx, a.run)
		if a.backend == "ssm" { // what the node is like meanwhile means nothing to a run
			s.Server, s.ServerErr = maintenance.Server{}, nil
		}
		return meaning(s, a.run.ID)
	case "stop":
		return "stopped: " + string(maintenance.ReasonOf(b.Stop(ctx, a.run)))
	case "calendar":
		state := b.Calendar(ctx, name)
		return fmt.Sprintf("closed %t, until %s", state.Closed, w.plant.offset(state.Next.Truncate(10*time.Second)))
	case "alarms":
		return a.alarms(ctx, w, f)
	case "trouble":
		for _, name := range []string{"db-1", "db-2", "db-3", "storage"} {
			w.alarms.troubles[name] = append(w.alarms.troubles[name], span{w.now().Truncate(time.Second), w.now().Add(10 * time.Minute)})
		}
	case "close":
		w.plant.close(name, w.now().Add(time.Hour))
	case "backup":
		w.plant.backup(name, w.now().Add(time.Hour))
	case "others":
		w.plant.others(&job{id: "others" + f.id, server: name, node: w.plant.server(name).Node, takesRun: w.plant.server(name).Own,
			created: w.now(), begins: w.now().Add(time.Second), ends: w.now().Add(time.Hour), result: maintenance.ExecutionSucceeded})
	}
	return "done"
}

// alarms are those in ALARM whose names begin with db-.
func (a *asker) alarms(ctx context.Context, w *world, f *flight) string {
	var reader maintenance.Alarms = w.alarms
	if w.deep != nil {
		reader = realalarms.New(w.deep.config(wire{w.deep, attemptTimeout}), f.box.now)
	}
	all, err := reader.InAlarm(asking{about: "db-"}.in(ctx), "db-")
	text := fmt.Sprintf("(%s)", maintenance.ReasonOf(err))
	for _, one := range all {
		text += " " + one.Name + " since " + w.plant.offset(one.Since)
	}
	return text
}

// start claims as the domain does, and starts.
func (a *asker) start(ctx context.Context, w *world, b maintenance.Backend) string {
	before := b.Look(ctx, a.server())
	now := clockOf(ctx)
	a.run = maintenance.Run{ID: "R", State: maintenance.RunStarting, ServerName: a.server(), Backend: a.backend,
		Stop: maintenance.StopRequest{At: now}, Attempt: maintenance.Attempt{ID: "A", Number: 1, Claimed: now, Ends: now.Add(20 * time.Second),
			ServerAtDecision: before.Server}}
	w.mu.Lock()
	w.ledger.put("test", a.run)
	w.mu.Unlock()
	answer := b.Start(ctx, a.run, before.Server, nil)
	a.run.Reference = answer.Reference
	reason := maintenance.ReasonOf(answer.Err)
	if reason != "" && reason != maintenance.ReasonWrongState { // of which the domain asks nothing more
		answer.Server = maintenance.Server{}
	}
	return fmt.Sprintf("started: %q, with a reference %t, the server %s %s", reason, answer.Reference != "", answer.Server.Name,
		answer.Server.Status)
}

// meaning is what a sighting says to the domain.
func meaning(s maintenance.Sighting, run string) string {
	var executions []string
	for _, e := range s.Executions {
		executions = append(executions, fmt.Sprintf("%s began %t, of this run %t, takes runs %t, ended %t", stateName(e.State), e.Began,
			run != "" && e.RunID == run, e.TakesRunID, !e.Ended.IsZero()))
	}
	slices.Sort(executions)
	proofs, successes := 0, 0
	for _, e := range s.Events {
		proofs += boolInt(e.Maintenance)
		successes += boolInt(e.Succeeded)
	}
	return fmt.Sprintf("server %s %s %s takes runs %t (%s); executions %q (%s); %t proof, %d successes (%s)", s.Server.Name, s.Server.Status,
		s.Server.MaintenanceStatus, s.Server.TakesRunID, maintenance.ReasonOf(s.ServerErr), executions, maintenance.ReasonOf(s.ExecutionsErr),
		proofs > 0, successes, maintenance.ReasonOf(s.EventsErr))
}
