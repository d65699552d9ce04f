package simulator

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
	steps          []step
	current        int // of steps
	started, ended time.Time

	timer     *time.Timer         // nil: nothing happens by itself
	overdue   bool                // something would have happened, but the node hangs
	cancel    func()              // of one that is carried out for real,
	outputs   map[string][]string // and what came of it
	forgotten bool
	early     bool // its event is delivered by who started it,
	event     []byte
}

type step struct {
	name, id, status string
	failure          string
	started, ended   time.Time
}

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

func (e *execution) stopTimer() {
	if e.timer != nil {
		e.timer.Stop()
	}
	e.timer = nil
}

// begin expects the lock to be held. A real execution is Pending for a moment; ours is not, by our choice.
func (s *SSM) begin(e *execution, steps []string) {
	e.id, e.started = newUUID(), time.Now()
	for _, name := range steps {
		e.steps = append(e.steps, step{name: name, id: newUUID(), status: executionPending})
	}
	e.steps[0].status, e.steps[0].started = executionInProgress, e.started
	s.executions = append(s.executions, e)
	s.move(e, executionInProgress)
	if !s.forReal(e) {
		s.arm(e, s.shareUpTo(e, 1))
	}
}

// shareUpTo is how much of the execution's time its first steps take together.
func (s *SSM) shareUpTo(e *execution, steps int) time.Duration {
	return time.Duration(float64(s.config.ExecutionTime) * (float64(steps) / float64(len(e.steps))))
}

// arm lets the execution go on after a while, if executions do by themselves. The lock is held.
func (s *SSM) arm(e *execution, after time.Duration) {
	e.stopTimer()
	e.overdue = false
	if s.config.ExecutionTime == 0 || s.ended() {
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(after, func() {
		defer s.out.deliver()
		s.mu.Lock()
		defer s.mu.Unlock()
		if e.timer != timer { // it fired while somebody ended or changed this very execution
			return
		}
		e.timer = nil
		if e.overdue = s.hangs(e); !e.overdue {
			s.advance(e)
		}
	})
	e.timer = timer
}

// advance ends the current step and begins the next, or ends the execution. The lock is held.
func (s *SSM) advance(e *execution) {
	current := &e.steps[e.current]
	if e.status == executionCancelling {
		s.finish(e, executionCancelled, "")
		return
	}
	if message := s.failureOf(e, current.name); message != "" {
		s.finish(e, executionFailed, "Step "+current.name+" failed while its action was carried out. "+message)
		return
	}
	if e.current == len(e.steps)-1 {
		s.finish(e, s.endOf(e), "")
		return
	}
	now := time.Now()
	current.status, current.ended = executionSuccess, now
	e.current++
	e.steps[e.current].status, e.steps[e.current].started = executionInProgress, now
	s.arm(e, s.shareUpTo(e, e.current+1)-s.shareUpTo(e, e.current))
}

// complete brings the execution to its end now. One that is to end with a status that is no end keeps that status. The lock is
// held.
func (s *SSM) complete(e *execution) {
	for e.ended.IsZero() {
		before := e.current
		s.advance(e)
		if e.current == before {
			break
		}
	}
	e.stopTimer()
}

// finish gives an execution its last status. One that is no end, such as Waiting, is kept until somebody does something. An
// unknown word counts as an end. The lock is held.
func (s *SSM) finish(e *execution, status, failure string) {
	s.settle(e, status, failure, !slices.Contains(executionsGoOn, status))
	if !e.ended.IsZero() {
		s.announce(e)
	}
}

// settle expects the lock to be held. Nothing happens by itself any more.
func (s *SSM) settle(e *execution, status, failure string, ended bool) {
	e.stopTimer()
	e.overdue = false
	current := &e.steps[e.current]
	current.status = stepStatus(status)
	if failure == "" && (current.status == executionFailed || current.status == executionTimedOut) {
		failure = "The execution ended with the status " + status + "."
	}
	e.failure, current.failure = failure, failure
	e.ended = time.Time{}
	if ended {
		e.ended = time.Now()
	}
	current.ended = e.ended
	s.move(e, status)
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

// move expects the lock to be held; its caller delivers after releasing it.
func (s *SSM) move(e *execution, status string) {
	change := ExecutionChange{ID: e.id, Runbook: e.runbook, Node: e.node(), From: e.status, To: status, At: time.Now()}
	e.status = status
	if change.From != status && s.config.OnStatus != nil {
		s.out.add(func() { s.config.OnStatus(change) })
	}
}
