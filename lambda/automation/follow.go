package automation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"opsworks-maintenance/lambda/awscall"
	"opsworks-maintenance/lambda/maintenance"
)

// Follow implements maintenance.Backend. A run is followed by its execution alone: the node may be away meanwhile, for a reboot.
func (c *Client) Follow(ctx context.Context, run maintenance.Run) maintenance.Sighting {
	s := maintenance.Sighting{At: c.now(), Server: maintenance.Server{
		Name: run.ServerName, Backend: Backend, Node: run.Attempt.ServerAtDecision.Node, Runbook: run.Attempt.ServerAtDecision.Runbook}}
	callCtx, cancel := awscall.HalfRemaining(ctx)
	defer cancel()
	if run.Reference == "" {
		s.Executions, s.ExecutionsErr = c.candidates(callCtx, run)
	} else {
		c.followReference(callCtx, run, &s)
	}
	if slices.ContainsFunc(s.Executions, func(e maintenance.Execution) bool { return e.State.Over() }) {
		c.refreshServer(ctx, &s.Server)
	}
	return s
}

// followReference reads the execution that the run has a reference to.
func (c *Client) followReference(ctx context.Context, run maintenance.Run, s *maintenance.Sighting) {
	op := "follow the execution " + run.Reference
	e, err := c.read(ctx, run.Reference)
	switch {
	case awscall.Code(err) == codeNoExecution:
		s.ExecutionsErr = &maintenance.Error{Op: op, Reason: maintenance.ReasonNotFound, Err: awscall.Plain(err)}
	case err != nil:
		s.ExecutionsErr = failure(op, err)
	default:
		seen := c.executionOf(e, run)
		seen.ID = run.Reference
		s.Executions = []maintenance.Execution{seen}
		if seen.State == maintenance.ExecutionUnknown {
			s.Warning = fmt.Sprintf("the execution %s has the status %.40q, which this version does not know and takes for unfinished",
				run.Reference, e.AutomationExecutionStatus)
		}
	}
}

// serviceClockSkew is how far the service's clock may be behind the function's.
const serviceClockSkew = 2 * time.Second

// candidates are the executions on the run's node that may be what it started: those since its claim, in any state, and those that go
// on. Two lists are read because neither has to be up to date: what one of them shows is there.
func (c *Client) candidates(ctx context.Context, run maintenance.Run) ([]maintenance.Execution, error) {
	runbook, since := run.Attempt.ServerAtDecision.Runbook, run.Attempt.Claimed.Add(-serviceClockSkew)
	all := c.list(ctx, runbook, types.AutomationExecutionFilter{
		Key:    types.AutomationExecutionFilterKeyStartTimeAfter, // whole seconds, and the moment itself may not be in it
		Values: []string{since.Add(-time.Second).UTC().Format(time.RFC3339)}})
	going := c.unfinished(ctx, runbook)
	err := all.err
	if err == nil {
		err = going.err
	}
	var found []maintenance.Execution
	for _, e := range append(all.onNode(run.Attempt.ServerAtDecision.Node), going.onNode(run.Attempt.ServerAtDecision.Node)...) {
		ours := e.RunID == run.ID || e.Started.IsZero() || !e.Started.Before(since)
		if !ours || slices.ContainsFunc(found, func(other maintenance.Execution) bool { return other.ID == e.ID }) {
			continue
		}
		read, readErr := c.read(ctx, e.ID)
		if readErr != nil {
			err = unreadable("read the execution "+e.ID, readErr)
			continue
		}
		seen := c.executionOf(read, run)
		seen.ID = e.ID
		found = append(found, seen)
	}
	return found, err
}

// executionOf is an execution as it was read.
func (c *Client) executionOf(e *types.AutomationExecution, run maintenance.Run) maintenance.Execution {
	given, began := parameters(e.Parameters), anyStepBegan(e.StepExecutions)
	seen := maintenance.Execution{
		ID: aws.ToString(e.AutomationExecutionId), RunID: given.runID(), TakesRunID: c.servers.takesRunID(aws.ToString(e.DocumentName), given),
		Started: aws.ToTime(e.ExecutionStartTime), Ended: aws.ToTime(e.ExecutionEndTime),
		State: stateOf(e.AutomationExecutionStatus, began), Began: began, Stopping: stopping(e.AutomationExecutionStatus),
		Step: stepOf(e), Detail: detailOf(e, c.servers.secrets(run, given)),
	}
	if node := run.Attempt.ServerAtDecision.Node; given.contains(node) {
		seen.Node = node
	}
	return seen
}

// refreshServer looks at the node for the message about the end. That it cannot be seen is no matter; another node's state is not this
// one's.
func (c *Client) refreshServer(ctx context.Context, server *maintenance.Server) {
	ctx, cancel := awscall.HalfRemaining(ctx)
	defer cancel()
	settings, ok := c.servers[server.Name]
	if !ok {
		return
	}
	if found, err := c.node(ctx, server.Name, settings); err == nil && found.Node == server.Node {
		found.Runbook = server.Runbook
		*server = found
	}
}
