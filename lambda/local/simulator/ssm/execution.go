package ssm

import (
	"slices"
	"time"
)

// executionsMax is the service's default limit of concurrent executions.
const executionsMax = 100

// The status values (AutomationExecutionStatus) that have a meaning here.
const (
	executionInProgress = "InProgress"
	executionSuccess    = "Success"
	executionFailed     = "Failed"
	executionTimedOut   = "TimedOut"
	executionCancelling = "Cancelling"
	executionCancelled  = "Cancelled"
	executionPending    = "Pending"
)

// The model has the 19 values; which of them are ends is our reading of their names.
var (
	executionsGoOn = []string{
		executionPending, executionInProgress, "Waiting", executionCancelling, "PendingApproval", "Approved", "Scheduled",
		"RunbookInProgress", "PendingChangeCalendarOverride", "ChangeCalendarOverrideApproved",
	}
	executionsEnd = []string{
		executionSuccess, executionTimedOut, executionCancelled, executionFailed, "Rejected", "ChangeCalendarOverrideRejected",
		"CompletedWithSuccess", "CompletedWithFailure", "Exited",
	}
	executionStatuses = slices.Concat(executionsGoOn, executionsEnd)
)

// execution is one run of a runbook.
type execution struct {
	id, runbook, token, mode string
	version                  int
	parameters               map[string][]string
	tags                     map[string]string
	byHand                   bool // not begun by StartAutomationExecution

	status         string
	failure        string // why it ended so
	plan           []Step
	steps          []step
	current        int    // of steps
	begun          bool   // its first step has
	winding        bool   // it was cancelled, and is in what its onCancel named
	doom           string // why it will be Failed, whatever runs until then
	started, ended time.Time
	seen           []view // what it was, the latest last

	turn      int                 // counts what was arranged to happen by itself: what is not the latest is void
	cancel    func()              // of one that is carried out for real,
	outputs   map[string][]string // and what came of it
	forgotten bool
}

type step struct {
	Step
	id, status     string
	failure        string
	started, ended time.Time
}

func (s Step) pending(id string) step { return step{Step: s, id: id, status: executionPending} }

// ExecutionChange is one change of an execution's status.
type ExecutionChange struct {
	ID, Runbook string
	Node        string // the first node id among the parameters' values, or empty
	From, To    string // From is empty when the execution begins
	At          time.Time
}

func (e *execution) node() string { return nodeIn(e.parameters) }

// on says whether any parameter has the node as a value.
func (e *execution) on(node string) bool {
	for _, values := range e.parameters {
		if slices.Contains(values, node) {
			return true
		}
	}
	return false
}

// unarm voids what was arranged to happen to the execution by itself.
func (e *execution) unarm() { e.turn++ }

// enqueue expects the lock to be held. A real execution is Pending for a moment; ours is not, by our choice, unless there is a queue.
func (g *engine) enqueue(e *execution, plan []Step) {
	e.id, e.started, e.plan = g.source.UUID(), time.Now(), plan
	for _, step := range plan {
		e.steps = append(e.steps, step.pending(g.source.UUID()))
	}
	g.executions = append(g.executions, e)
	switch {
	case g.config.ByHand:
		g.move(e, executionPending)
	case g.config.QueueTime == 0:
		g.begin(e)
	default:
		g.move(e, executionPending)
		g.after(e, g.config.QueueTime)
	}
}

// begin lets the first step begin. The lock is held.
func (g *engine) begin(e *execution) {
	e.begun = true
	e.steps[0].status, e.steps[0].started = executionInProgress, time.Now()
	g.move(e, executionInProgress)
	if !g.forReal(e) {
		g.arm(e, e.shareUpTo(g.config.ExecutionTime, 1))
	}
}

// finish gives an execution its last status. The lock is held.
func (g *engine) finish(e *execution, status, failure string) {
	g.settle(e, status, failure, true)
	g.announce(e)
}

// settle expects the lock to be held. Nothing happens by itself any more.
func (g *engine) settle(e *execution, status, failure string, ended bool) {
	e.unarm()
	current := &e.steps[e.current]
	own := e.begun && (current.ended.IsZero() || current.ended.Equal(e.ended)) // it goes on, or ended with the execution
	shown := stepStatus(status)
	if failure == "" && (shown == executionFailed || shown == executionTimedOut) {
		failure = "The execution ended with the status " + status + "."
	}
	e.failure, e.ended = failure, time.Time{}
	if ended {
		e.ended = time.Now()
	}
	if own {
		current.status, current.failure, current.ended = shown, failure, e.ended
	}
	g.move(e, status)
}

// stepStatus is what the step that was the last to run shows. Steps have the same values as executions; which of them go
// together is our choice.
func stepStatus(execution string) string {
	switch execution {
	case executionFailed, "CompletedWithFailure", "Rejected", "ChangeCalendarOverrideRejected":
		return executionFailed
	case executionTimedOut, executionCancelled, executionCancelling, executionPending, executionInProgress, "Waiting":
		return execution
	case executionSuccess, "CompletedWithSuccess", "Exited":
		return executionSuccess
	}
	if slices.Contains(executionsGoOn, execution) {
		return executionInProgress
	}
	return executionSuccess
}

// move expects the lock to be held; what it tells waits until it is not.
func (g *engine) move(e *execution, status string) {
	change := ExecutionChange{ID: e.id, Runbook: e.runbook, Node: e.node(), From: e.status, To: status, At: time.Now()}
	e.status = status
	g.note(e)
	if change.From != status && g.config.OnStatus != nil {
		g.clock.Tell(func() { g.config.OnStatus(change) })
	}
}
