package notify

import (
	"fmt"
	"strings"

	"opsworks-maintenance/lambda/maintenance"
)

// Summary is what happened, in one sentence: the first line of every message and the message of the function's response.
func Summary(report maintenance.Report) string { return summary(tidy(report)) }

// Answer is the summary with what whoever asked has to know besides: what exactly is wrong, and when it may start.
func Answer(report maintenance.Report) string {
	r := tidy(report)
	answer := summary(r)
	if r.Detail != "" && (r.Outcome == maintenance.Refused || r.Outcome == maintenance.Errored) {
		answer += " " + strings.TrimRight(r.Detail, ".") + "."
	}
	if !r.Until.IsZero() {
		answer += " It may start at " + when(r.Until, r.Location) + "."
	}
	return answer
}

func summary(r maintenance.Report) string {
	of := "Maintenance"
	if r.Request.ServerName != "" {
		of = "Maintenance of " + r.Request.ServerName
	}
	switch r.Outcome {
	case maintenance.Started:
		return of + " has started."
	case maintenance.Waiting:
		return fmt.Sprintf("%s may not start yet: %s.", of, why(r))
	case maintenance.InProgress:
		switch r.Reason {
		case maintenance.Stopping:
			return of + " is being stopped."
		case maintenance.UnknownStatus:
			return of + " goes on, with a status this version does not know."
		}
		return of + " was not started: the server is under maintenance already."
	case maintenance.Succeeded:
		return of + " has succeeded."
	case maintenance.Ended:
		if r.Reason == "" {
			return of + " has failed."
		}
		return fmt.Sprintf("%s has failed: %s.", of, why(r))
	case maintenance.Overdue:
		return of + " should be over by now and goes on."
	case maintenance.Missed:
		if r.Reason == maintenance.NoSuccess {
			return fmt.Sprintf("%s has not succeeded for longer than it should.", of)
		}
		return fmt.Sprintf("%s was given up: until its patience ended, %s.", of, why(r))
	case maintenance.Refused:
		if r.Stop {
			return fmt.Sprintf("%s was not stopped: %s.", of, why(r))
		}
		return fmt.Sprintf("%s was not started: %s.", of, why(r))
	case maintenance.Errored:
		if r.Stop {
			return fmt.Sprintf("%s could not be stopped: %s.", of, why(r))
		}
		if r.Reason == maintenance.StartUnconfirmed {
			return fmt.Sprintf("%s may or may not have started: %s.", of, why(r))
		}
		return fmt.Sprintf("%s could not be started: %s.", of, why(r))
	case maintenance.Ignored:
		return fmt.Sprintf("The event asks for nothing: %s.", r.Detail)
	default:
		return fmt.Sprintf("%s: %s %s.", of, r.Outcome, r.Reason)
	}
}

// why says a reason in words.
func why(r maintenance.Report) string {
	switch r.Reason {
	case maintenance.InvalidEvent:
		return "the event cannot be read"
	case maintenance.InvalidRequest:
		return "the request cannot be carried out as it is"
	case maintenance.ForeignEvent:
		return "the event comes from another account or Region than the function's"
	case maintenance.NoServer:
		return "nothing says which server the event is about"
	case maintenance.Ambiguous:
		if ofSSM(r) {
			return "several managed nodes claim to be it"
		}
		return "what names the server does not agree"
	case maintenance.NotAllowed:
		return "the server is not in the settings"
	case maintenance.Disabled:
		return "maintenance of the server is disabled in the settings"
	case maintenance.Unsupported:
		if r.Server.Backend == "" {
			return "its backend cannot do that"
		}
		return fmt.Sprintf("this version has no backend %q", r.Server.Backend)
	case maintenance.Stale:
		return "the request is too old, or dated in the future"
	case maintenance.NotFound:
		if ofSSM(r) {
			return "no managed node is to be found for it"
		}
		return "there is no such server"
	case maintenance.WrongState:
		if r.Server.Status == "" {
			return "the server was not in a state to start from"
		}
		return fmt.Sprintf("the server is %s", r.Server.Status)
	case maintenance.OutsideWindow:
		return "it is outside the server's maintenance window"
	case maintenance.CalendarClosed:
		return "a change calendar is closed, or cannot be read"
	case maintenance.NotRunning:
		return "nothing runs that could be stopped"
	case maintenance.Duplicate:
		return "it was asked for before, by the same cause"
	case maintenance.CoolingDown:
		return "the server's last maintenance ended too short a time ago"
	case maintenance.DailyLimit:
		return "alarms have started it often enough for today"
	case maintenance.FleetBusy:
		return "as many servers are under maintenance as may be at the same time"
	case maintenance.LedgerUnavailable:
		return "the ledger of runs cannot be reached, and without it nothing is started"
	case maintenance.NeverBegan:
		return "it was accepted and nothing shows that it ever began"
	case maintenance.ServerGone:
		return "the server is gone"
	case maintenance.ExecutionGone:
		return "Systems Manager no longer knows the execution, so nobody can tell how it ended"
	case maintenance.ClosedByHand:
		return "a person closed the run"
	case maintenance.Denied:
		return "the function's role is not allowed to"
	case maintenance.Throttled:
		return "the service asked to be called less often"
	case maintenance.Unavailable:
		return "the service did not answer, or answered with an internal error"
	case maintenance.StartUnconfirmed:
		if ofSSM(r) {
			return "the answer to StartAutomationExecution was lost, and no execution is listed"
		}
		return "the answer to StartMaintenance was lost, and the server's state does not tell"
	case maintenance.RunbookUnusable:
		return "its runbook cannot be started as the settings have it"
	default:
		return "something unexpected happened"
	}
}

// ofSSM reports whether the server is one of Systems Manager.
func ofSSM(r maintenance.Report) bool { return r.Server.Backend == "ssm" }

// Planned is what would happen, in one sentence.
func Planned(report maintenance.Report) string {
	r := tidy(report)
	switch r.Outcome {
	case maintenance.Started:
		return "It would start now."
	case maintenance.Waiting:
		return fmt.Sprintf("It would wait: %s.", why(r))
	case maintenance.InProgress:
		return "Nothing would start: the server is under maintenance already, or held by a run."
	default:
		return fmt.Sprintf("It would not start: %s.", why(r))
	}
}
