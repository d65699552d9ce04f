package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"opsworks-maintenance/lambda/local/machine"
	"opsworks-maintenance/lambda/maintenance"
)

// patience is how long the scenario waits, beyond the maintenances themselves, for what should have happened; sweepEvery is how often
// the function is woken by its clock.
const (
	patience   = 10 * time.Second
	sweepEvery = 500 * time.Millisecond
)

// end sweeps until every run is closed and every message has come, and says how it ended: an error if not as it should.
func (s *scenario) end(ctx context.Context, m *machine.Machine, o options) error {
	deadline := time.Now().Add(time.Duration(len(m.Servers))*o.maintenanceTime + patience)
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
		waiting, err := s.waiting(ctx, m)
		if err != nil {
			return err
		}
		if len(waiting) == 0 {
			return s.verdict(o)
		}
		s.mu.Lock()
		if s.terminal && !s.json {
			s.clearProgress()
			_, _ = fmt.Fprintf(s.out, "%8.2fs  %-9s %s", time.Since(s.begin).Seconds(), "waiting", strings.Join(waiting, ", "))
			s.progress = true
		}
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

// waiting says what has not happened yet.
func (s *scenario) waiting(ctx context.Context, m *machine.Machine) ([]string, error) {
	var runs []maintenance.Due
	for _, queue := range []maintenance.Queue{maintenance.QueueDue, maintenance.QueueSlot} {
		due, err := m.Ledger.Due(ctx, queue, time.Now().AddDate(1, 0, 0), 0)
		if err != nil {
			return nil, err
		}
		runs = append(runs, due...)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var waiting []string
	for told := range s.told {
		if s.copies[told] == 0 {
			waiting = append(waiting, "the message about "+told)
		}
	}
	for _, run := range runs {
		waiting = append(waiting, fmt.Sprintf("%s (%s)", run.RunID, run.State))
	}
	slices.Sort(waiting)
	return waiting, nil
}

// verdict says how it ended. Wrong are an error, and an end other than the one ordered.
func (s *scenario) verdict(o options) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	want := "succeeded"
	if o.fail {
		want = "failed"
	}
	for _, r := range s.latest {
		if r.Outcome == "error" || (r.Outcome == "succeeded" || r.Outcome == "failed") && r.Outcome != want {
			return fmt.Errorf("the story did not end as it should: %s\n%s", r.Message, s.log.String())
		}
	}
	text := "nothing was started"
	if len(s.state) > 0 {
		var ends []string
		for _, state := range s.state {
			ends = append(ends, state)
		}
		slices.Sort(ends)
		text = strings.Join(ends, ", ")
	}
	s.tell(step{Step: "end", Text: text})
	return nil
}
