package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"opsworks-maintenance/lambda/local/machine"
	"opsworks-maintenance/lambda/maintenance"
)

// grace is how long the scenario waits, beyond the maintenances themselves, for what should have happened; sweepEvery is how often
// the function is woken by its clock.
const (
	grace      = 10 * time.Second
	sweepEvery = 500 * time.Millisecond
)

// end sweeps until every run is closed and every message has come, and says how it ended: an error if not as it should.
func (s *scenario) end(ctx context.Context, m *machine.Machine, o options) error {
	deadline := time.Now().Add(time.Duration(len(m.Servers))*o.maintenanceTime + grace)
	if o.fault != "" { // an attempt in doubt is left alone until its time is certainly over
		deadline = deadline.Add(o.timeout + 15*time.Second)
	}
	next := time.Now().Add(sweepEvery)
	for {
		if time.Now().After(next) {
			if err := s.sweep(ctx, m); err != nil {
				return err
			}
			next = time.Now().Add(sweepEvery)
		}
		waiting, later, err := s.waiting(ctx, m, deadline)
		if err != nil {
			return err
		}
		if len(waiting) == 0 {
			return s.verdict(o, later)
		}
		s.mu.Lock()
		s.pending(strings.Join(waiting, ", "))
		s.mu.Unlock()
		if time.Now().After(deadline) {
			return fmt.Errorf("the story did not end as it should: still waiting for %s\n%s", strings.Join(waiting, ", "), s.log.String())
		}
		select {
		case <-ctx.Done():
			return errors.New("interrupted")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// waiting says what has not happened yet, and apart from that what waits for something later than the story, as it may.
func (s *scenario) waiting(ctx context.Context, m *machine.Machine, deadline time.Time) (waiting, later []string, err error) {
	var due []maintenance.Due
	for _, queue := range []maintenance.Queue{maintenance.QueueDue, maintenance.QueueSlot} {
		more, err := m.Ledger.Due(ctx, queue, time.Now().AddDate(1, 0, 0), 0)
		if err != nil {
			return nil, nil, err
		}
		due = append(due, more...)
	}
	s.mu.Lock() // what closed a run that is not due any more has been answered, or is under way
	told, copies, events := maps.Clone(s.told), maps.Clone(s.copies), s.events
	s.mu.Unlock()
	if events > 0 {
		waiting = append(waiting, "the function's answer")
	}
	for _, d := range due {
		run, err := m.Ledger.Run(ctx, d.RunID)
		if err != nil {
			return nil, nil, err
		}
		heard := copies[response{Outcome: "waiting", RunID: run.ID}.told()] > 0
		if heard && waitsForLater(run, deadline) {
			until := run.Wait.Until.In(s.zones[run.ServerName]).Format(clock)
			later = append(later, fmt.Sprintf("%s waits until %s (%s)", run.ServerName, until, run.Wait.Reason))
			continue
		}
		if run.Outcome == maintenance.OutcomeHeld && d.DueAt.After(deadline) {
			later = append(later, "the hold lasts until "+d.DueAt.In(s.zones[run.ServerName]).Format(clock))
			continue
		}
		waiting = append(waiting, fmt.Sprintf("%s (%s)", d.RunID, d.State))
	}
	for about := range told {
		if copies[about] == 0 {
			waiting = append(waiting, "the message about "+about)
		}
	}
	slices.Sort(waiting)
	return waiting, later, nil
}

// clock is how a time is written for people.
const clock = "Mon 2 Jan 15:04 MST"

// waitsForLater says whether a run waits for a time that is known and later than the story.
func waitsForLater(run maintenance.Run, deadline time.Time) bool {
	return run.State == maintenance.RunWaiting && len(run.Owed) == 0 && run.Wait.Until.After(deadline)
}

// verdict says how it ended. Wrong are an error, and an end other than the one ordered. An event whose names disagree is an error by
// its own fault, and is answered as it should be.
func (s *scenario) verdict(o options, later []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	want := "succeeded"
	if o.fail {
		want = "failed"
	}
	for _, r := range s.latest {
		if r.Outcome == "error" && r.Reason != "ambiguous" || (r.Outcome == "succeeded" || r.Outcome == "failed") && r.Outcome != want {
			return fmt.Errorf("the story did not end as it should: %s\n%s", r.Message, s.log.String())
		}
	}
	var ends []string
	for _, state := range s.state {
		ends = append(ends, state)
	}
	slices.Sort(ends)
	ends = append(ends, later...)
	if len(ends) == 0 {
		ends = []string{"nothing was started"}
	}
	s.tell(step{Step: "end", Text: strings.Join(ends, ", ")})
	return nil
}
