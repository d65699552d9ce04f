package function

import (
	"errors"
	"fmt"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/maintenance"
)

// unreadable is the refusal of a payload that could not be decoded. Its source keeps what two senders send apart.
func (in invocation) unreadable(err error) maintenance.Refusal {
	refusal := maintenance.Refusal{Reason: maintenance.ReasonInvalidEvent, Trigger: maintenance.Trigger{Time: in.Now},
		Detail: err.Error()}
	var invalid *events.InvalidError
	if errors.As(err, &invalid) {
		refusal.Source = invalid.Source
		if invalid.Ours {
			refusal.Reason = maintenance.ReasonInvalidRequest
		}
	}
	if in.Entrance == AliasOperators {
		refusal.Trigger = in.manual("")
	}
	return refusal
}

// refuse is the refusal of a trigger. A name that is none stays out of it: nothing is kept under it.
func (in invocation) refuse(t maintenance.Trigger, source, serverName string, reason maintenance.Reason,
	detail string) maintenance.Refusal {
	if !maintenance.ValidServerName(serverName) {
		serverName = ""
	}
	refusal := maintenance.Refusal{Reason: reason, ServerName: serverName, Trigger: t, Detail: detail, Source: source}
	if t.Kind == maintenance.TriggerAlarm || t.Kind == maintenance.TriggerSchedule {
		refusal.Key = t.Key(serverName)
	}
	return refusal
}

func (in invocation) foreign(o events.Origin) string {
	return fmt.Sprintf("the event is of account %.40q in Region %.40q, the function of account %q in %q", o.Account, o.Region,
		in.Self.Account, in.Self.Region)
}

func noServerName(name string) string {
	return fmt.Sprintf("%.80q is not a server name: 1 to 40 letters, digits and hyphens, a letter first", name)
}

// wrongName is the refusal of an operator's request whose server's name is none.
func (in invocation) wrongName(request events.OperatorRequest) (maintenance.Refusal, bool) {
	name, _ := request.Target()
	if name == "" || maintenance.ValidServerName(name) {
		return maintenance.Refusal{}, false
	}
	return in.refuse(in.manual(""), request.Kind(), "", maintenance.ReasonInvalidRequest, noServerName(name)), true
}

// ignored and failed are reports of which no record is kept: nothing was asked for, or the sweep comes again.

func (in invocation) ignored(reason maintenance.Reason, what string) maintenance.Report {
	return maintenance.Report{Outcome: maintenance.OutcomeIgnored, Reason: reason, Detail: what, At: in.Now, Count: true}
}

func (in invocation) failed(reason maintenance.Reason, detail string) maintenance.Report {
	return maintenance.Report{Outcome: maintenance.OutcomeError, Reason: reason, Detail: detail, At: in.Now, Count: true}
}
