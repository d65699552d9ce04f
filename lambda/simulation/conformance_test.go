package simulation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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

// A step is a time and what is done then. Those of the two depths differ by the time that their calls take.
var sequences = []sequence{
	{name: "an execution is seen until it is over", backend: "ssm",
		steps: []string{"0s look", "10s start", "30s follow", "1m look", "90s follow", "40m follow", "41m look"}},
	{name: "an execution of a runbook that takes no run is seen by its reference", backend: "ssm", foreign: true,
		steps: []string{"10s start", "30s follow", "1m look", "40m follow"}},
	{name: "an execution fails", backend: "ssm", odds: []string{"exec-A bad-run = bad-run 0s"},
		steps: []string{"10s start", "1m follow", "40m follow", "41m look"}},
	{name: "an execution is queued", backend: "ssm", odds: []string{"exec-A queue = queue 10m"},
		steps: []string{"10s start", "1m follow", "2m look", "9m follow", "11m follow", "12m look"}},
	{name: "what is queued is stopped", backend: "ssm", odds: []string{"exec-A queue = queue 10m"},
		steps: []string{"10s start", "1m stop", "3m follow", "4m stop"}},
	{name: "what has begun is stopped", backend: "ssm", steps: []string{"10s start", "1m stop", "2m follow", "3m stop", "4m look"}},
	{name: "others cancel an execution", backend: "ssm", odds: []string{"exec-A cancel = cancel 1m"},
		steps: []string{"10s start", "30s follow", "2m follow"}},
	{name: "a list and a reading are late", backend: "ssm", of: []string{"1 lag 4m", "2 lag 4m", "3 lag 1m"},
		steps: []string{"10s start", "30s follow", "1m look", "90s look", "2m follow"}},
	{name: "an end is seen late", backend: "ssm", of: []string{"1 lag 4m"}, odds: []string{"exec-A cancel = cancel 10m"},
		steps: []string{"10s start", "11m follow", "12m follow"}},
	{name: "a node is missing from answers for a while", backend: "ssm", odds: []string{"puppet-01-0 empty = empty 4m"},
		steps: []string{"0s look", "2m look", "4m look", "6m look", "8m look", "10m look", "12m look", "14m look"}},
	{name: "a node reboots", backend: "ssm", odds: []string{"mi-1-0 reboot = reboot 4m"},
		steps: []string{"0s look", "10s start", "2m look", "4m follow", "6m look", "8m look", "10m look", "12m look", "14m look"}},
	{name: "others run the same runbook", backend: "ssm", steps: []string{"0s others", "1m look", "2h look"}},
	{name: "others run a runbook of somebody's own", backend: "ssm", foreign: true, steps: []string{"0s others", "1m look"}},
	{name: "the answer to a start is lost", backend: "ssm", of: []string{"0 fail-after 0s"},
		steps: []string{"10s start", "1m follow", "40m follow"}},
	{name: "the answer to a start of somebody's own runbook is lost, and others start it too", backend: "ssm", foreign: true,
		of: []string{"0 fail-after 0s"}, odds: []string{"exec-A cancel = cancel 1m"},
		steps: []string{"10s start", "1m follow", "3m others", "4m follow"}},
	{name: "others started before a start whose answer is lost", backend: "ssm", foreign: true, of: []string{"1 fail-after 0s"},
		steps: []string{"0s others", "10m start", "11m follow"}},
	{name: "there is no room for a start", backend: "ssm", of: []string{"0 service-limit 0s"}, steps: []string{"10s start", "1m follow", "2m look"}},
	{name: "a start is denied", backend: "ssm", of: []string{"0 denied 0s"}, steps: []string{"10s start", "2m look"}},
	{name: "a start has no runbook", backend: "ssm", of: []string{"0 runbook-unusable 0s"}, steps: []string{"10s start", "2m look"}},
	{name: "a calendar is closed", backend: "ssm", steps: []string{"0s calendar", "1m close", "2m calendar", "70m calendar"}},

	{name: "a maintenance is seen until it is over", backend: "opsworks-cm",
		steps: []string{"0s look", "10s start", "2m follow", "3m look", "55m follow", "56m look"}},
	{name: "a maintenance fails", backend: "opsworks-cm", odds: []string{"maint-A bad-run = bad-run 0s"},
		steps: []string{"10s start", "2m follow", "55m follow", "56m look"}},
	{name: "a maintenance begins late", backend: "opsworks-cm", odds: []string{"maint-A begin-late = begin-late 4m"},
		steps: []string{"10s start", "1m follow", "2m look", "5m follow"}},
	{name: "a maintenance never begins", backend: "opsworks-cm", odds: []string{"maint-A never = never 0s"},
		steps: []string{"10s start", "1m follow", "20m follow", "21m look"}},
	{name: "a maintenance leaves no event", backend: "opsworks-cm", odds: []string{"maint-A no-event = no-event 0s"},
		steps: []string{"10s start", "2m follow", "55m follow"}},
	{name: "a state is late", backend: "opsworks-cm", of: []string{"1 lag 2m", "3 lag 4m"},
		steps: []string{"10s start", "1m follow", "2m look", "3m look", "55m follow"}},
	{name: "a server is missing from answers for a while", backend: "opsworks-cm", odds: []string{"automate-06-0 empty = empty 4m"},
		steps: []string{"0s look", "2m look", "4m look", "6m look", "8m look", "10m look", "12m look", "14m look"}},
	{name: "a server that is maintained is not maintained again", backend: "opsworks-cm", steps: []string{"0s others", "1m look", "2m start"}},
	{name: "a server is backed up", backend: "opsworks-cm", steps: []string{"0s backup", "1m look", "2m start", "70m look"}},
	{name: "the answer to a start is lost", backend: "opsworks-cm", of: []string{"0 fail-after 0s"},
		steps: []string{"10s start", "2m follow", "55m follow"}},
	{name: "a start is denied", backend: "opsworks-cm", of: []string{"0 denied 0s"}, steps: []string{"10s start", "2m follow"}},
	{name: "what cannot be stopped says so", backend: "opsworks-cm", steps: []string{"10s start", "2m stop"}},
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
	story := Story{Seed: 1, Hours: 3 * time.Hour, Calm: 3 * time.Hour, Explicit: true, Deep: deep, Odds: odds(append(s.odds, s.meets(deep)...)...),
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
		false: {"ssm look": {"ssm.Look %s - 0 list", "ssm.Look %s - 0 exec-A"}, "ssm follow": {"ssm.Follow R - 0 list"}, "ssm start": {"ssm.Start R - 0"},
			"opsworks-cm look": {"opsworks-cm.Look %s - 0 server"}, "opsworks-cm start": {"opsworks-cm.Start R - 0"},
			"opsworks-cm follow": {"opsworks-cm.Follow R - 0 server", "opsworks-cm.Follow R - 0 events"}},
		true: {"ssm look": {"ssm.DescribeAutomationExecutions %s - 0 list", "ssm.GetAutomationExecution %s - 0 read"},
			"ssm follow": {"ssm.GetAutomationExecution R - 0 read"}, "ssm start": {"ssm.StartAutomationExecution R - 0", "ssm.StartAutomationExecution R - 1", "ssm.StartAutomationExecution R - 2"},
			"opsworks-cm look":   {"opsworks-cm.DescribeServers %s - 0 server-automate-06"},
			"opsworks-cm follow": {"opsworks-cm.DescribeServers R - 0 server-automate-06", "opsworks-cm.DescribeEvents R - 0 events"},
			"opsworks-cm start":  {"opsworks-cm.StartMaintenance R - 0"}},
	}
	for _, met := range s.of {
		words := strings.Fields(met) // which step, what, how long
		var i int
		_, err := fmt.Sscan(words[0], &i)
		check(err)
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
	case "close":
		w.plant.close(name, w.now().Add(time.Hour))
	case "backup":
		w.plant.backup(name, w.now().Add(time.Hour))
	case "others":
		w.plant.others(&job{id: "others" + f.id, server: name, node: w.plant.server(name).Node, takesRun: w.plant.server(name).Own, created: w.now(),
			begins: w.now().Add(time.Second), ends: w.now().Add(time.Hour), result: maintenance.ExecutionSucceeded})
	}
	return "done"
}

// start claims as the domain does, and starts.
func (a *asker) start(ctx context.Context, w *world, b maintenance.Backend) string {
	before := b.Look(ctx, a.server())
	now := clockOf(ctx)
	a.run = maintenance.Run{ID: "R", State: maintenance.RunStarting, ServerName: a.server(), Backend: a.backend, Stop: maintenance.Wish{At: now},
		Attempt: maintenance.Attempt{ID: "A", Number: 1, Claimed: now, Ends: now.Add(20 * time.Second), Before: before.Server}}
	w.mu.Lock()
	w.ledger.put("test", a.run)
	w.mu.Unlock()
	answer := b.Start(ctx, a.run, before.Server, nil)
	a.run.Reference = answer.Reference
	reason := maintenance.ReasonOf(answer.Err)
	if reason != "" && reason != maintenance.ReasonWrongState { // of which the domain asks nothing more
		answer.Server = maintenance.Server{}
	}
	return fmt.Sprintf("started: %q, with a reference %t, the server %s %s", reason, answer.Reference != "", answer.Server.Name, answer.Server.Status)
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
