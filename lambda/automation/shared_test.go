package automation_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/maintenance"
)

// Looks that share list what goes on once for each runbook, and each looks at its own node.
func TestClient_Shared(t *testing.T) {
	t.Parallel()
	now := time.Now()
	sim, c := serviceAt(t, func() time.Time { return now })
	byHand(t, sim, "maintain-chef", chefNode)
	sweep := c.Shared()
	const looks = 20
	for range looks {
		one(t, sweep.Look(t.Context(), "automate-06"))
		if s := sweep.Look(t.Context(), "puppet-01"); len(s.Executions) != 0 || s.ExecutionsErr != nil {
			t.Errorf("seen %+v", s)
		}
	}
	if times(sim, nodesCall) != 2*looks || times(sim, listCall) != 2 {
		t.Errorf("%d looks at nodes, %d lists", times(sim, nodesCall), times(sim, listCall))
	}
	t.Run("a list is a second old at the most", func(t *testing.T) {
		e := byHand(t, sim, "maintain-chef", chefNode)
		now = now.Add(time.Second)
		if s := sweep.Look(t.Context(), "automate-06"); len(s.Executions) != 1 {
			t.Errorf("after a second: %+v", s.Executions)
		}
		now = now.Add(1)
		if s := sweep.Look(t.Context(), "automate-06"); len(s.Executions) != 2 || s.Executions[0].ID != e.ID {
			t.Errorf("after more: %+v", s.Executions)
		}
	})
	t.Run("another sweep reads lists of its own", func(t *testing.T) {
		before := times(sim, listCall)
		c.Shared().Look(t.Context(), "automate-06")
		if times(sim, listCall) != before+1 {
			t.Error("it used a list of another sweep")
		}
	})
}

func TestClient_SharedAtTheSameTime(t *testing.T) {
	t.Parallel()
	now := time.Now()
	sim, c := serviceAt(t, func() time.Time { return now })
	byHand(t, sim, "maintain-chef", chefNode)
	sweep := c.Shared()
	var all sync.WaitGroup
	seen := make([]maintenance.Sighting, 20)
	for i := range seen {
		all.Go(func() { seen[i] = sweep.Look(t.Context(), "automate-06") })
	}
	all.Wait()
	for _, s := range seen {
		one(t, s)
	}
	if n := times(sim, listCall); n != 1 {
		t.Errorf("%d lists", n)
	}
}

// Whoever waits for another's list can leave, and a reader who ran out of time takes no list from those who have more.
func TestClient_SharedWaitsNoLongerThanItHas(t *testing.T) {
	t.Parallel()
	now := time.Now()
	sim, c := serviceAt(t, func() time.Time { return now })
	byHand(t, sim, "maintain-chef", chefNode)
	one(t, c.Look(t.Context(), "automate-06"))
	sweep := c.Shared()
	sim.Inject(simulator.Fault{Operation: listCall, Kind: simulator.Hang, Times: 1})
	short, cancel := context.WithCancel(t.Context())
	reader := make(chan maintenance.Sighting)
	go func() { reader <- sweep.Look(short, "automate-06") }()
	for times(sim, listCall) < 2 { // the first is in the reader's hands
		time.Sleep(time.Millisecond)
	}
	hurried, leave := context.WithCancel(t.Context())
	waiter := make(chan maintenance.Sighting)
	go func() { waiter <- sweep.Look(hurried, "automate-06") }()
	for times(sim, nodesCall) < 3 {
		time.Sleep(time.Millisecond)
	}
	leave()
	s := <-waiter // which may have been on its way to the node still
	if s.ServerErr == nil {
		s.ServerErr = s.ExecutionsErr
	}
	mustFail(t, s.ServerErr, maintenance.ReasonUnavailable)
	cancel()
	mustFail(t, (<-reader).ExecutionsErr, maintenance.ReasonUnavailable)
	one(t, sweep.Look(t.Context(), "automate-06"))
}

// What the service said is not asked again by each of a hundred looks.
func TestClient_SharedFailure(t *testing.T) {
	t.Parallel()
	now := time.Now()
	sim, c := serviceAt(t, func() time.Time { return now })
	inject(sim, listCall, simulator.Denied)
	sweep := c.Shared()
	for range 3 {
		mustFail(t, sweep.Look(t.Context(), "automate-06").ExecutionsErr, maintenance.ReasonDenied)
	}
	if n := times(sim, listCall); n != 1 {
		t.Errorf("%d lists", n)
	}
	sim.ClearFaults()
	now = now.Add(2 * time.Second)
	if s := sweep.Look(t.Context(), "automate-06"); s.ExecutionsErr != nil {
		t.Errorf("seen %+v", s)
	}
}
