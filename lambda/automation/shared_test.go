package automation_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/local/simulator/ssm"
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

// slowList is a service that answers nothing to a list until its caller leaves.
type slowList struct {
	*ssm.Service
	slow atomic.Bool
}

func (s *slowList) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.slow.Load() && strings.HasSuffix(r.Header.Get("X-Amz-Target"), listCall) {
		<-r.Context().Done()
	}
	s.Service.ServeHTTP(w, r)
}

// The one who waits for another's list can leave, and a reader who ran out of time takes no list from those who have more.
func TestClient_SharedWaitsNoLongerThanItHas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := &slowList{Service: ssm.New(ssm.Config{})}
		defer sim.Close()
		furnish(t, sim.Service)
		byHand(t, sim.Service, "maintain-chef", chefNode)
		sweep := inMemory(sim).Shared()
		sim.slow.Store(true)
		look := func() (<-chan maintenance.Sighting, context.CancelFunc) {
			ctx, cancel := context.WithCancel(t.Context())
			seen := make(chan maintenance.Sighting, 1)
			go func() { seen <- sweep.Look(ctx, "automate-06") }()
			synctest.Wait() // it reads, or waits for who does
			return seen, cancel
		}
		reader, stop := look()
		waiter, leave := look()
		leave()
		synctest.Wait()
		select {
		case s := <-waiter:
			mustFail(t, s.ExecutionsErr, maintenance.ReasonUnavailable, "wait for a list of executions")
		default:
			t.Error("it cannot leave")
		}
		stop()
		mustFail(t, (<-reader).ExecutionsErr, maintenance.ReasonUnavailable)
		sim.slow.Store(false)
		one(t, sweep.Look(t.Context(), "automate-06"))
	})
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
