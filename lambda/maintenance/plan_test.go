package maintenance_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"opsworks-maintenance/lambda/maintenance"
)

// checker is a backend that can be asked beforehand.
type checker struct {
	*backend
	err   error
	asked []string
}

func (c *checker) Check(_ context.Context, serverName string) error {
	c.asked = append(c.asked, serverName)
	return c.err
}

func checking(f *fixture, err error) *checker {
	c := &checker{backend: f.backend, err: err}
	f.Backends["fake"] = c
	return c
}

func TestRunner_PlanSaysThatAStartWouldBeRefused(t *testing.T) {
	for _, reason := range []maintenance.Reason{maintenance.ReasonRunbookUnusable, maintenance.ReasonDenied, maintenance.ReasonThrottled} {
		outcome, wantReason := maintenance.OutcomeStarted, maintenance.Reason("") // that it could not be asked refuses no start
		if reason == maintenance.ReasonRunbookUnusable {
			outcome, wantReason = maintenance.OutcomeError, reason
		}
		t.Run(string(reason), func(t *testing.T) {
			f := newFixture(t)
			c := checking(f, failing(reason))
			plan := f.Plan(t.Context(), "puppet-01")
			if plan.Err != nil || len(plan.Answers) != 3 {
				t.Fatalf("the plan is %+v", plan)
			}
			for _, a := range plan.Answers {
				if a.Outcome != outcome || a.Reason != wantReason || !strings.Contains(a.Detail, c.err.Error()) {
					t.Errorf("%s: %s %q (%s)", a.Trigger, a.Outcome, a.Reason, a.Detail)
				}
			}
			if !slices.Equal(c.asked, []string{"puppet-01"}) {
				t.Errorf("asked about %q", c.asked)
			}
		})
	}
	t.Run("nothing speaks against it", func(t *testing.T) {
		f := newFixture(t)
		c := checking(f, nil)
		for _, a := range f.Plan(t.Context(), "puppet-01").Answers {
			if a.Outcome != maintenance.OutcomeStarted || a.Reason != "" {
				t.Errorf("%s: %s %q", a.Trigger, a.Outcome, a.Reason)
			}
		}
		if len(c.asked) != 1 {
			t.Errorf("asked about %q", c.asked)
		}
	})
}

// What would not start by the gates is answered by them: the backend is asked of a start alone.
func TestRunner_PlanChecksStartsAlone(t *testing.T) {
	for i, gate := range gateCases {
		t.Run(fmt.Sprint(gate.reason, " ", i), func(t *testing.T) {
			f := newFixture(t)
			gate.prepare(f)
			c := checking(f, failing(maintenance.ReasonRunbookUnusable))
			starts := 0
			for _, a := range f.Plan(t.Context(), f.server).Answers {
				column := map[maintenance.TriggerKind]string{maintenance.TriggerAlarm: gate.alarm, maintenance.TriggerSchedule: gate.schedule,
					maintenance.TriggerManual: gate.manual}[a.Trigger]
				arrives := gate.reason == "stale" || gate.reason == "new-alarm" // asked of a trigger, which the plan has not seen
				want := gate.reason
				if column == "-" || arrives {
					want = maintenance.ReasonRunbookUnusable
					starts++
				}
				if a.Reason != want {
					t.Errorf("%s: %s %q (%s), want %q", a.Trigger, a.Outcome, a.Reason, a.Detail, want)
				}
			}
			if len(c.asked) != min(starts, 1) {
				t.Errorf("asked %d times, and %d would start", len(c.asked), starts)
			}
		})
	}
	t.Run("a run that waits is joined without a check, and an operator who would start it gets one", func(t *testing.T) {
		f := newFixture(t)
		c := checking(f, failing(maintenance.ReasonRunbookUnusable))
		f.policy.Approval = maintenance.TriggerKinds()
		f.alarm()
		var got []string
		for _, a := range f.Plan(t.Context(), "puppet-01").Answers {
			got = append(got, fmt.Sprint(a.Trigger, " ", a.Outcome, " ", a.Reason))
		}
		want := []string{"alarm joined approval-needed", "schedule joined approval-needed", "manual error runbook-unusable"}
		if !slices.Equal(got, want) || len(c.asked) != 1 {
			t.Errorf("got %q, asked %d times", got, len(c.asked))
		}
	})
	t.Run("nothing that happens asks", func(t *testing.T) {
		f := newFixture(t)
		c := checking(f, failing(maintenance.ReasonRunbookUnusable))
		if got := f.alarm(); got.Outcome != maintenance.OutcomeStarted || len(c.asked) != 0 {
			t.Errorf("%s %q, asked %d times", got.Outcome, got.Reason, len(c.asked))
		}
	})
}
