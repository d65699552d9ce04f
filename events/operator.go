package events

import (
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// Start is an operator's request for maintenance now. RunID, if set, is the run that is to start, and no other. One of ServerName and
// RunID is there, or both.
type Start struct {
	ServerName       string
	RunID            string
	EngineAttributes []maintenance.EngineAttribute
	// Key makes the request one trigger however often it is sent; empty means every invocation is a trigger of its own.
	Key string
	// Override names those of maintenance.Overrides that the operator wants left out, each once, in alphabetical order.
	Override []string
}

// Stop asks for a run to end: by its id or, from the keyboard, by its server's name.
type Stop struct{ ServerName, RunID string }

// Close asks for the record of a run to be given up.
type Close struct{ ServerName, RunID string }

// Approve lets a run go on that waits for approval.
type Approve struct{ ServerName, RunID string }

// Hold puts a brake on a server or, without a name, on the fleet. Until is zero if the operator named no time.
type Hold struct {
	ServerName string
	Until      time.Time
	Reason     string
}

// Release takes a brake away.
type Release struct{ ServerName string }

// Plan asks what would happen if maintenance of a server were asked for now.
type Plan struct{ ServerName string }

// History asks for the latest runs of a server.
type History struct{ ServerName string }

// Status asks how the fleet is.
type Status struct{}

func (Start) event()   {}
func (Stop) event()    {}
func (Close) event()   {}
func (Approve) event() {}
func (Hold) event()    {}
func (Release) event() {}
func (Plan) event()    {}
func (History) event() {}
func (Status) event()  {}

// FromOperator reports whether an event is an operator's request. It is accepted only through the function's alias for operators,
// and every other event only on the function itself.
func FromOperator(e Event) bool {
	switch e.(type) {
	case Start, Stop, Close, Approve, Hold, Release, Plan, History, Status:
		return true
	default:
		return false
	}
}
