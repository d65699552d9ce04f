package notify

import (
	"fmt"

	"opsworks-maintenance/lambda/maintenance"
)

// Summary is what happened, in one sentence: the first line of every message and the message of the function's response.
func Summary(report maintenance.Report) string { return summary(tidy(report)) }

// Answer is the summary with what whoever asked has to know besides: what exactly is wrong, and when it may start.
func Answer(report maintenance.Report) string {
	r := tidy(report)
	answer := summary(r)
	if r.Detail != "" && (r.Outcome == maintenance.Refused || r.Outcome == maintenance.Errored) {
		answer += " " + r.Detail + "."
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
		return fmt.Sprintf("%s was not started: %s.", of, why(r))
	case maintenance.Errored:
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
		return "there is no such server"
	case maintenance.WrongState:
		if r.Server.Status == "" {
			return "the server was not in a state to start from"
		}
		return fmt.Sprintf("the server is %s", r.Server.Status)
	case maintenance.OutsideWindow:
		return "it is outside the server's maintenance window"
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
	case maintenance.ClosedByHand:
		return "a person closed the run"
	case maintenance.Denied:
		return "the function's role is not allowed to"
	case maintenance.Throttled:
		return "the service asked to be called less often"
	case maintenance.Unavailable:
		return "the service did not answer, or answered with an internal error"
	case maintenance.StartUnconfirmed:
		return "the answer to StartMaintenance was lost, and the server's state does not tell"
	default:
		return "something unexpected happened"
	}
}

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

// nextSteps is what a person can do about it, down to what to type.
func nextSteps(r maintenance.Report, f Function) []string {
	look := fmt.Sprintf("Look at the server: aws opsworks-cm describe-servers --server-name %s --region %s%s (an AWS CLI from before August 2025 has it)",
		r.Request.ServerName, f.Region, endpointFlag(f))
	ask := "Ask by hand: " + invoke(f, fmt.Sprintf(`{"start":{"serverName":"%s"}}`, r.Request.ServerName))
	override := "To start it now all the same: " + invoke(f, fmt.Sprintf(`{"start":{"serverName":"%s","override":["window"]}}`, r.Request.ServerName))
	if r.Request.Cause.Kind == maintenance.CauseManual { // whose request may hold more than a name
		ask = "Send the request again when that is done."
		override = "To start it now all the same, send the request with \"override\": [\"window\"]."
	}

	var steps []string
	switch r.Outcome {
	case maintenance.Started:
		return []string{"Nothing. The server is offline while it is maintained. You are told how it ends."}
	case maintenance.Waiting:
		steps = []string{"Nothing. It is tried every minute, and you are told when it has started or was given up."}
		if r.Reason == maintenance.OutsideWindow {
			steps = append(steps, override)
		}
		return steps
	case maintenance.Succeeded, maintenance.InProgress:
		return nil
	case maintenance.Ended:
		if r.Reason == maintenance.ClosedByHand {
			return []string{"The server is free for the next run. What goes on at the server goes on."}
		}
		return append([]string{look, "See Detail for what the service recorded, and correct the cause.", ask}, alarmStays(r)...)
	case maintenance.Overdue:
		return []string{look, "It is still followed, and its end will be told. To stop following it and free the server: " + invoke(f, fmt.Sprintf(`{"close":{"runId":"%s"}}`, r.RunID))}
	case maintenance.Missed:
		return append([]string{look, ask}, alarmStays(r)...)
	}
	switch r.Reason {
	case maintenance.InvalidEvent, maintenance.ForeignEvent:
		return []string{"Find what sends this event to the function and correct or remove it. It is not tried again."}
	case maintenance.InvalidRequest:
		return []string{"Correct the request as Detail says and send it again."}
	case maintenance.NoServer, maintenance.Ambiguous:
		if r.Request.Cause.Kind == maintenance.CauseSchedule {
			return []string{"Make the rules and schedules of the servers' settings and the event's own serverNames agree, and deploy."}
		}
		steps = []string{"Make the settings, the alarm's tag maintenance-server and its dimension ServerName name one server, and the same one."}
		return append(steps, alarmStays(r)...)
	case maintenance.NotAllowed:
		steps = []string{"If it should be maintained, add it to \"servers\" in the settings and deploy."}
		return append(steps, alarmStays(r)...)
	case maintenance.Disabled:
		steps = []string{"If it should be maintained, remove \"enabled\": false from its settings and deploy."}
	case maintenance.Unsupported:
		if r.Server.Backend == "" {
			return nil
		}
		return []string{"Give the server another backend in the settings and deploy."}
	case maintenance.NotFound:
		steps = []string{"Check the name in the settings, and the Region and endpoint the function asks."}
	case maintenance.WrongState:
		steps = []string{look, "Maintenance can start when the server is HEALTHY or UNHEALTHY."}
	case maintenance.OutsideWindow:
		return append([]string{override}, alarmStays(r)...)
	case maintenance.Denied:
		steps = []string{"Allow the function's role opsworks-cm:DescribeServers and opsworks-cm:StartMaintenance on the server."}
	case maintenance.Throttled, maintenance.Unavailable:
		if r.Request.Cause.Kind == maintenance.CauseManual {
			return []string{"Send the request again a little later."}
		}
	case maintenance.StartUnconfirmed:
		return []string{look, "The server stays reserved for this run, which is looked into every minute. If you know that nothing started, close it: " +
			invoke(f, fmt.Sprintf(`{"close":{"runId":"%s"}}`, r.RunID))}
	case maintenance.LedgerUnavailable:
		if r.Request.Cause.Kind == maintenance.CauseManual {
			return []string{"Send the request again a little later."}
		}
		steps = []string{"Look at the table of runs. Lambda tries an event up to three times, and each try is told: after the third nothing tries again."}
	case maintenance.CoolingDown, maintenance.DailyLimit:
	case maintenance.Unexpected:
		if r.Request.Cause.Kind == maintenance.CauseManual {
			return []string{"See Detail and the function's log, and look at the server before you ask again."}
		}
		steps = []string{"See Detail, and the function's log."}
	}
	return append(append(steps, ask), alarmStays(r)...)
}

// alarmStays is the one thing about alarms that surprises everybody.
func alarmStays(r maintenance.Report) []string {
	if r.Request.Cause.Kind != maintenance.CauseAlarm {
		return nil
	}
	return []string{"An alarm that stays in ALARM does not ask again: it asks when it goes into ALARM the next time."}
}

func endpointFlag(f Function) string {
	if f.Endpoint == "" {
		return ""
	}
	return " --endpoint-url " + f.Endpoint
}

// invoke is the command that sends the function a payload.
func invoke(f Function, payload string) string {
	return fmt.Sprintf("aws lambda invoke --function-name %s --region %s --cli-binary-format raw-in-base64-out --payload '%s' /dev/stdout", f.Name, f.Region, payload)
}
