package automation

import (
	"context"
	"sync"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// sharedFor is how old a list may be when a look that shares it begins. Somebody else may start something meanwhile; so they may in the
// time that a list takes to show it.
const sharedFor = time.Second

// Shared implements maintenance.Backend: looks that begin close to each other share the lists of executions in progress.
func (c *Client) Shared() maintenance.Backend {
	return &shared{Client: c, lists: map[string]*sharedList{}}
}

type shared struct {
	*Client
	mu    sync.Mutex // of the map alone, never held across a call
	lists map[string]*sharedList
}

// sharedList holds the latest list of one runbook. Who holds the turn reads it; who waits for the turn can leave with their context.
type sharedList struct {
	turn chan struct{}
	read time.Time // when the reading began
	list listing
}

// Look implements maintenance.Backend.
func (s *shared) Look(ctx context.Context, name string) maintenance.Sighting {
	return s.look(ctx, name, func(ctx context.Context, runbook string, at time.Time) listing {
		return s.list(runbook).get(ctx, at, func() (time.Time, listing) { return s.now(), s.unfinished(ctx, runbook) })
	})
}

func (s *shared) list(runbook string) *sharedList {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lists[runbook] == nil {
		s.lists[runbook] = &sharedList{turn: make(chan struct{}, 1)}
	}
	return s.lists[runbook]
}

// get gives a look the list that was begun to be read at most a second before it. One whose reader ran out of time is not kept: the
// next may have more.
func (s *sharedList) get(ctx context.Context, at time.Time, read func() (time.Time, listing)) listing {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return listing{err: failure("wait for a list of executions", ctx.Err())}
	}
	defer func() { <-s.turn }()
	if !s.read.IsZero() && at.Sub(s.read) <= sharedFor {
		return s.list
	}
	began, list := read()
	if ctx.Err() == nil {
		s.read, s.list = began, list
	}
	return list
}
