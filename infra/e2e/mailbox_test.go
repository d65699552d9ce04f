package e2e_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// inAlarm is the sample of an alarm's event, as if the alarm of this name had gone off now.
func inAlarm(t *testing.T, name string) sample {
	t.Helper()
	return changed(t, "alarm.json", name)
}

// changed is a sample of an alarm's change of state, as if the alarm of this name had made it now.
func changed(t *testing.T, file, name string) sample {
	t.Helper()
	const layout = "2006-01-02T15:04:05.000-0700"
	event := samples(t)[file]
	event.Time = time.Now().UTC()
	event.Resources = []string{arn(t, "AWS::CloudWatch::Alarm", name)}
	event.Detail["alarmName"] = name
	event.Detail["state"].(map[string]any)["timestamp"] = event.Time.Format(layout)
	event.Detail["previousState"].(map[string]any)["timestamp"] = event.Time.Add(-time.Hour).Format(layout)
	return event
}

// alarm has an alarm's event delivered: put on the bus, and taken from the rule's queue. The bytes are what Lambda would get.
func (d *deployment) alarm(t *testing.T, name string) []byte {
	t.Helper()
	return d.delivered(t, inAlarm(t, name))
}

// delivered is an event after the rules.
func (d *deployment) delivered(t *testing.T, event sample) []byte {
	t.Helper()
	d.put(t, event)
	var bodies []string
	for _, queue := range d.rules {
		bodies = append(bodies, d.receiveAll(t, queue)...)
	}
	if len(bodies) == 0 {
		t.Fatalf("no rule delivered the event %s", event.DetailType)
	}
	return []byte(bodies[0])
}

// subscribe makes a mailbox: a queue that the topic for people sends to.
func (d *deployment) subscribe(t *testing.T) string {
	t.Helper()
	queue := d.queue(t, "e2e-mailbox")
	if _, err := d.topics.Subscribe(t.Context(), &sns.SubscribeInput{
		TopicArn: aws.String(d.stack.Outputs["TopicArn"]), Protocol: aws.String("sqs"), Endpoint: aws.String(arn(t, "AWS::SQS::Queue", queue)),
	}); err != nil {
		t.Fatal(err)
	}
	return queue
}

// notified checks which messages about a run are in the mailbox, by their outcomes, and takes them out.
func (d *deployment) notified(t *testing.T, mailbox, runID, serverName, trigger string, want ...string) {
	t.Helper()
	bodies := d.receiveAll(t, mailbox)
	if len(bodies) != len(want) {
		t.Errorf("%d messages came, want %v: %q", len(bodies), want, bodies)
		return
	}
	for i, body := range bodies {
		var message struct {
			Subject, Message  string
			MessageAttributes map[string]struct{ Value string }
		}
		if err := json.Unmarshal([]byte(body), &message); err != nil {
			t.Fatalf("%v: %s", err, body)
		}
		for name, value := range map[string]string{"outcome": want[i], "server": serverName, "runId": runID, "trigger": trigger} {
			if got := message.MessageAttributes[name].Value; got != value {
				t.Errorf("the message's %s is %q, want %q", name, got, value)
			}
		}
		t.Logf("in the mailbox: %s\n%s", message.Subject, message.Message)
	}
}
