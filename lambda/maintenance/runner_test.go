package maintenance_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

func TestCause_Key(t *testing.T) {
	base := maintenance.Cause{Kind: maintenance.CauseAlarm, ID: "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a", Time: now}
	same := base
	same.Name, same.Reason, same.Time = "other words", "other words", now.In(time.FixedZone("", 3600))
	if base.Key("s") != same.Key("s") {
		t.Error("words and zones change the key")
	}
	keys := map[string]string{}
	add := func(name, key string) {
		if other, ok := keys[key]; ok {
			t.Errorf("%s has the key of %s", name, other)
		}
		keys[key] = name
	}
	add("the cause", base.Key("s"))
	add("another server", base.Key("s2"))
	later := base
	later.Time = now.Add(time.Millisecond)
	add("the next state change", later.Key("s"))
	schedule := base
	schedule.Kind = maintenance.CauseSchedule
	add("a schedule of that ID", schedule.Key("s"))
	split := base
	split.ID += "s"
	add("an ID that ends in the server's name", split.Key(""))

	manual := maintenance.Cause{Kind: maintenance.CauseManual, ID: "my-key", Time: now}
	again := manual
	again.Time = now.Add(time.Hour)
	if manual.Key("s") != again.Key("s") {
		t.Error("a person's key does not hold for an hour")
	}
}

func TestNewRunID(t *testing.T) {
	a, b := maintenance.NewRunID("automate-06", now), maintenance.NewRunID("automate-06", now)
	if a == b || !strings.HasPrefix(a, "automate-06-20261123T230000-") || len(a) != len("automate-06-20261123T230000-")+10 {
		t.Errorf("got %s and %s", a, b)
	}
}

func TestValidServerName(t *testing.T) {
	long := strings.Repeat("a", 40)
	for name, want := range map[string]bool{
		"a": true, "automate-06": true, "A1-": true, long: true,
		"": false, "6a": false, "-a": false, "a_b": false, "a.b": false, "a b": false, "a\n": false, "\na": false, "ä": false, long + "a": false,
	} {
		if got := maintenance.ValidServerName(name); got != want {
			t.Errorf("%q: got %v", name, got)
		}
	}
}

func TestOutcomes_ToldAndNamedOnce(t *testing.T) {
	names := map[string]bool{}
	for _, o := range maintenance.Outcomes() {
		if names[string(o)] || o == "" {
			t.Errorf("%q twice or empty", o)
		}
		names[string(o)] = true
	}
	for _, r := range maintenance.Reasons() {
		if names[string(r)] || r == "" {
			t.Errorf("%q twice or empty", r)
		}
		names[string(r)] = true
	}
	if maintenance.InProgress.Told() || maintenance.Ignored.Told() || !maintenance.Started.Told() || !maintenance.Errored.Told() {
		t.Error("the wrong outcomes are told")
	}
}

func TestError(t *testing.T) {
	cause := errors.New("answer")
	err := &maintenance.Error{Op: "describe server a", Reason: maintenance.Throttled, Err: cause}
	if err.Error() != "describe server a: throttled: answer" || !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	if maintenance.ReasonOf(cause) != maintenance.Unexpected || !maintenance.Throttled.Retryable() || maintenance.StartUnconfirmed.Retryable() {
		t.Error("the reason of an error is wrong")
	}
}
