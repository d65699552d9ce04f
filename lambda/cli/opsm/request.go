package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

type startCommand struct {
	target
	Override []string      `json:"override,omitempty" placeholder:"GATE" help:"Gates to leave out: window, calendar, hold, order, blocked."`
	Engine   attributes    `name:"engine-attribute" mapsep:"none" json:"engineAttributes,omitempty" help:"CHEF_MAJOR_UPGRADE=true, for Chef."`
	Key      string        `json:"key" placeholder:"WORD" help:"Requests with the same key are one request (default: a new word each time)."`
	Wait     bool          `json:"-" help:"Wait until the run has ended; exit code 3 if it did not succeed."`
	Every    time.Duration `json:"-" default:"10s" placeholder:"TIME" help:"How often -wait looks (default ${default})."`
}

// attributes are sent as a list, by name.
type attributes map[string]string

func (a attributes) MarshalJSON() ([]byte, error) {
	type attribute struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	list := []attribute{}
	for _, name := range slices.Sorted(maps.Keys(a)) {
		list = append(list, attribute{name, a[name]})
	}
	return json.Marshal(list)
}

// Validate is asked by kong.
func (c startCommand) Validate() error {
	if c.Every <= 0 {
		return errors.New("-every must be longer than nothing")
	}
	return c.target.Validate()
}

// Run is called by kong. Every start has a key, so that a request that the SDK sends a second time is no second start.
func (c startCommand) Run(ctx context.Context, s *session) error {
	c.Override = slices.DeleteFunc(c.Override, func(gate string) bool { return gate == "" })
	own := c.Key == ""
	if own {
		c.Key = rand.Text()
	}
	answer, err := s.act(ctx, "start", c)
	if own && answer.Reason == "duplicate" && answer.Outcome == "in-progress" { // nobody else has the key
		s.note("opsm: the answer to this request was lost; it was sent again, and the run %s is what came of it", answer.RunID)
		err = nil
	}
	if err != nil || !c.Wait {
		return err
	}
	return s.wait(ctx, answer, c.Every)
}

type stopCommand struct{ target }

// Run is called by kong.
func (c stopCommand) Run(ctx context.Context, s *session) error { return s.only(ctx, "stop", c) }

type approveCommand struct {
	target
	asker
}

// Run is called by kong.
func (c approveCommand) Run(ctx context.Context, s *session) error { return s.only(ctx, "approve", c) }

type closeCommand struct{ target }

// Run is called by kong.
func (c closeCommand) Run(ctx context.Context, s *session) error { return s.only(ctx, "close", c) }

type holdCommand struct {
	brake
	asker
	Until  time.Time      `json:"until,omitzero" xor:"until" placeholder:"TIME" help:"Until when, as 2026-11-29T06:00:00Z; 24h if not said."`
	For    *time.Duration `json:"-" xor:"until" placeholder:"TIME" help:"For how long, as 8h."`
	Reason string         `json:"reason,omitempty" placeholder:"TEXT" help:"Why, for those who are held up."`
}

// Validate is asked by kong.
func (c holdCommand) Validate() error {
	if c.For != nil && *c.For <= 0 {
		return errors.New("-for must be longer than nothing")
	}
	return c.brake.Validate()
}

// Run is called by kong.
func (c holdCommand) Run(ctx context.Context, s *session) error {
	if c.For != nil {
		c.Until = s.now().Add(*c.For).UTC().Truncate(time.Second)
	}
	return s.only(ctx, "hold", c)
}

type releaseCommand struct {
	brake
	asker
	Until time.Time `json:"until,omitzero" placeholder:"TIME" help:"Only the hold that ends then, as messages give it."`
}

// Run is called by kong.
func (c releaseCommand) Run(ctx context.Context, s *session) error { return s.only(ctx, "release", c) }

// answer is what the function answers to a request that does something.
type answer struct {
	Outcome    string `json:"outcome"`
	Reason     string `json:"reason"`
	ServerName string `json:"serverName"`
	RunID      string `json:"runId"`
	Message    string `json:"message"`
}

// exit is the exit code of an answer. A run that is asked to stop goes on, and that is what was asked for.
func (a answer) exit() error {
	switch {
	case a.Outcome == "error":
		return failed
	case a.Outcome == "refused", a.Outcome == "ignored", a.Outcome == "in-progress" && a.Reason != "stopping":
		return refused
	default:
		return nil
	}
}

// act sends a request and prints the answer.
func (s *session) act(ctx context.Context, verb string, request any) (answer, error) {
	var a answer
	raw, err := s.ask(ctx, verb, request, &a)
	if err != nil {
		return a, err
	}
	if s.JSON {
		err = s.json(raw)
	} else if s.width > 0 {
		err = s.print(wrap(clean(a.Message), s.width, 0) + "\n")
	} else {
		err = s.row(a.Outcome, a.Reason, a.ServerName, a.RunID, a.Message)
	}
	if err != nil {
		return a, fmt.Errorf("print the answer: %w", err)
	}
	return a, a.exit()
}

func (s *session) only(ctx context.Context, verb string, request any) error {
	_, err := s.act(ctx, verb, request)
	return err
}
