package simulator

import (
	"slices"
	"time"
)

// callsKept bounds the memory of a simulator that serves for days.
const callsKept = 10_000

// Call is one request as it arrived, whatever became of it.
type Call struct {
	Operation  string   // as named by X-Amz-Target, known or not
	Server     string   // OpsWorks CM: the server's name. Systems Manager: the node's id, or else the value of the tag it is asked by
	Attributes []string // names of engine attributes or runbook parameters; values can be secrets and are not kept
	At         time.Time
	Status     int // HTTP status answered; 0: none (yet)
}

// Calls returns the calls so far, oldest first.
func (f *Front) Calls() []Call {
	f.guard.Lock()
	defer f.guard.Unlock()
	calls := make([]Call, 0, len(f.calls))
	for _, call := range f.calls {
		copied := *call
		copied.Attributes = slices.Clone(call.Attributes)
		calls = append(calls, copied)
	}
	return calls
}

// record notes a call as it arrives: one that hangs is seen too. Members of a wrong type are left out.
func (f *Front) record(operation string, in Members) *Call {
	call := &Call{Operation: operation, At: time.Now()}
	call.Server, call.Attributes = f.api.Subject(in)
	f.guard.Lock()
	defer f.guard.Unlock()
	if len(f.calls) == callsKept {
		f.calls = slices.Delete(f.calls, 0, callsKept/10)
	}
	f.calls = append(f.calls, call)
	return call
}

func (f *Front) answered(call *Call, status int) {
	f.guard.Lock()
	defer f.guard.Unlock()
	call.Status = status
}
