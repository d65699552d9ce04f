package main

import (
	"context"
	"fmt"
	"time"
)

// plan is what of the function's answer to plan the table shows.
type plan struct {
	ServerName        string   `json:"serverName"`
	Status            string   `json:"status"`
	MaintenanceStatus string   `json:"maintenanceStatus"`
	Node              string   `json:"node"`
	Runbook           string   `json:"runbook"`
	RunID             string   `json:"runId"`
	State             string   `json:"state"`
	WaitsFor          waitsFor `json:"waitsFor"`
	Answers           []struct {
		Trigger  string    `json:"trigger"`
		Outcome  string    `json:"outcome"`
		Reason   string    `json:"reason"`
		MayStart time.Time `json:"mayStart"`
		Expires  time.Time `json:"expires"`
		RunID    string    `json:"runId"`
		Message  string    `json:"message"`
	} `json:"answers"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

type planCommand struct{ server }

// Help is shown by kong.
func (planCommand) Help() string {
	return "In a pipe each line begins with what it is about: server or trigger.\n\n" +
		"server: name, status, maintenance status, node, runbook, open run, its state\n\n" +
		"trigger: kind, outcome, reason, may start, expires, run, message"
}

// Run is called by kong. A plan by which nothing would start is an answer.
func (c planCommand) Run(ctx context.Context, s *session) error {
	var p plan
	raw, err := s.ask(ctx, "plan", c, &p)
	if err != nil {
		return err
	}
	switch {
	case s.JSON:
		err = s.json(raw)
	case p.Reason != "":
	case s.width > 0:
		err = s.print(s.planText(p))
	default:
		err = writePlan(s, p)
	}
	if err != nil {
		return fmt.Errorf("print the answer: %w", err)
	}
	return unreadable(s, p.Reason, p.Message)
}

// unreadable is what becomes of a question that was not answered: its own fault, or that of what was asked.
func unreadable(s *session, reason, message string) error {
	switch reason {
	case "":
		return nil
	case "invalid-request":
		s.note("opsm: %s", message)
		return refused
	default:
		return fmt.Errorf("%s", message)
	}
}

func writePlan(s *session, p plan) error {
	if err := s.row("server", p.ServerName, p.Status, p.MaintenanceStatus, p.Node, p.Runbook, p.RunID, p.State); err != nil {
		return err
	}
	for _, a := range p.Answers {
		if err := s.row("trigger", a.Trigger, a.Outcome, a.Reason, a.MayStart, a.Expires, a.RunID, a.Message); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) planText(p plan) string {
	line := p.ServerName
	switch {
	case p.Status == "" && p.RunID == "":
		line += " was not looked at"
	case p.Status != "":
		line += " is " + p.Status + after(", its last maintenance ", p.MaintenanceStatus) + after(", node ", p.Node) +
			after(", runbook ", p.Runbook)
	}
	if p.RunID != "" {
		line += ": the run " + p.RunID + " is " + p.State + after(": ", because(p.WaitsFor.Reason, p.WaitsFor.Detail))
	}
	line += "."
	rows := [][]string{{"TRIGGER", "OUTCOME", "WHAT"}}
	for _, a := range p.Answers {
		rows = append(rows, []string{a.Trigger, a.Outcome, a.Message})
	}
	return wrap(clean(line), s.width, 0) + "\n\n" + s.table(true, rows...)
}
