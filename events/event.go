// Package events says what may wake the function: every payload it accepts as a Go type, and Decode, which tells them apart.
//
// A payload is read in two phases, first what it claims to be, then its detail. After Decode no code sees JSON: times are
// times, names are strings that were there, and a payload that asks for nothing is a value of its own, never an error.
package events

import (
	"fmt"
	"time"
)

// Event is one thing that may wake the function: what Decode makes of a payload.
type Event interface {
	// Kind is the event's name in logs and texts: of our own forms, the field that they are recognised by.
	Kind() string
}

// Origin is the account and the Region an event comes from. It is empty where the payload does not say, as in an operator's request.
type Origin struct {
	Account string
	Region  string
}

// Alarm is an alarm that asks for maintenance: it went into ALARM and nothing holds its actions back. An alarm event that does not
// ask is Cleared or Ignored.
type Alarm struct {
	// Origin is empty for an alarm that is not CloudWatch's.
	Origin Origin
	// ID is the ARN of CloudWatch's alarm, and what else tells other monitoring's alarms apart.
	ID   string
	Name string
	// At is the time of the state change, which with ID identifies it, by every path and however often it is delivered.
	At     time.Time
	Reason string
	// Contributor is the id of the time series that changed state, for alarms that watch several; otherwise empty.
	Contributor string
	// New is true for the first evaluation of an alarm that was just made.
	New bool
	// Tagged is the value of the alarm's tag maintenance.TagKey, if its tags came with the event and are complete.
	Tagged string
	// Dimensions are the values of the dimension named DimensionName in the alarm's own metrics, each once. Elsewhere are the
	// accounts and Regions whose metrics had one that does not count: it names a server of theirs.
	Dimensions []string
	Elsewhere  []string
	// ServerName is the server that our own form of an alarm says it is about.
	ServerName string
	// Shared is true for an alarm that came by SNS or in our own form, with which anybody's may come: one that is about no server in the
	// settings is no mistake.
	Shared bool
}

// Alarms are those of one event that is about several: each is an Alarm, a Cleared or an Ignored.
type Alarms []Event

// Cleared is an alarm that has returned to OK, whether or not something holds its actions back.
type Cleared Alarm

// DimensionName is the metric dimension (or contributor attribute) that names the server an alarm is about.
const DimensionName = "ServerName"

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
	// What says which event it was, in words fit for a log: "CloudWatch Alarm State Change of ServerCpuTooHigh: INSUFFICIENT_DATA".
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
	ActionsDisabled     = "actions-disabled"
)

// Reasons lists them all, in the order of the README.
func Reasons() []string {
	return []string{UnknownEvent, ConfigurationChange, NotInAlarm, StillInAlarm, Suppressed, Muted, ActionsDisabled}
}

func (Alarm) Kind() string       { return "alarm" }
func (Cleared) Kind() string     { return "alarm-cleared" }
func (Alarms) Kind() string      { return "alarms" }
func (Schedule) Kind() string    { return "schedule" }
func (RunFinished) Kind() string { return "run-finished" }
func (Sweep) Kind() string       { return "sweep" }
func (Ignored) Kind() string     { return "ignored" }

// InvalidError is a payload that claims to be one of the accepted ones and cannot be read as it. Repeating it cannot help.
type InvalidError struct {
	// Form is what the payload claims to be: "JSON", "CloudWatch Alarm State Change", "start".
	Form string
	// Ours is true for the forms that operators and our own schedules write, false for what AWS services send.
	Ours bool
	// Source says what sent it, as far as that can be read: "JSON", "schedule weekly",
	// "aws.cloudwatch, CloudWatch Alarm State Change, arn:aws:cloudwatch:…".
	Source  string
	Problem string
}

func (e *InvalidError) Error() string { return fmt.Sprintf("read %s: %s", e.Form, e.Problem) }
