package opsworkscm_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/opsworkscm"
)

func TestClient_StartWithoutTimeSendsNothing(t *testing.T) {
	short, cancel := context.WithTimeout(t.Context(), 900*time.Millisecond)
	defer cancel()
	for name, tt := range map[string]struct {
		ctx  context.Context
		ends time.Duration // from now
	}{
		"the invocation ends":     {short, time.Hour},
		"the attempt has ended":   {t.Context(), -time.Nanosecond},
		"the attempt ends soon":   {t.Context(), 900 * time.Millisecond},
		"the attempt has no time": {t.Context(), -1000 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			sim, c := service(t)
			run := claimed(time.Now())
			run.Attempt.Ends = time.Now().Add(tt.ends)
			wantReason(t, c.Start(tt.ctx, run, chef, nil).Err, maintenance.ReasonUnavailable)
			if len(sim.Calls()) != 0 {
				t.Errorf("calls %s", calls(sim))
			}
		})
	}
}

// A call has half of the attempt's time, and leaves the other half.
func TestClient_StartHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, c := virtual(t)
		sim.Inject(simulator.Fault{Operation: "StartMaintenance", Kind: simulator.WorkThenHang})
		run := claimed(time.Now())
		run.Attempt.Ends = time.Now().Add(10 * time.Second)
		begin := time.Now()
		wantReason(t, c.Start(t.Context(), run, chef, nil).Err, maintenance.ReasonStartUnconfirmed)
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

// The attempt ends by the clock that is handed in, also between the SDK's own attempts. What was sent was refused: nothing started.
func TestClient_StartSendsNothingPastTheEnd(t *testing.T) {
	sim := simulated(t)
	sim.Inject(simulator.Fault{Operation: "StartMaintenance", Kind: simulator.Throttle})
	var past atomic.Int64
	clock := func() time.Time { return time.Now().Add(time.Duration(past.Load())) }
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		past.Store(int64(2 * time.Hour))
		sim.ServeHTTP(w, r)
	}))
	defer endpoint.Close()
	wantReason(t, client(endpoint.URL, clock).Start(t.Context(), claimed(time.Now()), chef, nil).Err, maintenance.ReasonUnavailable)
	if got := calls(sim); got != "StartMaintenance" {
		t.Errorf("calls %s", got)
	}
}

// Time that ends in a pause between two attempts leaves no doubt; time that ends in a call does.
func TestClient_StartEndsInAPause(t *testing.T) {
	for kind, want := range map[simulator.Kind]maintenance.Reason{
		simulator.Throttle: maintenance.ReasonUnavailable, simulator.Hang: maintenance.ReasonStartUnconfirmed,
	} {
		synctest.Test(t, func(t *testing.T) {
			sim, _ := virtual(t)
			sim.Inject(simulator.Fault{Operation: "StartMaintenance", Kind: kind})
			waits := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("X-Amz-Retry-After", "5000") // milliseconds, which the SDK obeys
				sim.ServeHTTP(w, r)
			})
			c := opsworkscm.New(config(memory{waits, 0}, "http://simulated"), time.Now)
			ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
			defer cancel()
			wantReason(t, c.Start(ctx, claimed(time.Now()), chef, nil).Err, want)
			if got := calls(sim); got != "StartMaintenance" {
				t.Errorf("%s: calls %s", kind, got)
			}
		})
	}
}
