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

// Approve lets a run go on that waits for approval. By is what the operator calls themselves: a payload carries no identity.
type Approve struct{ ServerName, RunID, By string }

// Hold puts a brake on a server or, without a name, on the fleet. Until is zero if the operator named no time.
type Hold struct {
	ServerName string
	Until      time.Time
	Reason     string
	By         string
}

// Release takes a brake away, of a server or, without a name, of the fleet. Until, if set, is the end of the hold that is meant, and of no
// other.
type Release struct {
	ServerName string
	Until      time.Time
	By         string
}

// Plan asks what would happen if maintenance of a server were asked for now.
type Plan struct{ ServerName string }

// History asks for the latest runs of a server.
type History struct{ ServerName string }

// Status asks how the fleet is.
type Status struct{}

// OperatorRequest is an event that an operator sends. It is accepted only through the function's alias for operators, and every other
// event only on the function itself.
type OperatorRequest interface {
	Event
	// Target is the server or the run that the request names; both are empty where it is about the fleet.
	Target() (serverName, runID string)
}

func (Start) Kind() string   { return "start" }
func (Stop) Kind() string    { return "stop" }
func (Close) Kind() string   { return "close" }
func (Approve) Kind() string { return "approve" }
func (Hold) Kind() string    { return "hold" }
func (Release) Kind() string { return "release" }
func (Plan) Kind() string    { return "plan" }
func (History) Kind() string { return "history" }
func (Status) Kind() string  { return "status" }

func (s Start) Target() (serverName, runID string)   { return s.ServerName, s.RunID }
func (s Stop) Target() (serverName, runID string)    { return s.ServerName, s.RunID }
func (c Close) Target() (serverName, runID string)   { return c.ServerName, c.RunID }
func (a Approve) Target() (serverName, runID string) { return a.ServerName, a.RunID }
func (h Hold) Target() (serverName, runID string)    { return h.ServerName, "" }
func (r Release) Target() (serverName, runID string) { return r.ServerName, "" }
func (p Plan) Target() (serverName, runID string)    { return p.ServerName, "" }
func (h History) Target() (serverName, runID string) { return h.ServerName, "" }
func (Status) Target() (serverName, runID string)    { return "", "" }

// FromOperator reports whether an event is an operator's request.
func FromOperator(e Event) bool {
	_, ok := e.(OperatorRequest)
	return ok
}
