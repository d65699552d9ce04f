package main

import (
	"testing"
	"time"
)

// A schedule's event that was long on its way starts nothing, whether it names one server or several.
func TestHandler_ScheduleThatComesTooLate(t *testing.T) {
	for _, file := range []string{"schedule.json", "scheduler-no-input.json"} {
		t.Run(file, func(t *testing.T) {
			f := newFixture(t, "")
			late := func() time.Time { return now.Add(7 * time.Hour) }
			f.Now, f.Runner.Now = late, late
			for _, r := range f.invoke(t, sample(t, file)) {
				if r.Outcome != "refused" || r.Reason != "stale" {
					t.Errorf("got %+v", r)
				}
			}
			if len(f.backend.started) > 0 {
				t.Errorf("started %v", f.backend.started)
			}
		})
	}
}
