// Package events says what may wake the function: every payload it accepts as a Go type, and Decode, which tells them apart.
//
// A payload is read in two phases, first what it claims to be, then its detail. After Decode no code sees JSON: times are
// times, names are strings that were there, and a payload that asks for nothing is a value of its own, never an error.
package events

import (
	"fmt"
	"time"
)

// Event is one of Alarm, Schedule, Start, Plan, History, Stop, Close, RunFinished, Sweep and Ignored.
type Event interface{ event() }

// Origin is the account and the Region an event comes from. It is empty where the payload does not say, as in a person's request.
type Origin struct {
	Account string
	Region  string
}

// Alarm is a CloudWatch alarm that asks for maintenance: it went into ALARM and nothing holds its actions back. An alarm
// event that does not ask is Ignored.
type Alarm struct {
	Origin Origin
	ARN    string
	Name   string
	// At is the time of the state change, which with ARN identifies it, by whatever path and however often it is delivered.
	At     time.Time
	Reason string
	// Contributor is the id of the time series that went into ALARM, for alarms that watch several; otherwise empty.
	Contributor string
	// Tagged is the value of the alarm's tag TagKey, if its tags came with the event and are complete.
	Tagged string
	// Dimensions are the values of the dimension named DimensionName in the alarm's metrics, each once.
	Dimensions []string
}

// TagKey is the alarm tag, and DimensionName the metric dimension (or contributor attribute), that names the server an alarm is about.
const (
	TagKey        = "maintenance-server"
	DimensionName = "ServerName"
)

// Schedule is the clock asking: an EventBridge rule on a schedule, an EventBridge Scheduler schedule without input, or a
// schedule of our own, which brings its servers' names along.
type Schedule struct {
	Origin Origin
	// ARN is empty for a schedule of our own.
	ARN string
	// Name is the name of the rule or schedule, without the schedule group.
	Name string
	// Rule tells an EventBridge rule from an EventBridge Scheduler schedule: each has names of its own.
	Rule        bool
	At          time.Time
	ServerNames []string
}

// Start is a person's request: now or not at all.
type Start struct {
	ServerName       string
	EngineAttributes []EngineAttribute
	// Key makes the request one cause however often it is sent; empty means every invocation is a cause of its own.
	Key string
	// Override names the gates the person wants left out: OverrideCooldown, OverrideWindow, OverrideDailyLimit, OverrideCalendar.
	Override []string
}

// The gates a person may override in a Start.
const (
	OverrideCooldown   = "cooldown"
	OverrideWindow     = "window"
	OverrideDailyLimit = "daily-limit"
	OverrideCalendar   = "calendar"
)

// EngineAttribute is an engine attribute of StartMaintenance. Its value may be a secret, so it does not print.
type EngineAttribute struct {
	Name  string
	Value string `json:"-"`
}

// String gives the name alone; it covers the fmt verbs that would otherwise print the value.
func (a EngineAttribute) String() string { return a.Name + "=(redacted)" }

// GoString does the same for %#v.
func (a EngineAttribute) GoString() string { return a.String() }

// Plan asks what would happen if maintenance of a server were asked for now.
type Plan struct{ ServerName string }

// History asks for the latest runs of a server.
type History struct{ ServerName string }

// Stop asks for a server's run to be stopped where its backend can.
type Stop struct{ ServerName string }

// Close asks for a run that will not end by itself to be closed.
type Close struct{ RunID string }

// RunFinished is the Systems Manager event that an automation execution has a new status.
type RunFinished struct {
	Origin      Origin
	ExecutionID string
	Status      string
	At          time.Time
}

// Sweep is the clock of the function itself.
type Sweep struct{}

// Ignored is an event that asks for nothing.
type Ignored struct {
	Reason string
	// What says which event it was, in words fit for a log: "CloudWatch Alarm State Change of ServerCpuTooHigh: OK".
	What string
}

// Why an event asks for nothing.
const (
	UnknownEvent        = "unknown-event"
	ConfigurationChange = "configuration-change"
	NotInAlarm          = "not-in-alarm"
	StillInAlarm        = "still-in-alarm"
	Suppressed          = "suppressed"
	Muted               = "muted"
)

func (Alarm) event()       {}
func (Schedule) event()    {}
func (Start) event()       {}
func (Plan) event()        {}
func (History) event()     {}
func (Stop) event()        {}
func (Close) event()       {}
func (RunFinished) event() {}
func (Sweep) event()       {}
func (Ignored) event()     {}

// InvalidError is a payload that claims to be one of the accepted ones and cannot be read as it. Repeating it cannot help.
type InvalidError struct {
	// Form is what the payload claims to be: "JSON", "CloudWatch Alarm State Change", "start".
	Form string
	// Ours is true for the forms that people and our own schedules write, false for what AWS services send.
	Ours    bool
	Problem string
}

func (e *InvalidError) Error() string { return fmt.Sprintf("read %s: %s", e.Form, e.Problem) }
