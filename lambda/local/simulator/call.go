package simulator

import (
	"slices"
	"time"
)

// callsKept bounds the memory of a simulator that serves for days.
const callsKept = 10_000

// Call is one request as it arrived, whatever became of it.
type Call struct {
	Operation  string // as named by X-Amz-Target, known or not
	Server     string
	Attributes []string // names of engine attributes; their values are secrets and are not kept
	At         time.Time
	Status     int // HTTP status answered; 0: none (yet)
}

// Calls returns the calls so far, oldest first.
func (s *OpsWorksCM) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := make([]Call, 0, len(s.calls))
	for _, call := range s.calls {
		copied := *call
		copied.Attributes = slices.Clone(call.Attributes)
		calls = append(calls, copied)
	}
	return calls
}

// record notes a call as it arrives: one that hangs is seen too. Members of a wrong type are left out.
func (s *OpsWorksCM) record(operation string, in members) *Call {
	call := &Call{Operation: operation, At: time.Now()}
	if name, err := in.text("ServerName"); err == nil && name != nil {
		call.Server = *name
	}
	attributes, _ := in.attributes()
	for _, given := range attributes {
		if given.Name != nil {
			call.Attributes = append(call.Attributes, *given.Name)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.calls) == callsKept {
		s.calls = slices.Delete(s.calls, 0, callsKept/10)
	}
	s.calls = append(s.calls, call)
	return call
}

func (s *OpsWorksCM) answered(call *Call, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	call.Status = status
}
