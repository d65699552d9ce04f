package e2e_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/settings/check"
)

// TestTopics deploys a stack whose alarms come by a topic, reads all of it back, and gives the function what the topic makes of an alarm.
// The emulator's CloudFormation makes no subscription, and its SNS would run a function in a container: so the one in the template is made
// by its API and read back there, and the topic's message is taken from a queue beside it.
func TestTopics(t *testing.T) {
	if os.Getenv("E2E") != "1" {
		t.Skip("make e2e runs this: it deploys the stack to an emulator")
	}
	d := &deployment{folder: t.TempDir()}
	d.emulator = newEmulator(t)
	d.bootstrap(t)
	alarms, err := d.topics.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("alarms")})
	if err != nil {
		t.Fatal(err)
	}
	document := `{"servers": [{"name": "cm-1", "backend": "opsworks-cm", "alarms": ["cm-1-*"]}], "alarmTriggers": [{"sns": ["` +
		*alarms.TopicArn + `"]}]}`
	if d.settings, err = check.Resolve([]byte(document), time.Time{}); err == nil {
		err = json.Unmarshal([]byte(document), &d.document)
	}
	if err != nil {
		t.Fatal(err)
	}
	d.stack = d.cdkDeploy(t, "topics", "-c", "maintenance="+document)
	d.readBack(t)
	d.subscribed(t)

	f := d.start(t, "cm-1")
	queue := d.queue(t, "e2e-alarms")
	if _, err := d.topics.Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: alarms.TopicArn, Protocol: aws.String("sqs"),
		Endpoint: aws.String(arn(t, "AWS::SQS::Queue", queue))}); err != nil {
		t.Fatal(err)
	}
	at := time.Now().UTC()
	for _, c := range []struct {
		state string
		want  string
	}{{"ALARM", "started "}, {"ALARM", "in-progress duplicate"}, {"OK", "ignored nothing-new"}} {
		message := fmt.Sprintf(`{"AlarmName": "cm-1-disk", "AlarmArn": "arn:aws:cloudwatch:%s:%s:alarm:cm-1-disk", "NewStateValue": %q,
			"NewStateReason": "full", "StateChangeTime": %q}`, region, account, c.state, at.Format("2006-01-02T15:04:05.000-0700"))
		if _, err := d.topics.Publish(t.Context(), &sns.PublishInput{TopicArn: alarms.TopicArn, Message: &message}); err != nil {
			t.Fatal(err)
		}
		bodies := d.receiveAll(t, queue)
		if len(bodies) != 1 {
			t.Fatalf("the topic delivered %q", bodies)
		}
		a := f.invoke([]byte(`{"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": ` + bodies[0] + `}]}`))[0]
		if got := a.Outcome + " " + a.Reason; got != c.want {
			t.Errorf("to %s it answered %q: %s", c.state, got, a.Message)
		}
		t.Logf("%s by the topic: %s %s. %s", c.state, a.Outcome, a.Reason, a.Message)
	}
	f.expect("cm-1", 1, "UNDER_MAINTENANCE")
	if err := f.opsworksCM.Complete("cm-1"); err != nil {
		t.Fatal(err)
	}
	open, err := ledger.New(d.config, d.stack.Outputs["RunsTable"], rand.Text).Read(t.Context(), "cm-1")
	if err != nil {
		t.Fatal(err)
	}
	f.sweepUntil(open.Open.ID, "succeeded")
	d.permitted(t, f)
}

// subscribed makes the template's subscriptions of the function to topics, and reads them back.
func (d *deployment) subscribed(t *testing.T) {
	t.Helper()
	made := 0
	for _, r := range d.stack.of("AWS::SNS::Subscription") {
		policy, err := json.Marshal(r.Properties["RedrivePolicy"])
		if err != nil {
			t.Fatal(err)
		}
		out, err := d.topics.Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: aws.String(r.Properties["TopicArn"].(string)),
			Protocol: aws.String(r.Properties["Protocol"].(string)), Endpoint: aws.String(r.Properties["Endpoint"].(string)),
			Attributes: map[string]string{"RedrivePolicy": string(policy)}})
		if err != nil {
			t.Fatal(err)
		}
		read, err := d.topics.GetSubscriptionAttributes(t.Context(), &sns.GetSubscriptionAttributesInput{SubscriptionArn: out.SubscriptionArn})
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{"Protocol": "lambda", "Endpoint": d.arnOf(t, "AWS::Lambda::Function"),
			"TopicArn": r.Properties["TopicArn"].(string), "RedrivePolicy": string(policy)} {
			if read.Attributes[name] != want {
				t.Errorf("%s: %s is %q, want %q", r.ID, name, read.Attributes[name], want)
			}
		}
		if _, err := d.topics.Unsubscribe(t.Context(), &sns.UnsubscribeInput{SubscriptionArn: out.SubscriptionArn}); err != nil {
			t.Fatal(err)
		}
		made++
	}
	if made != len(d.settings.AlarmTopics) || made == 0 {
		t.Errorf("%d subscriptions of %d topics", made, len(d.settings.AlarmTopics))
	}
}
