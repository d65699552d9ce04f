package simulation

import (
	"encoding/json"
	"strings"
	"time"

	"opsworks-maintenance/lambda/maintenance"
	document "opsworks-maintenance/lambda/settings"
	settingscheck "opsworks-maintenance/lambda/settings/check"
)

// payload is an event as its sender writes it (events/testdata), and whether an operator sends it. The flight's event gets the trigger
// that the handler makes of that, by whose key it is looked for at the end.
func (d *deep) payload(f *flight) (payload []byte, operator bool) {
	e, form := &f.event, map[string]any{}
	about := map[string]any{}
	if len(e.Servers) > 0 {
		about["serverName"] = e.Servers[0]
	}
	if e.RunID != "" {
		about["runId"] = e.RunID
	}
	switch e.Verb {
	case "alarm", "ok":
		form = alarmForm(e)
	case "schedule":
		form["schedule"] = map[string]any{"name": e.Trigger.Name, "time": e.Trigger.Time.Format(time.RFC3339Nano)}
		form["serverNames"] = e.Servers
	case "sweep":
		form["sweep"] = true
	case "finished":
		form = finishedForm(e.Reference)
	case "unreadable":
		form = map[string]any{"source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change", "resources": []string{e.Reference}}
	case "start":
		if e.Trigger.ID != f.id { // else the request's own id is its key
			about["key"] = e.Trigger.ID
			e.Trigger.ID = "key:" + e.Trigger.ID
		}
		if len(e.Trigger.Overrides) > 0 {
			about["override"] = e.Trigger.Overrides
		}
		form["start"], operator = about, true
	case "hold", "release":
		delete(about, "runId")
		about["by"] = e.Trigger.ID
		if !e.Until.IsZero() {
			about["until"] = e.Until.Format(time.RFC3339Nano)
		}
		form[e.Verb], operator = about, true
	case "plan", "history":
		delete(about, "runId")
		form[e.Verb], operator = about, true
	case "status":
		form[e.Verb], operator = struct{}{}, true
	default:
		form[e.Verb], operator = about, true
	}
	payload, err := json.Marshal(form)
	check(err)
	return payload, operator
}

// clock is how CloudWatch writes a time.
const clock = "2006-01-02T15:04:05.000-0700"

// alarmForm is an alarm's change of state by EventBridge, its action, or SNS. By the first two its tag names the server, also one that the
// settings do not have any more; by SNS a dimension.
func alarmForm(e *Event) map[string]any {
	server, previous := e.Servers[0], map[string]any{"value": "OK", "reason": "Threshold"}
	if !strings.HasPrefix(e.Trigger.Name, server+"-") {
		e.Trigger.Name = server + "-" + e.Trigger.Name
	}
	e.Trigger.ID = "arn:aws:cloudwatch:" + region + ":" + account + ":alarm:" + e.Trigger.Name
	value := "ALARM"
	if e.Verb == "ok" {
		value, previous["value"] = "OK", "ALARM"
	}
	if e.Trigger.NewAlarm {
		previous["value"], previous["reason"] = "INSUFFICIENT_DATA", "Unchecked: Initial alarm creation"
	}
	at := e.Trigger.Time.UTC()
	detail := map[string]any{
		"alarmName": e.Trigger.Name, "state": map[string]any{"value": value, "reason": "Threshold", "timestamp": at.Format(clock)},
		"previousState": previous, "alarmTags": map[string]string{maintenance.TagKey: server}, "alarmTagsStatus": "SUCCESS",
	}
	switch e.Way {
	case "action":
		return map[string]any{"source": "aws.cloudwatch", "alarmArn": e.Trigger.ID, "accountId": account, "region": region,
			"time": at.Format(clock), "alarmData": detail}
	case "sns":
		return messageForm(e, server, value)
	}
	return map[string]any{
		"source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change", "account": account, "region": region,
		"time": at.Format(time.RFC3339), "resources": []string{e.Trigger.ID}, "detail": detail,
	}
}

// messageForm is an alarm's message as SNS hands it to a function.
func messageForm(e *Event, server, value string) map[string]any {
	message, err := json.Marshal(map[string]any{
		"AlarmName": e.Trigger.Name, "AlarmArn": e.Trigger.ID, "AWSAccountId": account, "Region": "US East (N. Virginia)",
		"NewStateValue": value, "NewStateReason": "Threshold", "StateChangeTime": e.Trigger.Time.UTC().Format(clock),
		"Trigger": map[string]any{"Dimensions": []map[string]string{{"name": "ServerName", "value": server}}},
	})
	check(err)
	return map[string]any{"Records": []map[string]any{{"EventSource": "aws:sns", "Sns": map[string]any{
		"Type": "Notification", "TopicArn": topicARN + "alarms", "Message": string(message)}}}}
}

// finishedForm is the event that an execution is over.
func finishedForm(id string) map[string]any {
	return map[string]any{
		"source": "aws.ssm", "detail-type": "EC2 Automation Execution Status-change Notification", "account": account, "region": region,
		"time": time.Now().UTC().Format(time.RFC3339), "detail": map[string]any{"ExecutionId": id, "Status": "Success"},
	}
}

// document is the settings as the handler has them: it finds an alarm's server there. What is allowed, the runner has from the story.
func (d *deep) document(s *settings) *document.Settings {
	d.mu.Lock()
	defer d.mu.Unlock()
	if known := d.documents[s]; known != nil {
		return known
	}
	var servers []map[string]any
	for _, server := range d.story.Servers {
		if _, ok := s.servers[server.Name]; !ok {
			continue
		}
		one := map[string]any{"name": server.Name, "backend": server.Backend, "alarms": []string{server.Name + "-*"},
			"enabled": !s.off[server.Name]}
		if server.Backend == string(document.BackendSSM) {
			one["runbook"] = runbookOf(server)
		}
		servers = append(servers, one)
	}
	doc := document.Settings{}
	if len(servers) > 0 {
		text, err := json.Marshal(map[string]any{"servers": servers})
		check(err)
		doc, err = settingscheck.Resolve(text, time.Time{})
		check(err)
	}
	d.documents[s] = &doc
	return &doc
}
