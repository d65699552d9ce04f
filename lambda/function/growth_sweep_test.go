package function_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"opsworks-maintenance/lambda/automation"
	"opsworks-maintenance/lambda/function"
	"opsworks-maintenance/lambda/ledger"
	cmsim "opsworks-maintenance/lambda/local/simulator/opsworkscm"
	"opsworks-maintenance/lambda/local/simulator/ssm"
	"opsworks-maintenance/lambda/local/table"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/opsworkscm"
)

// growthFixture is a fleet of the settings of growthFleet, with services in memory, on virtual time.
type growthFixture struct {
	t      *testing.T
	runner *maintenance.Runner
	cm     *cmsim.Service
	ssm    *ssm.Service
	// what was asked of the ledger and of the backends
	tables, servers, nodes *memory
}

func newGrowthFixture(t *testing.T, n int, document []byte) *growthFixture {
	t.Helper()
	doc := function.Resolved(t, string(document))
	nodes, err := function.Nodes(doc, nil)
	must(t, err)
	w := &growthFixture{t: t, cm: cmsim.New(cmsim.Config{}), ssm: ssm.New(ssm.Config{})}
	t.Cleanup(w.cm.Close)
	t.Cleanup(w.ssm.Close)
	w.ssm.LimitExecutions(2 * n)
	quick := func(service http.Handler) *memory { return &memory{service: service, wait: answerTime, forget: true} }
	w.tables, w.servers, w.nodes = quick(table.New()), quick(w.cm), quick(w.ssm)
	must(t, ledger.CreateTable(t.Context(), w.tables.config(), "runs"))
	w.runner = &maintenance.Runner{
		Policy: function.Policies(doc, "f"), Ledger: ledger.New(w.tables.config(), "runs", rand.Text), Notifier: nobody{}, Now: time.Now,
		NewID: maintenance.NewID, Backends: map[string]maintenance.Backend{
			opsworkscm.Backend: opsworkscm.New(w.servers.config(), time.Now),
			automation.Backend: automation.New(w.nodes.config(), nodes, time.Now),
		},
	}
	must(t, w.ssm.AddRunbook("Maintain", 1, []ssm.RunbookParameter{{Name: "InstanceId"}}, []string{"Maintain"}))
	return w
}

// settle makes the fleet's servers, of which a half can be started and a half cannot yet, and lets the schedule fire for all.
func (w *growthFixture) settle(n int) {
	w.t.Helper()
	for i := range n {
		w.addServer(i)
	}
	w.fires(n)
}

func (w *growthFixture) addServer(i int) {
	w.t.Helper()
	name := growthName(i)
	if i%2 == 1 {
		ping := map[bool]string{true: "Online", false: "ConnectionLost"}[i%4 == 1]
		must(w.t, w.ssm.AddNode(ssm.Node{ID: growthNode(i), PingStatus: ping, Tags: map[string]string{maintenance.TagKey: name}}))
		return
	}
	status := map[bool]string{true: "HEALTHY", false: "BACKING_UP"}[i%4 == 0]
	must(w.t, w.cm.AddServer(cmsim.Server{Name: name, MaintenanceStatus: "SUCCESS", Status: status}))
}

func growthNode(i int) string { return fmt.Sprintf("i-%017x", i+1) }

// fires lets the weekly schedule ask for all servers. It ends on a whole millisecond, as the times in the table do: those who meet at the
// fleet's record wait for parts of one.
func (w *growthFixture) fires(n int) (reports []maintenance.Report) {
	w.t.Helper()
	var requests []maintenance.Request
	for i := range n {
		trigger := maintenance.Trigger{Kind: maintenance.TriggerSchedule, Name: "weekly", ID: "weekly", Time: time.Now()}
		requests = append(requests, maintenance.Request{ServerName: growthName(i), Trigger: trigger})
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), invocationTime)
	defer cancel()
	reports = w.runner.Ask(ctx, requests)
	time.Sleep(time.Until(time.Now().Truncate(time.Millisecond).Add(time.Millisecond)))
	for _, r := range reports {
		if r.Outcome != maintenance.OutcomeStarted && r.Outcome != maintenance.OutcomeWaiting {
			w.t.Fatalf("the schedule came to %+v", r)
		}
	}
	return reports
}

// sweep wants nothing to have gone wrong, and gives how many runs ended.
func (w *growthFixture) sweep() (ended int) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), invocationTime)
	defer cancel()
	result := w.runner.Sweep(ctx)
	must(w.t, result.Err)
	for _, r := range result.Reports {
		switch {
		case r.Outcome == maintenance.OutcomeError || r.Err != nil:
			w.t.Fatalf("%+v", r)
		case r.Outcome == maintenance.OutcomeSucceeded:
			ended++
		}
	}
	return ended
}

// end ends everything that runs, and gives how many that were.
func (w *growthFixture) end(n int) (running int) {
	for i := range n {
		switch i % 4 {
		case 0:
			must(w.t, w.cm.Complete(growthName(i)))
		case 1:
			must(w.t, w.ssm.Complete(growthNode(i)))
		default:
			continue
		}
		running++
	}
	return running
}

// sweepGrowth measures sweeps in which every run that is not held back by a window is due: that find nothing new, and the one in which
// everything that runs has ended.
func sweepGrowth(t *testing.T) (rows []growth, notes string) {
	t.Helper()
	rows = []growth{{what: "sweep, nothing new: a half runs, a half waits"}, {what: "sweep, all that runs has ended"}}
	var calls [2][len(sizes)]float64
	for i, n := range sizes {
		synctest.Test(t, func(t *testing.T) {
			w := newGrowthFixture(t, n, growthFleet(n))
			w.settle(n)
			w.calls() // what it took to get there is not measured
			var times []time.Duration
			var bytes []float64
			for range 3 {
				time.Sleep(16 * time.Minute) // longer than the longest pause between two looks
				took, allocated := usage(func() { w.sweep() })
				times, bytes = append(times, took), append(bytes, allocated)
			}
			rows[0].time[i], rows[0].bytes[i], calls[0][i] = middle(times), middle(bytes), w.calls()/float64(3*n)
			running := w.end(n)
			time.Sleep(16 * time.Minute)
			ended := 0
			rows[1].time[i], rows[1].bytes[i] = usage(func() { ended = w.sweep() })
			if calls[1][i] = w.calls() / float64(n); ended != running {
				t.Errorf("of %d runs, %d ended", running, ended)
			}
		})
	}
	for i, row := range rows {
		notes += fmt.Sprintf("%s: %.2f, %.2f, %.2f calls for a run.\n", row.what, calls[i][0], calls[i][1], calls[i][2])
		if calls[i][2] > 1.2*calls[i][1] {
			t.Errorf("%s: %.2f calls for a run of 100, %.2f of 1000", row.what, calls[i][1], calls[i][2])
		}
	}
	return rows, notes
}

// calls are how many calls were made in all since it was asked last.
func (w *growthFixture) calls() float64 {
	sum := 0
	for _, wire := range []*memory{w.tables, w.servers, w.nodes} {
		for _, n := range wire.calls() {
			sum += n
		}
	}
	return float64(sum)
}
