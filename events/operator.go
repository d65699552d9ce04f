package events

import "time"

// Start is an operator's request for maintenance now. RunID, if set, is the run that is to start, and no other. One of ServerName and
// RunID is there, or both.
type Start struct {
	ServerName       string
	RunID            string
	EngineAttributes []EngineAttribute
	// Key makes the request one trigger however often it is sent; empty means every invocation is a trigger of its own.
	Key string
	// Override names the gates the operator wants left out, each once, in alphabetical order.
	Override []string
}

// The gates an operator may override in a Start.
const (
	OverrideWindow   = "window"
	OverrideCalendar = "calendar"
	OverrideHold     = "hold"
	OverrideOrder    = "order"
	OverrideBlocked  = "blocked"
)

// Overrides lists them all.
func Overrides() []string {
	return []string{OverrideWindow, OverrideCalendar, OverrideHold, OverrideOrder, OverrideBlocked}
}

// EngineAttribute is an engine attribute of StartMaintenance. Its value may be a secret, so it does not print.
type EngineAttribute struct {
	Name  string
	Value string `json:"-"`
}

// String gives the name alone; it covers the fmt verbs that would otherwise print the value.
func (a EngineAttribute) String() string { return a.Name + "=(redacted)" }

// GoString does the same for %#v.
func (a EngineAttribute) GoString() string { return a.String() }

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
