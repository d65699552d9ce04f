package function

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/automation"
	"opsworks-maintenance/lambda/connection"
	"opsworks-maintenance/lambda/maintenance"
)

// A server's settings are its policy, field by field; a server that is not there has none.
func TestPolicies(t *testing.T) {
	policy := policies(Resolved(t, `{"servers": [
		{"name": "a", "backend": "opsworks-cm", "timezone": "Europe/Berlin", "window": {"days": ["Sat"], "start": "22:00", "end": "04:00"},
		 "enabled": false, "staleAfter": "2h", "expiresAfter": "3h", "cooldown": "4h", "dailyLimit": 5, "deadline": "6h",
		 "whenAlarmClears": "keep"},
		{"name": "b", "backend": "opsworks-cm"}]}`), "f")
	got, ok := policy("a")
	if !ok || got.Window.Hours == nil || got.Window.Location.String() != "Europe/Berlin" {
		t.Fatalf("got %+v, %v", got, ok)
	}
	got.Window = maintenance.Window{}
	want := maintenance.Policy{Backend: "opsworks-cm", StaleAfter: 2 * time.Hour, ExpiresAfter: 3 * time.Hour, Cooldown: 4 * time.Hour,
		DailyLimit: 5,
		Deadline:   6 * time.Hour, KeepWhenCleared: true}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if _, ok := policy("c"); ok {
		t.Error("c has a policy")
	}
}

// A server without a window has one that is always open, and a trigger for it expires after six hours, not at the end of a window.
func TestPolicies_WithoutAWindow(t *testing.T) {
	policy, _ := policies(Resolved(t, `{"servers": [{"name": "b", "backend": "opsworks-cm"}]}`), "f")("b")
	at := time.Date(2026, 11, 23, 22, 59, 30, 0, time.UTC)
	if !policy.Window.Contains(at) || !policy.Enabled || policy.KeepWhenCleared {
		t.Errorf("got %+v", policy)
	}
	if got := policy.Expires(maintenance.Trigger{Kind: maintenance.TriggerAlarm, Time: at}); !got.Equal(at.Add(6 * time.Hour)) {
		t.Errorf("expires at %s", got)
	}
}

// What is approved is what would run, without the values of parameters; a runbook of this project is the one that was deployed.
func TestPolicies_ApprovalAndOrder(t *testing.T) {
	document := func(parameter string) func(string) (maintenance.Policy, bool) {
		doc := Resolved(t, `{"servers": [
			{"name": "a", "backend": "ssm", "runbook": "Patch:3", "parameters": {"Token": ["`+parameter+`"]}, "approval": ["alarm", "after"],
			 "after": "b"},
			{"name": "b", "backend": "ssm", "runbook": "puppet-server", "approval": ["schedule"]},
			{"name": "c", "backend": "opsworks-cm", "after": "b"}]}`)
		if got := followers(doc); !reflect.DeepEqual(got, map[string][]string{"b": {"a", "c"}}) {
			t.Errorf("followers are %v", got)
		}
		return asDeployed(policies(doc, "f"), map[string]string{"puppet-server": "deployed-1"})
	}
	a, _ := document("secret")("a")
	again, _ := document("secret")("a")
	other, _ := document("other")("a")
	want := []maintenance.TriggerKind{maintenance.TriggerAlarm, maintenance.TriggerAfter}
	if !reflect.DeepEqual(a.Approval, want) || a.After != "b" || a.Work.Runbook != "Patch" || a.Work.Version != "3" {
		t.Errorf("got %+v", a)
	}
	if a.Work != again.Work || a.Work == other.Work || strings.Contains(fmt.Sprint(a.Work), "secret") {
		t.Errorf("the work is %+v, the same %+v, and another %+v", a.Work, again.Work, other.Work)
	}
	if b, _ := document("secret")("b"); b.Work.Runbook != "deployed-1" {
		t.Errorf("b: %+v", b.Work)
	}
	if c, _ := document("secret")("c"); c.Work != (maintenance.Work{}) || c.After != "b" {
		t.Errorf("c: %+v", c)
	}
}

// Our own runbooks have the name they were deployed by and take the run's id; another has its own and does not.
func TestNodes(t *testing.T) {
	doc := Resolved(t, `{"servers": [
		{"name": "a", "backend": "ssm", "runbook": "chef-automate"},
		{"name": "b", "backend": "ssm", "runbook": "Patch:3", "parameters": {"Mode": ["fast"], "Token": ["s"]},
		 "publicParameters": ["Mode"], "tagKey": "Chef"},
		{"name": "c", "backend": "opsworks-cm"}]}`)
	got, err := nodes(doc, map[string]string{"chef-automate": "deployed-chef"})
	if err != nil || len(got) != 2 {
		t.Fatalf("got %+v, %v", got, err)
	}
	if a := got["a"]; a.Runbook != "deployed-chef" || !a.TakesRunID || a.UpgradeParameter != "MajorUpgrade" {
		t.Errorf("a: %+v", a)
	}
	want := automation.Server{TagKey: "Chef", Runbook: "Patch", Version: "3", Parameters: map[string][]string{"Mode": {"fast"},
		"Token": {"s"}},
		PublicParameters: []string{"Mode"}}
	if b := got["b"]; !reflect.DeepEqual(b, want) {
		t.Errorf("got  %+v\nwant %+v", b, want)
	}
}

func TestExpected(t *testing.T) {
	got := expected(Resolved(t, `{"servers": [
		{"name": "a", "backend": "opsworks-cm", "expectEvery": "8d"},
		{"name": "b", "backend": "opsworks-cm", "expectEvery": "8d", "enabled": false},
		{"name": "c", "backend": "opsworks-cm"}]}`))
	if want := map[string]time.Duration{"a": 8 * 24 * time.Hour}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestAt_FirstEndpointGiven(t *testing.T) {
	config, err := connection.Config(func(string) string { return "x" }, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := *connection.WithEndpoint(config, "", "http://settings", "http://all").BaseEndpoint; got != "http://settings" {
		t.Errorf("got %s", got)
	}
	if connection.WithEndpoint(config, "", "").BaseEndpoint != nil {
		t.Error("an endpoint from nowhere")
	}
}

func TestAccountOf(t *testing.T) {
	for arn, want := range map[string]string{"arn:aws:sns:us-east-1:123456789012:maintenance": "123456789012", "": "", "arn:aws:sns": ""} {
		if got := accountOf(arn); got != want {
			t.Errorf("%q is of %q", arn, got)
		}
	}
}

// An alarm of blockedBy blocks, this function's own never; each prefix is asked for once.
func TestPolicies_BlockedBy(t *testing.T) {
	doc := Resolved(t, `{"servers": [
		{"name": "a", "backend": "opsworks-cm", "blockedBy": ["db-replication-*", "db-*-full", "db-1", "lag", "db-", "storage", "*-errors"]},
		{"name": "b", "backend": "opsworks-cm", "blockedBy": ["storage-*", "db-b", "db-a*z"]},
		{"name": "c", "backend": "opsworks-cm"}]}`)
	of := func(name string) maintenance.Blockers {
		policy, _ := policies(doc, "f")(name)
		return policy.BlockedBy
	}
	if got := of("a").Prefixes; !reflect.DeepEqual(got, []string{""}) {
		t.Errorf("asked for are %q", got)
	}
	if got := of("b").Prefixes; !reflect.DeepEqual(got, []string{"db-a", "db-b", "storage-"}) {
		t.Errorf("asked for are %q", got)
	}
	if got := of("c"); got.Blocks != nil || got.Prefixes != nil {
		t.Errorf("what is blocked by nothing has %+v", got)
	}
	for name, want := range map[string]bool{"db-replication-1": true, "db-x-full": true, "db-x": false, "lag": true, "lag-1": false,
		"mail-errors": true, "f-errors": false, "g-errors": true} {
		if got := of("a").Blocks(name); got != want {
			t.Errorf("%s blocks: %v", name, got)
		}
	}
}
