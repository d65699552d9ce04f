package function_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"opsworks-maintenance/lambda/local/simulator/ssm"
	"opsworks-maintenance/lambda/maintenance"
)

const many = 1000

// manyServers are servers of Systems Manager, with these settings each.
func manyServers(server string) []byte {
	var servers []string
	for i := range many {
		servers = append(servers, fmt.Sprintf(`{"name": %q, "backend": "ssm", "runbook": "Maintain"%s}`, growthName(i), server))
	}
	return []byte(`{"servers": [` + strings.Join(servers, ",") + `]}`)
}

// looksAtTheIndex are the calls of a sweep that finds nothing due: what is due, the fleet, and who waits for a slot.
var looksAtTheIndex = map[string]int{"Query": 2, "BatchGetItem": 1}

// A thousand runs that wait for a window in two days cost a sweep no read and no write of any of them, and no time.
func TestSweep_WhatIsNotDueCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// What is open is counted every five minutes: at 00:05, and at 00:10.
		time.Sleep(4 * time.Minute)
		monday := `, "window": {"days": ["Mon"], "start": "00:00", "end": "04:00"}` // it is Saturday
		w := newGrowthFixture(t, many, manyServers(monday))
		if reports := w.fires(many); reports[many-1].Outcome != maintenance.OutcomeWaiting {
			t.Fatalf("the last comes to %+v", reports[many-1])
		}
		w.settled()
		before := w.runs(t)
		w.calls()
		for range 3 {
			time.Sleep(time.Minute)
			w.sweep()
			if calls := w.tables.calls(); !maps.Equal(calls, looksAtTheIndex) {
				t.Fatalf("the sweep at %s made the calls %v of the table", time.Now().Format(time.TimeOnly), calls)
			}
		}
		if calls := w.nodes.calls(); len(calls) != 0 {
			t.Errorf("the sweeps asked Systems Manager: %v", calls)
		}
		if after := w.runs(t); !maps.Equal(before, after) {
			t.Error("the sweeps changed runs that were not due")
		}
		w.costs(t, "", 10*time.Millisecond) // a third of one, without the race detector; the first edition took 700
		time.Sleep(time.Minute)
		w.costs(t, ", and what is open is counted,", 300*time.Millisecond)
	})
}

// settled sweeps until what was due because it was new has been looked at.
func (w *growthFixture) settled() {
	for range 2 {
		w.sweep()
		time.Sleep(time.Minute)
	}
}

// runs are the versions of all runs.
func (w *growthFixture) runs(t *testing.T) map[string]int {
	t.Helper()
	all, err := w.runner.Ledger.Due(t.Context(), maintenance.QueueDue, time.Now().AddDate(1, 0, 0), 0)
	must(t, err)
	if len(all) != many {
		t.Errorf("%d runs are open", len(all))
	}
	versions := map[string]int{}
	for _, due := range all {
		versions[due.RunID] = due.Version
	}
	return versions
}

// costs wants a sweep that finds nothing due to take no more CPU than this. The table's answers are as they were, without its work.
func (w *growthFixture) costs(t *testing.T, how string, most time.Duration) {
	t.Helper()
	table := w.tables.service
	w.tables.service = &replay{service: table, answers: map[string]*httptest.ResponseRecorder{}}
	defer func() { w.tables.service = table }()
	w.sweep()
	const sweeps = 100
	took, allocated := usage(func() { repeat(func() { w.sweep() }, sweeps) })
	t.Logf("a sweep in which none of %d runs is due%s takes %s of CPU and %s", many, how, duration(took/sweeps), size(allocated/sweeps))
	if took/sweeps > most {
		t.Errorf("%s of CPU for a sweep", took/sweeps)
	}
}

// replay answers a call again as the service did the first time.
type replay struct {
	service http.Handler
	answers map[string]*httptest.ResponseRecorder
}

func (s *replay) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // from memory
	answer, known := s.answers[string(body)]
	if !known {
		answer = httptest.NewRecorder()
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		s.service.ServeHTTP(answer, r)
		s.answers[string(body)] = answer
	}
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// A thousand runs that wait for their nodes, due at once, share the list of the executions that go on: none pages through all of them.
func TestSweep_WaitingRunsShareTheirReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const others = 120 // executions by others, on nodes of their own: three pages
		w := newGrowthFixture(t, many, manyServers(""))
		for i := range many {
			must(t, w.ssm.AddNode(ssm.Node{ID: growthNode(i), PingStatus: "ConnectionLost",
				Tags: map[string]string{maintenance.TagKey: growthName(i)}}))
		}
		for i := range others {
			_, err := w.ssm.StartByHand("Maintain", map[string][]string{"InstanceId": {growthNode(many + i)}})
			must(t, err)
		}
		if reports := w.fires(many); reports[0].Reason != maintenance.ReasonWrongState {
			t.Fatalf("the first comes to %+v", reports[0])
		}
		w.nodes.calls()
		time.Sleep(time.Minute)
		w.sweep()
		calls := w.nodes.calls()
		if calls["DescribeInstanceInformation"] != many {
			t.Errorf("of %d nodes %d were looked at", many, calls["DescribeInstanceInformation"])
		}
		if calls["DescribeAutomationExecutions"] > others/50+1 || calls["GetAutomationExecution"] > 0 {
			t.Errorf("for one list of %d executions, which were read before, the calls were %v", others, calls)
		}
	})
}
