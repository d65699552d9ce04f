package automation

import (
	"context"
	"errors"
	"time"

	"opsworks-maintenance/lambda/awscall"
	"opsworks-maintenance/lambda/maintenance"
)

// Look implements maintenance.Backend: the managed node that carries the server's tag, and the executions of its runbook there.
func (c *Client) Look(ctx context.Context, name string) maintenance.Sighting {
	return c.look(ctx, name, func(ctx context.Context, runbook string, _ time.Time) listing { return c.unfinished(ctx, runbook) })
}

// look lists the executions in progress by the function it is given. Where no node was found there is none to ask about, and ServerErr says
// so.
func (c *Client) look(ctx context.Context, name string, list func(ctx context.Context, runbook string,
	at time.Time) listing) maintenance.Sighting {
	s := maintenance.Sighting{At: c.now()}
	ctx, cancel := awscall.HalfRemaining(ctx)
	defer cancel()
	server, ok := c.servers[name]
	if !ok {
		s.ServerErr = &maintenance.Error{Op: "describe server " + name, Reason: maintenance.ReasonNotFound,
			Err: errors.New("the settings have no such server of Systems Manager")}
		return s
	}
	if s.Server, s.ServerErr = c.node(ctx, name, server); s.ServerErr != nil {
		return s
	}
	all := list(ctx, server.Runbook, s.At)
	s.Executions, s.ExecutionsErr = all.onNode(s.Server.Node), all.err
	return s
}
