package main

import (
	"context"
	"fmt"
	"time"
)

// history is what of the function's answer to history the table shows.
type history struct {
	Runs    []pastRun `json:"runs"`
	Reason  string    `json:"reason"`
	Message string    `json:"message"`
}

// pastRun is a run, over or not, or a refusal.
type pastRun struct {
	RunID       string    `json:"runId"`
	State       string    `json:"state"`
	Outcome     string    `json:"outcome"`
	Reason      string    `json:"reason"`
	Trigger     string    `json:"trigger"`
	TriggerName string    `json:"triggerName"`
	Created     time.Time `json:"created"`
	WaitsFor    waitsFor  `json:"waitsFor"`
	Started     time.Time `json:"started"`
	Ended       time.Time `json:"ended"`
	Detail      string    `json:"detail"`
}

type historyCommand struct{ server }

// Help is shown by kong.
func (historyCommand) Help() string {
	return "In a pipe: run, outcome (of an open run its state), reason, trigger, its name, created, started, ended, detail"
}

// Run is called by kong.
func (c historyCommand) Run(ctx context.Context, s *session) error {
	var h history
	raw, err := s.ask(ctx, "history", c, &h)
	if err != nil {
		return err
	}
	switch {
	case s.JSON:
		err = s.json(raw)
	case h.Reason != "":
	case s.width > 0:
		err = s.print(s.historyText(c.Server, h.Runs))
	default:
		for _, run := range h.Runs {
			if err = writeRun(s, run); err != nil {
				break
			}
		}
	}
	if err != nil {
		return fmt.Errorf("print the answer: %w", err)
	}
	return unreadable(s, h.Reason, h.Message)
}

// came is what a run came to, or how far.
func (r pastRun) came() (outcome, reason string) {
	if r.Outcome != "" {
		return r.Outcome, r.Reason
	}
	return r.State, r.WaitsFor.Reason
}

// last is when the last of what is known of a run happened.
func (r pastRun) last() time.Time {
	for _, at := range []time.Time{r.Ended, r.WaitsFor.Since, r.Started} {
		if !at.IsZero() {
			return at
		}
	}
	return r.Created
}

func writeRun(s *session, r pastRun) error {
	outcome, reason := r.came()
	return s.row(r.RunID, outcome, reason, r.Trigger, r.TriggerName, r.Created, r.Started, r.Ended, r.Detail)
}

func (s *session) historyText(server string, runs []pastRun) string {
	if len(runs) == 0 {
		return clean(server) + " has no runs and no refusals.\n"
	}
	rows := [][]string{{"RUN", "OUTCOME", "SINCE", "WHY"}}
	for _, r := range runs {
		outcome, reason := r.came()
		if outcome == "refused" {
			r.RunID = "" // what was refused has no run, and nobody can ask for its record by its id
		}
		rows = append(rows, []string{r.RunID, outcome, ago(s.now(), r.last()), because(reason, r.Detail)})
	}
	return s.table(false, rows...)
}
