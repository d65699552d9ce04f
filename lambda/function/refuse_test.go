package function_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/function"
	"opsworks-maintenance/lambda/maintenance"
)

// Every kind of bad input: a clear reason, nothing asked for, and a bounded line of log.
func TestHandler_BadInput(t *testing.T) {
	long := strings.Repeat("a", 41)
	bomb := `"version": ` + strings.Repeat("[", 1<<19) + strings.Repeat("]", 1<<19)
	for _, tt := range []struct {
		name, arn, payload string
		outcome            maintenance.Outcome
		reason             maintenance.Reason
	}{
		{"an empty body", functionARN, "", "refused", "invalid-event"},
		{"null", functionARN, "null", "ignored", "unknown-event"},
		{"an empty list", functionARN, "[]", "ignored", "unknown-event"},
		{"a bomb of nested arrays", functionARN, strings.Repeat("[", 1<<20), "refused", "invalid-event"},
		{"a bomb inside an alarm", functionARN, string(changed(t, "alarm.json", `"version": "0"`, bomb)), "refused", "invalid-event"},
		{"a megabyte of noise", functionARN, strings.Repeat("\x00\xff", 1<<19), "refused", "invalid-event"},
		{"half an operator's request", operatorsARN, `{"start": {"serverName": "automate-06"`, "refused", "invalid-event"},
		{"a megabyte as a server name", operatorsARN, `{"serverName": "` + strings.Repeat("a", 1<<20) + `"}`, "refused",
			"invalid-request"},
		{"a server name of 41 characters", operatorsARN, `{"serverName": "` + long + `"}`, "refused", "invalid-request"},
		{"a server name with a line break", operatorsARN, `{"serverName": "automate-06\n"}`, "refused", "invalid-request"},
		{"a stop of what is no server", operatorsARN, `{"stop": {"serverName": "a'; rm -rf /"}}`, "refused", "invalid-request"},
		{"a close of what is no server", operatorsARN, `{"close": {"serverName": "a b"}}`, "refused", "invalid-request"},
		{"a gate that holds alarms only", operatorsARN, `{"start": {"serverName": "a", "override": ["cooldown"]}}`, "refused",
			"invalid-request"},
		{"a dimension that is no server name", functionARN,
			string(changed(t, "alarm-by-dimension.json", `"ServerName": "puppet-01"`, `"ServerName": "puppet 01"`)), "refused",
			"invalid-event"},
		{"an alarm in another Region", functionARN, string(changed(t, "alarm.json", "us-east-1", "eu-west-1")), "refused",
			"foreign-event"},
		{"an alarm whose ARN is of another Region than its event", functionARN,
			string(changed(t, "alarm.json", `"region": "us-east-1"`, `"region": "eu-west-1"`)), "refused", "invalid-event"},
		{"a schedule of another account", functionARN, string(changed(t, "rule.json", "123456789012", "444455556666")), "refused",
			"foreign-event"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			got := f.invoke(t, tt.arn, []byte(tt.payload))
			if len(got) != 1 || got[0].Outcome != tt.outcome || got[0].Reason != tt.reason {
				t.Errorf("got %+v, want %s %s", got, tt.outcome, tt.reason)
			}
			if f.runner.touched() {
				t.Errorf("it did something: %+v", f.runner)
			}
			if f.log.Len() > 4096 {
				t.Errorf("a log line of %d bytes", f.log.Len())
			}
		})
	}
}

// Two senders' events that cannot be read are two refusals, and the same sender's are one (row 16). Here only the parts are seen that
// the domain makes the record's key of.
func TestHandler_UnreadableEventsCountApart(t *testing.T) {
	seen := map[string]string{}
	for _, payload := range []string{
		`{"start": `,
		string(changed(t, "alarm.json", `"alarmName"`, `"alarm"`)),
		string(changed(t, "alarm-by-dimension.json", `"alarmName"`, `"alarm"`)),
		string(changed(t, "rule.json", `"time"`, `"at"`)),
		`{"schedule": {"name": "weekly"}, "serverNames": ["a"]}`,
		`{"schedule": {"name": "monthly"}, "serverNames": ["a"]}`,
		`{"alarm": {"name": "slow", "state": "ALARM"}}`,
		bySNS(`{"alarm": {"name": "slow", "state": "ALARM"}}`),
		strings.Replace(bySNS(`{"alarm": {"name": "slow", "state": "ALARM"}}`), ":alarms", ":pumps", 1),
		bySNS(`{"alarm": {"name": "full", "state": "ALARM"}}`),
	} {
		f := newFixture(t)
		f.invoke(t, functionARN, []byte(payload))
		r := f.runner.refusals[0]
		if r.Source == "" || r.Key != "" || r.ServerName != "" || r.Detail == "" {
			t.Errorf("%.80s: %+v", payload, r)
		}
		if other, ok := seen[r.Source]; ok {
			t.Errorf("%.80s and %.80s are both of %q", payload, other, r.Source)
		}
		seen[r.Source] = payload
		again := newFixture(t)
		again.invoke(t, functionARN, []byte(payload))
		if again.runner.refusals[0].Source != r.Source {
			t.Errorf("%.80s: a second source %q", payload, again.runner.refusals[0].Source)
		}
	}
}

// A refusal has its trigger's key, so that a second delivery gets the first one's answer.
func TestHandler_RefusalsHaveTheirTriggersKey(t *testing.T) {
	for _, name := range []string{"alarm-unknown-server.json", "alarm-disagreement.json", "alarm-other-account.json",
		"aws/eb-scheduled-event-rule.json"} {
		f := newFixture(t)
		f.invoke(t, functionARN, sample(t, name))
		r := f.runner.refusals[0]
		if r.Key == "" || r.Key != r.Trigger.Key(r.ServerName) || !strings.HasPrefix(r.Source, "arn:aws:") {
			t.Errorf("%s: %+v", name, r)
		}
	}
	f := newFixture(t)
	f.invoke(t, functionARN, []byte(`{"schedule": {"name": "weekly", "time": "2026-11-23T22:59:00Z"}, "serverNames": ["mail-01"]}`))
	if r := f.runner.refusals[0]; r.ServerName != "mail-01" || r.Key != r.Trigger.Key("mail-01") || r.Source != "schedule weekly" {
		t.Errorf("got %+v", r)
	}
	f = newFixture(t)
	f.invoke(t, operatorsARN, []byte(`{"start": {"serverName": "a b", "key": "k"}}`))
	if r := f.runner.refusals[0]; r.Key != "" || r.Trigger.Kind != maintenance.TriggerManual {
		t.Errorf("an operator who asks again wants an answer again: %+v", r)
	}
	f = newFixture(t)
	f.invoke(t, operatorsARN, []byte(`{"start": `))
	if r := f.runner.refusals[0]; r.Key != "" || r.Trigger.Kind != maintenance.TriggerManual || r.Trigger.ID != "request-1" {
		t.Errorf("an operator's request that cannot be read is an operator's: %+v", r)
	}
}

// Only the event, delivered again, can help where the domain says so (row 16); an operator sees the outcome and decides.
func TestHandler_Retry(t *testing.T) {
	for _, tt := range []struct {
		name, arn, payload string
		retry              bool
	}{
		{"an alarm", functionARN, string(sample(t, "alarm.json")), true},
		{"an alarm that is OK", functionARN, string(sample(t, "alarm-ok.json")), true},
		{"a refused alarm", functionARN, string(sample(t, "alarm-unknown-server.json")), true},
		{"a schedule", functionARN, string(sample(t, "schedule.json")), true},
		{"an event that cannot be read", functionARN, `{"start": `, true},
		{"an operator's request at the wrong entrance", functionARN, string(sample(t, "start.json")), true},
		{"an operator's start", operatorsARN, string(sample(t, "start.json")), false},
		{"an operator's stop", operatorsARN, string(sample(t, "stop.json")), false},
		{"an operator's request that cannot be read", operatorsARN, `{"start": `, false},
		{"the end of a run", functionARN, string(sample(t, "run-finished.json")), false},
		{"a sweep", functionARN, string(sample(t, "sweep.json")), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			failed := maintenance.Report{Outcome: maintenance.OutcomeError, Reason: maintenance.ReasonLedgerUnavailable, Retry: true}
			f := newFixture(t)
			f.runner.report = func(maintenance.Report) maintenance.Report { return failed }
			f.runner.clear, f.runner.swept.Reports = []maintenance.Report{failed}, []maintenance.Report{failed}
			f.runner.finished = func(string) (maintenance.Report, bool, error) { return failed, true, nil }
			body, err := f.Invoke(invokedBy(t, tt.arn), []byte(tt.payload))
			if retry := errors.As(err, new(*function.RetryError)); retry != tt.retry || (err != nil) != tt.retry {
				t.Errorf("got %s, %v", body, err)
			}
			if lines := f.lines(t); len(lines) != 1 || lines[0]["level"] != "ERROR" {
				t.Errorf("log %s", f.log)
			}
		})
	}
}

// What of several servers was recorded is not named in the error, and a thousand that were not make no error of megabytes.
func TestRetryError_NamesWhatFailed(t *testing.T) {
	var names []string
	for i := range 1000 {
		names = append(names, fmt.Sprintf(`"server-%d"`, i))
	}
	f := newFixture(t)
	f.runner.report = func(r maintenance.Report) maintenance.Report {
		r.Retry = r.ServerName != "server-0"
		return r
	}
	payload := `{"schedule": {"name": "other", "time": "` + now.Format(time.RFC3339) + `"}, "serverNames": [` + strings.Join(names,
		",") + `]}`
	_, err := f.Invoke(invokedBy(t, functionARN), []byte(payload))
	if err == nil || regexp.MustCompile(`server-0\b`).MatchString(err.Error()) || !strings.HasSuffix(err.Error(),
		"and 989 more") || len(err.Error()) > 2000 {
		t.Errorf("got %v", err)
	}
}

// The value of an engine attribute may be a secret.
func TestHandler_NoValueOfAnEngineAttributeAnywhere(t *testing.T) {
	const secret = "secret-7f3a"
	for _, payload := range []string{
		`{"start": {"serverName": "automate-06", "engineAttributes": [{"name": "CHEF_MAJOR_UPGRADE", "value": "secret-7f3a"}]}}`,
		`{"start": {"serverName": "a b", "engineAttributes": [{"name": "CHEF_MAJOR_UPGRADE", "value": "secret-7f3a"}]}}`,
		`{"start": {"serverName": "automate-06", "engineAttributes": [{"name": 7, "value": "secret-7f3a"}]}}`,
		`{"start": {"serverName": "automate-06", "engineAttributes": {"secret-7f3a": "secret-7f3a"}}}`,
		`{"start": {"serverName": "automate-06", "engineAttributes": "secret-7f3a"}}`,
		`{"start": {"serverName": "automate-06", "engineAttributes": [{"name": "N", "value": "secret-7f3a"}]`,
	} {
		for _, arn := range []string{operatorsARN, functionARN} {
			f := newFixture(t)
			body := f.answer(t, arn, []byte(payload))
			all := string(body) + f.log.String() + f.metrics.String() + fmt.Sprintf("%+v", f.runner.refusals)
			if strings.Contains(all, secret) {
				t.Errorf("%s: %s", payload, all)
			}
		}
	}
}

// Characters that are not seen, or turn a text around, pass neither into the response nor into the log (row 22).
func TestHandler_UnseenCharacters(t *testing.T) {
	const unseen = "\u202e\u200b\u2066\ufeff"
	in := func(name, old string) []byte { return changed(t, name, old, old+unseen) }
	for _, tt := range []struct {
		name, arn string
		payload   []byte
	}{
		{"in an alarm's name", functionARN, in("alarm-unknown-server.json", "disk of mail-01")},
		{"in the name of an alarm that is OK", functionARN, in("alarm-ok.json", "automate-06-health")},
		{"in the name of an alarm that is ignored", functionARN, in("alarm-still-in-alarm.json", "automate-06-health")},
		{"in the name of an alarm of this function", functionARN, in("alarm-own.json", "opsworks-maintenance-errors")},
		{"in a dimension", functionARN, in("alarm-by-dimension.json", `"ServerName": "puppet-01`)},
		{"in one of two names that disagree", functionARN, in("alarm-disagreement.json", `"ServerName": "puppet-01`)},
		{"in the account of a metric", functionARN, in("field/cross-account-metric.json", "999988887777")},
		{"in an account", functionARN, in("alarm-other-account.json", "444455556666")},
		{"in a state", functionARN, in("alarm.json", `"value": "ALARM`)},
		{"in a time", functionARN, in("alarm.json", "2026-11-23T22:59:30.989+0000")},
		{"in a detail-type", functionARN, in("alarm.json", "CloudWatch Alarm State Change")},
		{"in a rule's name", functionARN, in("rule.json", "nightly-chef")},
		{"in our own schedule's name", functionARN,
			[]byte(`{"schedule": {"name": "w` + unseen + `", "time": "2026-11-23T22:59:00Z"}, "serverNames": ["a b"]}`)},
		{"in an execution's id", functionARN, in("run-finished.json", "333ba70b")},
		{"in a server's name", operatorsARN, in("start.json", "automate-06")},
		{"in the name of a server to look at", operatorsARN, in("plan.json", "automate-06")},
		{"in a run's id", operatorsARN, in("stop-run.json", "automate-06")},
		{"in a gate", operatorsARN, in("start-override.json", "window")},
		{"in a field's name", operatorsARN, in("start-unknown-field.json", "force")},
		{"in what is unknown", functionARN, []byte(`{"` + unseen + `": 1}`)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			all := string(f.answer(t, tt.arn, tt.payload)) + f.log.String()
			if i := strings.IndexFunc(all, func(c rune) bool { return strings.ContainsRune(unseen, c) }); i >= 0 {
				t.Errorf("%q", all[max(0, i-80):i+10])
			}
		})
	}
}
