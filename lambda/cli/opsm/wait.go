package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// mostFaults is how many looks in a row may fail before waiting is given up.
const mostFaults = 5

// wait follows a run that was started to its end, which it prints. What changes until then is said beside the answer.
func (s *session) wait(ctx context.Context, started answer, every time.Duration) error {
	seen, faults := "", 0
	for {
		run, raw, err := s.look(ctx, started)
		switch outcome, reason := run.came(); {
		case ctx.Err() != nil:
			return goesOn{started.ServerName, started.RunID}
		case err != nil:
			if faults++; faults == mostFaults {
				return fmt.Errorf("the run %s cannot be seen; if it is not over, it goes on: %w", started.RunID, err)
			}
			s.note("opsm: looking again in %s: %s", every, err)
		case run.State == "over":
			return s.ended(run, raw)
		default:
			faults = 0
			if now := outcome + after(": ", reason); now != seen && outcome != "" {
				s.note("%s %s is %s", s.now().Format(time.TimeOnly), started.RunID, now)
				seen = now
			}
		}
		select {
		case <-ctx.Done():
			return goesOn{started.ServerName, started.RunID}
		case <-time.After(every):
		}
	}
}

// look finds a run in its server's history, or among the open ones: the history lags, and is of the latest only.
func (s *session) look(ctx context.Context, started answer) (pastRun, json.RawMessage, error) {
	var h history
	raw, err := s.ask(ctx, "history", server{started.ServerName}, &h)
	if err == nil {
		err = unreadable(s, h.Reason, h.Message)
	}
	if err != nil {
		return pastRun{}, nil, err
	}
	var whole struct {
		Runs []json.RawMessage `json:"runs"`
	}
	if err := json.Unmarshal(raw, &whole); err != nil {
		return pastRun{}, nil, err
	}
	for i, run := range h.Runs {
		if run.RunID == started.RunID {
			return run, whole.Runs[i], nil
		}
	}
	return s.lookAmongOpen(ctx, started)
}

// lookAmongOpen finds a run in the status; one that is open and cannot be read yet has no state.
func (s *session) lookAmongOpen(ctx context.Context, started answer) (pastRun, json.RawMessage, error) {
	var f fleet
	_, err := s.ask(ctx, "status", struct{}{}, &f)
	if err == nil {
		err = unreadable(s, f.Reason, f.Message)
	}
	if err != nil {
		return pastRun{}, nil, err
	}
	for _, run := range f.Runs {
		if run.RunID == started.RunID {
			return pastRun{RunID: run.RunID, State: run.State, WaitsFor: run.WaitsFor}, nil, nil
		}
	}
	if slices.ContainsFunc(f.Servers, func(server serverStatus) bool { return server.OpenRun == started.RunID }) {
		return pastRun{}, nil, nil
	}
	return pastRun{}, nil, fmt.Errorf("it is neither in the history of %s nor among the open runs", started.ServerName)
}

// ended prints how a run ended; anything but a success has an exit code of its own.
func (s *session) ended(run pastRun, raw json.RawMessage) error {
	var err error
	switch {
	case s.JSON:
		err = s.json(raw)
	case s.width > 0:
		text := fmt.Sprintf("The run %s %s%s.", run.RunID, run.Outcome, after(": ", because(run.Reason, run.Detail)))
		if !run.Started.IsZero() {
			text += " It took " + run.Ended.Sub(run.Started).Round(time.Second).String() + "."
		}
		err = s.print(wrap(clean(text), s.width, 0) + "\n")
	default:
		err = writeRun(s, run)
	}
	if err != nil {
		return fmt.Errorf("print the end: %w", err)
	}
	if run.Outcome != "succeeded" {
		return notSucceeded
	}
	return nil
}
