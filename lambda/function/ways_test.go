package function_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"opsworks-maintenance/lambda/function"
	"opsworks-maintenance/lambda/maintenance"
)

// way is a way by which one alarm's change of state comes: the sample of its ALARM, its OK, and what both go by.
type way struct {
	name, alarm, ok string
	trigger         maintenance.Trigger
}

// bySNS is a message as a topic hands it on.
func bySNS(message string) string {
	text, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	return `{"Records": [{"EventSource": "aws:sns", "Sns": {"TopicArn": "arn:aws:sns:us-east-1:123456789012:alarms", "Message": ` +
		string(text) + `}}]}`
}

const (
	ownForm = `{"alarm": {"name": "slow", "id": "222222", "time": "2026-11-23T22:59:30.989Z", "state": "ALARM", "serverName": "automate-06"}}`
	alerts  = `{"alerts": [{"status": "firing", "labels": {"alertname": "Down", "ServerName": "automate-06"}, "fingerprint": "5ef7",
		"startsAt": "2026-11-23 22:59:30.989 +0000 UTC"}]}`
)

// ways are all that there are. The first three bring the same change of state.
func ways(t *testing.T) []way {
	toOK := strings.NewReplacer(`"value": "ALARM"`, `"value": "OK"`, `"state": "ALARM"`, `"state": "OK"`, "firing", "resolved")
	cloudWatch := maintenance.Trigger{Kind: maintenance.TriggerAlarm, Name: "automate-06-health", ID: alarmARN, Time: alarmAt}
	other := maintenance.Trigger{Kind: maintenance.TriggerAlarm, Name: "slow", ID: "222222", Time: alarmAt}
	alert := maintenance.Trigger{Kind: maintenance.TriggerAlarm, Name: "Down", ID: "alertmanager/5ef7", Time: alarmAt}
	action := string(sample(t, "alarm-action.json"))
	return []way{
		{"a rule of EventBridge", string(sample(t, "alarm.json")), string(sample(t, "alarm-ok.json")), cloudWatch},
		{"an action of the alarm", action, toOK.Replace(action), cloudWatch},
		{"CloudWatch's message by SNS", string(sample(t, "sns-alarm.json")), string(sample(t, "sns-ok.json")), cloudWatch},
		{"Alertmanager's message by SNS", bySNS(alerts), bySNS(toOK.Replace(alerts)), alert},
		{"our own form", ownForm, toOK.Replace(ownForm), other},
		{"our own form by SNS", bySNS(ownForm), bySNS(toOK.Replace(ownForm)), other},
	}
}

// By every way, ALARM asks for its server and OK takes just that back. What comes by several ways has one key.
func TestHandler_EveryWay(t *testing.T) {
	keys := map[string][]string{}
	for _, w := range ways(t) {
		t.Run(w.name, func(t *testing.T) {
			f := newFixture(t)
			f.invoke(t, functionARN, []byte(w.alarm))
			if len(f.runner.requests) != 1 || f.runner.requests[0].ServerName != contractServer || len(f.runner.cleared)+len(f.runner.refusals) > 0 {
				t.Fatalf("ALARM asks for %+v", f.runner)
			}
			asked := f.runner.requests[0].Trigger
			keys[asked.Key(contractServer)] = append(keys[asked.Key(contractServer)], w.name)
			f.invoke(t, functionARN, []byte(w.ok))
			if !slices.Equal(f.runner.cleared, []string{contractServer}) || len(f.runner.requests) != 1 {
				t.Errorf("OK takes it back from %q, and asks for %+v", f.runner.cleared, f.runner.requests[1:])
			}
			for state, got := range map[string]maintenance.Trigger{"ALARM": asked, "OK": f.runner.alarm} {
				if got.Kind != w.trigger.Kind || got.Name != w.trigger.Name || got.ID != w.trigger.ID || !got.Time.Equal(w.trigger.Time) ||
					got.NewAlarm {
					t.Errorf("%s is %+v, want %+v", state, got, w.trigger)
				}
			}
		})
	}
	var several []string
	for _, of := range keys {
		several = append(several, fmt.Sprint(len(of)))
	}
	if slices.Sort(several); !slices.Equal(several, []string{"1", "2", "3"}) {
		t.Errorf("the keys are those of %v", keys)
	}
}

// With the real handler, domain and ledger, an ALARM makes a run wait by every way, by another of its ways it is a duplicate, another
// alarm's OK changes nothing, and its own, by any of its ways, cancels the run.
func TestHandler_EveryWayToTheEnd(t *testing.T) {
	all := ways(t)
	for i, w := range all {
		for j, back := range all {
			if w.trigger.ID != back.trigger.ID {
				continue
			}
			t.Run(w.name+", back by "+back.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := newHarness(t, opsWorks(t), opensSoon)
					at := time.Now().UTC()
					now := strings.NewReplacer("2026-11-23T22:59:30.989", at.Format("2006-01-02T15:04:05.000"),
						"2026-11-23 22:59:30.989", at.Format("2006-01-02 15:04:05.000")).Replace
					run := r.event(now(w.alarm), "waiting outside-window")
					if again := r.event(now(back.alarm), "waiting duplicate"); again != run {
						t.Errorf("the same by %s makes the run %s, beside %s", back.name, again, run)
					}
					r.event(now(all[(i+3)%len(all)].ok), "ignored nothing-new")
					r.event(now(all[j].ok), "cancelled alarm-cleared")
				})
			})
		}
	}
}

// What comes by a way that anybody's alarms may come by, and is about no server of ours, is nobody's mistake. The same by EventBridge is
// refused.
func TestHandler_AlarmsOfOthers(t *testing.T) {
	form := func(fields string) string {
		return `{"alarm": {"name": "slow", "time": "2026-11-23T22:59:30Z", "state": "ALARM"` + fields + `}}`
	}
	cloudWatch := string(sample(t, "sns-alarm.json"))
	for _, tt := range []struct{ name, payload, want string }{
		{"CloudWatch's alarm of no server", strings.ReplaceAll(cloudWatch, "automate-06-health", "mail"), "ignored no-server"},
		{"of a server that is not in the settings", strings.NewReplacer("automate-06-health", "mail", `\"Host\"`, `\"ServerName\"`,
			"automate-06.example.com", "mail-01").Replace(cloudWatch), "ignored not-allowed"},
		{"of another account", strings.ReplaceAll(cloudWatch, "cloudwatch:us-east-1:123456789012", "cloudwatch:us-east-1:444455556666"),
			"ignored foreign-event"},
		{"of another Region", strings.ReplaceAll(cloudWatch, "cloudwatch:us-east-1", "cloudwatch:eu-west-1"), "ignored foreign-event"},
		{"about this function", strings.ReplaceAll(cloudWatch, "automate-06-health", "opsworks-maintenance-errors"), "ignored own-alarm"},
		{"our form about this function", strings.Replace(form(`, "serverName": "automate-06"`), "slow", "opsworks-maintenance-errors", 1),
			"ignored own-alarm"},
		{"our form of no server", form(""), "ignored no-server"},
		{"our form of another server", form(`, "serverName": "mail-01"`), "ignored not-allowed"},
		{"our form of what is no name", form(`, "serverName": "a b"`), "ignored not-allowed"},
		{"an alert of another server", bySNS(strings.Replace(alerts, "automate-06", "mail-01", 1)), "ignored not-allowed"},
		{"a text in a field alarm, by SNS", bySNS(`{"alarm": "high"}`), "ignored unknown-event"},
		{"an alarm that has no state, by SNS", bySNS(`{"alarm": {"name": "pump-3", "level": 2}}`), "ignored unknown-event"},
		{"our form by SNS, with a fault", bySNS(`{"alarm": {"name": "slow", "state": "ALARM"}}`), "refused invalid-request"},
		{"our form, by the settings' alarms", strings.Replace(form(""), "slow", "automate-06-slow", 1), "started"},
		{"an alert, by the settings' alarms", bySNS(strings.Replace(strings.Replace(alerts, "Down", "automate-06-down", 1), "ServerName", "a",
			1)), "started"},
		{"of two that disagree", strings.Replace(form(`, "serverName": "puppet-01"`), "slow", "automate-06-slow", 1), "refused ambiguous"},
		{"of one that the settings do not have, against the settings", strings.Replace(form(`, "serverName": "mail-01"`), "slow",
			"automate-06-slow", 1), "refused ambiguous"},
		{"by EventBridge, of no server", string(sample(t, "alarm-unknown-server.json")), "refused no-server"},
		{"by EventBridge, of another account", string(sample(t, "alarm-other-account.json")), "refused foreign-event"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			if got := said(f.invoke(t, functionARN, []byte(tt.payload))); got != tt.want {
				t.Errorf("it is %q, want %q", got, tt.want)
			}
		})
	}
}

// Alarms of one message are asked for before any is taken back, and one that cannot be recorded brings all of it again.
func TestHandler_SeveralAlarmsOfOneMessage(t *testing.T) {
	one := strings.TrimSuffix(strings.TrimPrefix(alerts, `{"alerts": [`), `]}`)
	resolved := strings.NewReplacer("firing", "resolved", "5ef7", "c6a1", "Down", "Full").Replace(one)
	elsewhere := strings.NewReplacer("automate-06", "mail-01", "5ef7", "1111").Replace(one)
	payload := bySNS(`{"alerts": [` + strings.Join([]string{resolved, elsewhere, one}, ",") + `]}`)
	f := newFixture(t)
	f.runner.clear = []maintenance.Report{{Outcome: maintenance.OutcomeIgnored, Reason: maintenance.ReasonNothingNew}}
	if got := said(f.invoke(t, functionARN, []byte(payload))); got != "ignored not-allowed, started, ignored nothing-new" {
		t.Errorf("it is %q", got)
	}
	f.runner.clear[0].Retry = true
	ctx := invokedBy(t, functionARN)
	if _, err := f.Invoke(ctx, []byte(payload)); err == nil {
		t.Error("it does not come again")
	} else if _, ok := err.(*function.RetryError); !ok {
		t.Errorf("it fails with %T", err)
	}
}

// An alarm of other monitoring is AWS's side of the function, and not an operator's request.
func TestHandler_OwnFormIsNoOperators(t *testing.T) {
	f := newFixture(t)
	if got := said(f.invoke(t, operatorsARN, []byte(ownForm))); got != "refused invalid-request" || len(f.runner.requests) > 0 {
		t.Errorf("through the alias it is %q", got)
	}
}
