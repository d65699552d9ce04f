package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// fleet is what of the function's answer to status the table shows.
type fleet struct {
	At      time.Time      `json:"at"`
	Runs    []openRun      `json:"runs"`
	Servers []serverStatus `json:"servers"`
	Fleet   struct {
		Hold             *hold    `json:"hold"`
		ConcurrencyLimit int      `json:"concurrencyLimit"`
		Slots            []string `json:"slots"`
	} `json:"fleet"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// openRun is a run that is not over.
type openRun struct {
	RunID      string    `json:"runId"`
	ServerName string    `json:"serverName"`
	State      string    `json:"state"`
	Created    time.Time `json:"created"`
	WaitsFor   waitsFor  `json:"waitsFor"`
	Started    time.Time `json:"started"`
	Deadline   time.Time `json:"deadline"`
	StopAsked  time.Time `json:"stopAsked"`
	Unseen     struct {
		Since  time.Time `json:"since"`
		Reason string    `json:"reason"`
		Detail string    `json:"detail"`
	} `json:"unseen"`
}

// waitsFor is what a run waits for, until when that lasts, and when the run gives up.
type waitsFor struct {
	Reason  string    `json:"reason"`
	Since   time.Time `json:"since"`
	Until   time.Time `json:"until"`
	Expires time.Time `json:"expires"`
	Detail  string    `json:"detail"`
}

type serverStatus struct {
	ServerName string `json:"serverName"`
	Configured bool   `json:"configured"`
	Enabled    bool   `json:"enabled"`
	OpenRun    string `json:"openRun"`
	LastEnds   []struct {
		Outcome string    `json:"outcome"`
		At      time.Time `json:"at"`
	} `json:"lastEnds"`
	Hold *hold `json:"hold"`
}

type hold struct {
	Until  time.Time `json:"until"`
	Reason string    `json:"reason"`
}

type statusCommand struct{}

// Help is shown by kong.
func (statusCommand) Help() string {
	return "In a pipe each line begins with what it is about: server, fleet-hold, slot or mailbox.\n\n" +
		"server: name, state (idle, waiting, starting, running, unread), since, reason, until, expires, run, last outcome, last end, " +
		"held until\n\n" +
		"fleet-hold: until, reason\n\nslot: run\n\nmailbox: topic, protocol, address"
}

// Run is called by kong. An answer that is not whole is printed, and is an error.
func (statusCommand) Run(ctx context.Context, s *session) error {
	var f fleet
	raw, err := s.ask(ctx, "status", struct{}{}, &f)
	if err != nil {
		return err
	}
	m := s.mailboxes(ctx)
	switch {
	case s.JSON:
		err = s.statusJSON(raw, m)
	case s.width > 0:
		err = s.print(s.statusText(f, m))
	default:
		err = writeStatus(s, f, m)
	}
	if err != nil {
		return fmt.Errorf("print the answer: %w", err)
	}
	if m.Problem != "" && !s.JSON {
		s.note("opsm: it is not known whether the mailboxes have confirmed their subscriptions: %s", m.Problem)
	}
	if f.Reason != "" {
		return fmt.Errorf("part of the status is missing: %s", f.Message)
	}
	return nil
}

// statusJSON is the function's answer with the mailboxes beside its fields.
func (s *session) statusJSON(answer json.RawMessage, m mailboxes) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(answer, &fields); err != nil {
		return err
	}
	var err error
	if fields["mailboxes"], err = json.Marshal(m); err != nil {
		return err
	}
	all, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	return s.json(all)
}

// run is a server's open run. The list of runs may lag behind the servers' records: a run that only these have is unread.
func (f fleet) run(server serverStatus) openRun {
	for _, run := range f.Runs {
		if run.ServerName == server.ServerName {
			return run
		}
	}
	if server.OpenRun != "" {
		return openRun{RunID: server.OpenRun, State: "unread"}
	}
	return openRun{State: "idle"}
}

// since is when a run came into its state.
func (r openRun) since() time.Time {
	switch r.State {
	case "waiting":
		return r.WaitsFor.Since
	case "running":
		return r.Started
	default:
		return r.Created
	}
}

func writeStatus(s *session, f fleet, m mailboxes) error {
	for _, server := range f.Servers {
		run, outcome, end, held := f.run(server), "", time.Time{}, time.Time{}
		if len(server.LastEnds) > 0 {
			outcome, end = server.LastEnds[0].Outcome, server.LastEnds[0].At
		}
		if server.Hold != nil {
			held = server.Hold.Until
		}
		w := run.WaitsFor
		if err := s.row("server", server.ServerName, run.State, run.since(), w.Reason, w.Until, w.Expires, run.RunID, outcome, end,
			held); err != nil {
			return err
		}
	}
	if h := f.Fleet.Hold; h != nil {
		if err := s.row("fleet-hold", h.Until, h.Reason); err != nil {
			return err
		}
	}
	for _, run := range f.Fleet.Slots {
		if err := s.row("slot", run); err != nil {
			return err
		}
	}
	for _, box := range m.Unconfirmed {
		if err := s.row("mailbox", box.Topic, box.Protocol, box.Endpoint); err != nil {
			return err
		}
	}
	return nil
}
