package automation

import (
	"context"
	"sync"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// shared is what the looks of one sweep share: for each runbook what runs, as it was listed not long ago, and what was started meanwhile.
// Nothing but these keeps a runbook from running twice on a node at the same time.
type shared struct {
	mu      sync.Mutex
	lists   map[string]list
	started map[string]string // execution by node; no list need have it yet
}

type list struct {
	read    time.Time
	running map[string]string
	err     error
}

// recent is how long a list is taken for what runs now. Somebody else may start something meanwhile; so they may in the time that a
// list takes to show it.
const recent = time.Second

// Share implements maintenance.Sharer.
func (c *Client) Share() maintenance.Look {
	s := &shared{lists: map[string]list{}, started: map[string]string{}}
	c.mu.Lock()
	c.shared = s
	c.mu.Unlock()
	return func(ctx context.Context, name string) (maintenance.Server, error) {
		return c.describe(ctx, name, func(ctx context.Context, runbook, node string) (string, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if id, ok := s.started[node]; ok {
				return id, nil
			}
			l := s.lists[runbook]
			if time.Since(l.read) > recent {
				l.running, l.err = c.running(ctx, runbook)
				l.read = time.Now()
				s.lists[runbook] = l
			}
			return l.running[node], l.err
		})
	}
}

// begun tells the looks of the sweep that an execution was started on a node, or may have been.
func (c *Client) begun(node, id string) {
	c.mu.Lock()
	s := c.shared
	c.mu.Unlock()
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.started[node] = id
}
