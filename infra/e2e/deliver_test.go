package e2e_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventbridgetypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/settings"
)

// deliver sends every sample event that could come over the event bus, and compares what the rules deliver with what the function
// would act on, or has to see to say why it does not.
func (d *deployment) deliver(t *testing.T) {
	d.listen(t)
	var delivered, kept []string
	all := samples(t)
	if servers := d.servers(); len(servers) > 0 { // the samples know only the servers that the repository comes with
		all["an alarm of "+servers[0].Name] = inAlarm(t, alarmOf(servers[0]))
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		event := all[name]
		event.Detail["e2eSample"] = name // EventBridge passes on what it does not know
		d.put(t, event)
		var by []string
		for rule, queue := range d.rules {
			for _, body := range d.receiveAll(t, queue) {
				var got sample
				if err := json.Unmarshal([]byte(body), &got); err != nil || got.Detail["e2eSample"] != name || got.DetailType != event.DetailType {
					t.Errorf("%s: %s delivered %s, %v", name, rule, body, err)
				}
				by = append(by, rule)
			}
		}
		if want := d.wanted(event); (len(by) > 0) != want {
			t.Errorf("%s was delivered by %v; wanted: %t", name, by, want)
		}
		if len(by) > 0 {
			delivered = append(delivered, name+" (by "+strings.Join(by, ", ")+")")
		} else {
			kept = append(kept, name)
		}
	}
	t.Logf("%d events sent; these were delivered:\n  %s", len(all), strings.Join(delivered, "\n  "))
	t.Logf("and these were not:\n  %s", strings.Join(kept, "\n  "))
	if len(d.servers()) > 0 && len(delivered) == 0 || len(kept) == 0 {
		t.Error("that is no test")
	}
}

// listen puts a queue in the place of the function: the emulator fails at a target that is a function. Rules that look at anything but the
// alarm's or the runbook's name are left out, because the emulator does not look into lists.
func (d *deployment) listen(t *testing.T) {
	d.rules = map[string]string{}
	for _, r := range d.stack.of("AWS::Events::Rule") {
		queue := d.queue(t, "e2e-"+r.Name)
		function := &eventbridge.RemoveTargetsInput{Rule: aws.String(r.Name), Ids: []string{"function"}}
		if _, err := d.events.RemoveTargets(t.Context(), function); err != nil {
			t.Fatal(err)
		}
		if detail := dig(r.Properties, "EventPattern", "detail"); dig(detail, "alarmName") == nil && dig(detail, "Definition") == nil {
			t.Logf("%s: what it delivers is not tested here", r.Name)
			continue
		}
		if _, err := d.events.PutTargets(t.Context(), &eventbridge.PutTargetsInput{Rule: aws.String(r.Name), Targets: []eventbridgetypes.Target{
			{Id: aws.String("e2e"), Arn: aws.String(arn(t, "AWS::SQS::Queue", queue)), InputTransformer: wholeEvent},
		}}); err != nil {
			t.Fatal(err)
		}
		d.rules[r.Name] = queue
	}
}

// wholeEvent is what a target gets anyway; without it the emulator leaves out the account.
var wholeEvent = &eventbridgetypes.InputTransformer{InputTemplate: aws.String("<aws.events.event.json>")}

// sample is an event as EventBridge has it.
type sample struct {
	Source     string         `json:"source"`
	DetailType string         `json:"detail-type"`
	Time       time.Time      `json:"time"`
	Resources  []string       `json:"resources"`
	Detail     map[string]any `json:"detail"`

	file []byte
}

// samples are those of the repository that could come over the bus.
func samples(t *testing.T) map[string]sample {
	t.Helper()
	all := map[string]sample{}
	err := filepath.WalkDir(filepath.Join(root, "testdata/events"), func(file string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(file) != ".json" {
			return err
		}
		var s sample
		if s.file, err = os.ReadFile(file); err == nil && json.Unmarshal(s.file, &s) == nil &&
			s.Source != "" && s.DetailType != "" && s.Detail != nil {
			all[filepath.Base(file)] = s
		}
		return err
	})
	if err != nil || len(all) < 15 {
		t.Fatalf("%d samples, %v", len(all), err)
	}
	return all
}

// wanted goes by the function's own decoder and the settings.
func (d *deployment) wanted(event sample) bool {
	decoded, err := events.Decode(event.file)
	if err != nil {
		return false
	}
	switch decoded := decoded.(type) {
	case events.Alarm, events.Cleared: // a return to OK takes an alarm back
	case events.Ignored: // the function is to see what is held back, and say so
		if !slices.Contains([]string{events.StillInAlarm, events.Suppressed, events.Muted, events.ActionsDisabled}, decoded.Reason) {
			return false
		}
	default:
		return false
	}
	name, _ := event.Detail["alarmName"].(string)
	return len(d.settings.ForAlarm(name)) > 0
}

// put puts an event on the bus. Account, Region and id are the emulator's to write.
func (d *deployment) put(t *testing.T, event sample) {
	t.Helper()
	detail, err := json.Marshal(event.Detail)
	if err != nil {
		t.Fatal(err)
	}
	out, err := d.events.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []eventbridgetypes.PutEventsRequestEntry{{
		Source: aws.String(event.Source), DetailType: aws.String(event.DetailType), Time: aws.Time(event.Time), Resources: event.Resources,
		Detail: aws.String(string(detail)),
	}}})
	if err != nil || out.FailedEntryCount > 0 {
		t.Fatalf("put the event: %v, %+v", err, out)
	}
}

// queue makes a queue and returns its URL.
func (d *deployment) queue(t *testing.T, name string) string {
	t.Helper()
	out, err := d.queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(name[:min(80, len(name))])})
	if err != nil {
		t.Fatal(err)
	}
	return *out.QueueUrl
}

// receiveAll empties a queue. The emulator delivers before it answers, so there is nothing to wait for.
func (d *deployment) receiveAll(t *testing.T, queue string) []string {
	t.Helper()
	var bodies []string
	for {
		out, err := d.queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(queue), MaxNumberOfMessages: 10})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Messages) == 0 {
			return bodies
		}
		for _, message := range out.Messages {
			bodies = append(bodies, *message.Body)
			_, err := d.queues.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: aws.String(queue), ReceiptHandle: message.ReceiptHandle})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// alarmOf is the name of an alarm that a server claims.
func alarmOf(server settings.Server) string {
	return strings.ReplaceAll(string(server.Alarms[0]), "*", "health")
}

// servers are those whose maintenance an alarm can ask for.
func (d *deployment) servers() []settings.Server {
	return slices.DeleteFunc(slices.Clone(d.settings.Servers), func(s settings.Server) bool {
		return s.Backend != settings.BackendOpsWorksCM || !s.Enabled || len(s.Alarms) == 0
	})
}
