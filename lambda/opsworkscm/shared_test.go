package opsworkscm_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/opsworkscm"
)

func TestClient_Shared(t *testing.T) {
	sim, c := service(t)
	shared := c.Shared()
	for _, name := range []string{"automate-06", "puppet-01"} {
		if s := shared.Look(t.Context(), name); s.ServerErr != nil || s.Server.Name != name || s.Server.Status != maintenance.StatusHealthy {
			t.Errorf("got %+v", s)
		}
	}
	wantReason(t, shared.Look(t.Context(), "gone-99").ServerErr, maintenance.ReasonNotFound)
	if got := calls(sim); got != "DescribeServers" {
		t.Errorf("calls %s", got)
	}
	sim.Inject(simulator.Fault{Operation: "DescribeServers", Kind: simulator.Denied})
	shared = c.Shared()
	for _, name := range []string{"automate-06", "gone-99"} { // an answer that did not come does not lack anything
		wantReason(t, shared.Look(t.Context(), name).ServerErr, maintenance.ReasonDenied)
	}
	if got := calls(sim); got != "DescribeServers,DescribeServers" {
		t.Errorf("calls %s", got)
	}
}

// A list may have a server twice, or not at all.
func TestClient_SharedOddAnswers(t *testing.T) {
	c := answering(t, func(string) (int, string) {
		return 200, `{"Servers": [{"ServerName": "automate-06"}, {"ServerName": "automate-06"}, {"ServerName": "puppet-01"}]}`
	}).Shared()
	for name, want := range map[string]maintenance.Reason{
		"automate-06": maintenance.ReasonUnexpected, "puppet-01": "", "mail-01": maintenance.ReasonNotFound,
	} {
		wantReason(t, c.Look(t.Context(), name).ServerErr, want)
	}
}

// The API does not page; a token that comes again ends it anyway.
func TestClient_SharedPages(t *testing.T) {
	n := 0
	c := answering(t, func(string) (int, string) {
		n++
		return 200, fmt.Sprintf(`{"Servers": [{"ServerName": "automate-0%d"}], "NextToken": "%d"}`, n, min(n, 2))
	}).Shared()
	for name, want := range map[string]maintenance.Reason{"automate-01": "", "automate-03": "", "automate-04": maintenance.ReasonNotFound} {
		wantReason(t, c.Look(t.Context(), name).ServerErr, want)
	}
}

// A reading serves the looks of one second, and those that were there while it went on, however long it took.
func TestClient_SharedAges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := simulated(t)
		c := opsworkscm.New(config(memory{sim, 3 * time.Second}, "http://simulated"), time.Now).Shared()
		begin := time.Now()
		together := func() {
			var all sync.WaitGroup
			for _, name := range []string{"automate-06", "puppet-01", "automate-06"} {
				all.Go(func() {
					if s := c.Look(t.Context(), name); s.ServerErr != nil || s.At.After(begin.Add(time.Since(begin)-3*time.Second)) {
						t.Errorf("%s: %+v", name, s)
					}
				})
			}
			all.Wait()
		}
		together()
		if n := len(sim.Calls()); n != 1 || time.Since(begin) != 3*time.Second {
			t.Errorf("%d calls in %s", n, time.Since(begin))
		}
		together() // the reading began three seconds ago
		if n := len(sim.Calls()); n != 2 {
			t.Errorf("%d calls", n)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		sim := simulated(t)
		c := opsworkscm.New(config(memory{sim, 0}, "http://simulated"), time.Now).Shared()
		for i, wait := range []time.Duration{0, time.Second, time.Nanosecond} {
			time.Sleep(wait)
			must(t, c.Look(t.Context(), "automate-06").ServerErr)
			if want := []int{1, 1, 2}[i]; len(sim.Calls()) != want {
				t.Errorf("look %d: %d calls, want %d", i+1, len(sim.Calls()), want)
			}
		}
	})
}

// A look waits for another's reading only as long as it can, and one that runs out of time says nothing to the others.
func TestClient_SharedLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := simulated(t)
		c := opsworkscm.New(config(memory{sim, 10 * time.Second}, "http://simulated"), time.Now).Shared()
		begin := time.Now()
		look := func(limit, takes time.Duration, want maintenance.Reason) {
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			wantReason(t, c.Look(ctx, "automate-06").ServerErr, want)
			if took := time.Since(begin); took != takes {
				t.Errorf("took %s, want %s", took, takes)
			}
		}
		var all sync.WaitGroup
		all.Go(func() { look(8*time.Second, 4*time.Second, maintenance.ReasonUnavailable) }) // half of its time is for the call
		synctest.Wait()
		all.Go(func() { look(2*time.Second, time.Second, maintenance.ReasonUnavailable) })
		all.Go(func() { look(time.Minute, 14*time.Second, "") })
		all.Wait()
	})
}

// panicking is an HTTP client with a mistake in it.
type panicking struct{ aws.HTTPClient }

func (panicking) Do(*http.Request) (*http.Response, error) { panic("a mistake") }

// A reading that was broken off proves of no server that it is missing, and locks nobody out.
func TestClient_SharedBrokenOff(t *testing.T) {
	c := opsworkscm.New(config(panicking{}, "http://simulated"), time.Now).Shared()
	for range 2 {
		broken := false
		func() {
			defer func() { broken = recover() != nil }()
			_ = c.Look(t.Context(), "automate-06")
		}()
		if !broken {
			t.Error("a look came to something")
		}
	}
}
