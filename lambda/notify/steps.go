package notify

import (
	"fmt"
	"strings"

	"opsworks-maintenance/lambda/maintenance"
)

// nextSteps is what a person can do about it, down to what to type.
func nextSteps(r maintenance.Report, f Function) []string {
	look := lookAt(r, f)
	ask := "Ask by hand: " + invoke(f, fmt.Sprintf(`{"start":{"serverName":"%s"}}`, r.Request.ServerName))
	gate := "window"
	if r.Reason == maintenance.CalendarClosed {
		gate = "calendar"
	}
	override := "To start it now all the same: " + invoke(f, fmt.Sprintf(`{"start":{"serverName":"%s","override":["%s"]}}`, r.Request.ServerName, gate))
	if r.Request.Cause.Kind == maintenance.CauseManual { // whose request may hold more than a name
		ask = "Send the request again when that is done."
		override = fmt.Sprintf("To start it now all the same, send the request with \"override\": [%q].", gate)
	}

	var steps []string
	switch r.Outcome {
	case maintenance.Started:
		return []string{"Nothing. The server is offline while it is maintained. You are told how it ends."}
	case maintenance.Waiting:
		steps = []string{"Nothing. It is tried every minute, and you are told when it has started or was given up."}
		if r.Reason == maintenance.OutsideWindow || r.Reason == maintenance.CalendarClosed {
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
		if ofSSM(r) {
			return append([]string{"Leave the tag on one node, the right one.", ask}, alarmStays(r)...)
		}
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
		if r.Stop {
			return nil
		}
		return []string{"Give the server another backend in the settings and deploy."}
	case maintenance.NotFound:
		steps = []string{"Check the name in the settings, and the Region and endpoint the function asks."}
		if ofSSM(r) {
			steps = []string{look, "Give one node the tag that Detail names, and see that it runs and its SSM Agent answers."}
		}
	case maintenance.WrongState:
		steps = []string{look, "Maintenance can start when the server is HEALTHY or UNHEALTHY."}
		if ofSSM(r) {
			steps = []string{look, "Maintenance can start when the node's SSM Agent is online."}
		}
	case maintenance.OutsideWindow, maintenance.CalendarClosed:
		return append([]string{override}, alarmStays(r)...)
	case maintenance.Denied:
		steps = []string{"Allow the function's role opsworks-cm:DescribeServers and opsworks-cm:StartMaintenance on the server."}
		if ofSSM(r) {
			steps = []string{"Allow the function's role what Detail says it was denied; the README lists all that it needs, iam:PassRole for the runbook's role included."}
		}
	case maintenance.RunbookUnusable:
		steps = []string{"Correct the server's runbook, its version or its parameters in the settings as Detail says, and deploy."}
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

// lookAt is the command that shows how things stand.
func lookAt(r maintenance.Report, f Function) string {
	switch {
	case !ofSSM(r):
		return fmt.Sprintf("Look at the server: aws opsworks-cm describe-servers --server-name %s --region %s%s (an AWS CLI from before August 2025 has it)",
			r.Request.ServerName, f.Region, endpointFlag(f))
	case r.Reference != "":
		return fmt.Sprintf("Look at the execution: aws ssm get-automation-execution --automation-execution-id %s --region %s, or %s", r.Reference, f.Region, consoleLink(r, f))
	case r.Reason == maintenance.StartUnconfirmed:
		return fmt.Sprintf("Look for the execution: aws ssm describe-automation-executions --filters Key=DocumentNamePrefix,Values=%s --region %s", r.Server.Runbook, f.Region)
	default:
		return fmt.Sprintf("Look at the managed nodes: aws ssm describe-instance-information --region %s", f.Region)
	}
}

// consoleLink leads to the page of an execution.
func consoleLink(r maintenance.Report, f Function) string {
	domain := "console.aws.amazon.com"
	switch {
	case strings.HasPrefix(f.Region, "cn-"):
		domain = "console.amazonaws.cn"
	case strings.HasPrefix(f.Region, "us-gov-"):
		domain = "console.amazonaws-us-gov.com"
	}
	return fmt.Sprintf("https://%s.%s/systems-manager/automation/execution/%s?region=%[1]s", f.Region, domain, r.Reference)
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
