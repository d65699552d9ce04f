package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	texttemplate "text/template"
	"time"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/settings/check"
)

// example is the block of a language under a heading of lambda's README.
func example(t *testing.T, heading, language string) string {
	t.Helper()
	b, err := os.ReadFile("../lambda/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(b), "\n### "+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	section, _, _ = strings.Cut(section, "\n### ")
	_, block, begins := strings.Cut(section, "```"+language+"\n")
	block, _, ends := strings.Cut(block, "```")
	if !found || !begins || !ends {
		t.Fatalf("README.md has no %s under %q", language, heading)
	}
	return block
}

func TestREADME_Topics(t *testing.T) {
	document, err := check.Resolve([]byte(example(t, "SNS topics", "json")), time.Time{})
	if err != nil || !slices.Equal(document.AlarmTopics, []string{"arn:aws:sns:eu-central-1:123456789012:alarms"}) {
		t.Errorf("%+v, %v", document.AlarmTopics, err)
	}
}

// sortedPairs are what Alertmanager's templates have for labels: https://prometheus.io/docs/alerting/latest/notifications/#kv
type sortedPairs []struct{ Name, Value string }

func (p sortedPairs) SortedPairs() sortedPairs { return p }

type templateAlert struct {
	Status, Fingerprint string
	StartsAt            time.Time
	Labels, Annotations sortedPairs
}

// The template makes of Alertmanager's data a message that the function reads, whatever an annotation says.
func TestREADME_Alertmanager(t *testing.T) {
	_, text, _ := strings.Cut(example(t, "Alertmanager and Amazon Managed Service for Prometheus", "yaml"), "default_template: |\n")
	text, _, _ = strings.Cut(text, "\nalertmanager_config:")
	parsed, err := texttemplate.New("").Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 22, 59, 30, 989e6, time.UTC)
	data := struct{ Alerts []templateAlert }{[]templateAlert{
		{"firing", "5ef7", at, sortedPairs{{"ServerName", "puppet-01"}, {"alertname", "Down"}},
			sortedPairs{{"runbook", `C:\x`}, {"summary", "\"puppet-01\"\nis <slow> é"}}},
		{"resolved", "c6a1", at, sortedPairs{{"ServerName", "automate-06"}, {"alertname", "Full"}}, nil},
	}}
	var message bytes.Buffer
	if err := parsed.ExecuteTemplate(&message, "sns.default.message", data); err != nil {
		t.Fatal(err)
	}
	got := bySNS(t, message.String())
	want := events.Alarms{
		events.Alarm{ID: "alertmanager/5ef7", Name: "Down", At: at, Reason: "\"puppet-01\"\nis <slow> é", Dimensions: []string{"puppet-01"},
			Shared: true},
		events.Cleared{ID: "alertmanager/c6a1", Name: "Full", At: at, Dimensions: []string{"automate-06"}, Shared: true},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nof %s", got, &message)
	}
}

// bySNS is the event that a message is decoded as.
func bySNS(t *testing.T, message string) events.Event {
	t.Helper()
	payload, err := json.Marshal(map[string]any{"Records": []any{map[string]any{"EventSource": "aws:sns",
		"Sns": map[string]any{"TopicArn": anyTopic + "alarms", "Message": message}}}})
	if err != nil {
		t.Fatal(err)
	}
	event, err := events.Decode(payload)
	if err != nil {
		t.Fatalf("%v\n%s", err, message)
	}
	return event
}

// The rule makes an alarm of Datadog's event, and with OK in both places its return. The event has the fields of those that the guide of
// AWS Incident Detection and Response shows; https://docs.datadoghq.com/integrations/amazon_event_bridge/ says how it comes.
func TestREADME_AnythingElse(t *testing.T) {
	const event = `{"version": "0", "id": "a6150a80-601d-be41-1a1f-2c5527a99199", "detail-type": "Datadog Alert Notification",
		"source": "aws.partner/datadog.com/ours", "account": "123456789012", "time": "2026-11-23T22:59:30Z", "region": "us-east-1",
		"resources": [], "detail": {"meta": {"monitor": {"id": 222222, "name": "puppet-01 is slow"},
		"states": {"source_state": "OK", "dest_state": "Alert"}}}}`
	text := example(t, "Anything else", "json")
	alarm := events.Alarm{ID: "datadog-222222", Name: "puppet-01 is slow", At: time.Date(2026, 11, 23, 22, 59, 30, 0, time.UTC), Shared: true}
	ok := strings.NewReplacer(`"Alert"`, `"OK"`, "ALARM", "OK").Replace
	for _, c := range []struct {
		rule, event string
		want        events.Event
	}{
		{text, event, alarm},
		{ok(text), strings.NewReplacer(`"Alert"`, `"OK"`, `"OK"`, `"Alert"`).Replace(event), events.Cleared(alarm)},
	} {
		var rule struct {
			EventPattern  map[string]any
			InputPathsMap map[string]string
			InputTemplate string
		}
		if err := json.Unmarshal([]byte(c.rule), &rule); err != nil {
			t.Fatal(err)
		}
		if matched, err := matches(rule.EventPattern, []byte(c.event)); err != nil || !matched {
			t.Errorf("the pattern matches: %t, %v", matched, err)
		}
		got, err := events.Decode([]byte(transformed(t, rule.InputPathsMap, rule.InputTemplate, c.event)))
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("got %+v, %v", got, err)
		}
	}
}

// transformed fills a template as EventBridge does, between quotes without escapes.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
func transformed(t *testing.T, paths map[string]string, text, event string) string {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(event))
	decoder.UseNumber()
	var whole any
	if err := decoder.Decode(&whole); err != nil {
		t.Fatal(err)
	}
	for name, path := range paths {
		value := whole
		for _, field := range strings.Split(strings.TrimPrefix(path, "$."), ".") {
			value = dig(value, field)
		}
		text = strings.ReplaceAll(text, "<"+name+">", fmt.Sprint(value))
	}
	return text
}
