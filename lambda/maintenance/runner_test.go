package maintenance_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// backend answers as its fields say and records what it was asked.
type backend struct {
	describe func() (maintenance.Server, error)
	start    func(maintenance.Server) (maintenance.Server, error)
	calls    []string
}

func (b *backend) Describe(_ context.Context, name string) (maintenance.Server, error) {
	b.calls = append(b.calls, "describe "+name)
	return b.describe()
}

func (b *backend) Start(_ context.Context, server maintenance.Server, _ []maintenance.EngineAttribute) (maintenance.Server, error) {
	b.calls = append(b.calls, "start "+server.Name)
	return b.start(server)
}

func TestRunner_Run(t *testing.T) {
	server := func(s maintenance.Status) maintenance.Server {
		return maintenance.Server{Name: "automate-06", Backend: "opsworks-cm", Status: s}
	}
	describes := func(s maintenance.Status) func() (maintenance.Server, error) {
		return func() (maintenance.Server, error) { return server(s), nil }
	}
	fails := func(r maintenance.Reason) error {
		return &maintenance.Error{Op: "call", Reason: r, Err: errors.New("as the service said")}
	}
	starts := func(s maintenance.Status, err error) func(maintenance.Server) (maintenance.Server, error) {
		return func(maintenance.Server) (maintenance.Server, error) { return server(s), err }
	}
	must := func(maintenance.Server) (maintenance.Server, error) { panic("must not start") }
	const describeOnly, both = "describe automate-06", "describe automate-06,start automate-06"

	for _, tt := range []struct {
		name    string
		request string
		backend backend
		policy  func(*maintenance.Policy)
		outcome maintenance.Outcome
		reason  maintenance.Reason
		calls   string
	}{
		{"a healthy server is started", "automate-06", backend{describe: describes("HEALTHY"), start: starts("UNDER_MAINTENANCE", nil)}, nil,
			maintenance.Started, "", both},
		{"an unhealthy server is started", "automate-06", backend{describe: describes("UNHEALTHY"), start: starts("UNDER_MAINTENANCE", nil)}, nil,
			maintenance.Started, "", both},
		{"a server nobody allowed is not even looked at", "mail-01", backend{}, nil,
			maintenance.Refused, maintenance.NotAllowed, ""},
		{"a disabled server is not even looked at", "automate-06", backend{}, func(p *maintenance.Policy) { p.Enabled = false },
			maintenance.Refused, maintenance.Disabled, ""},
		{"a backend this build does not have", "automate-06", backend{}, func(p *maintenance.Policy) { p.Backend = "ssm" },
			maintenance.Refused, maintenance.Unsupported, ""},
		{"a server the backend does not know", "automate-06", backend{describe: func() (maintenance.Server, error) {
			return maintenance.Server{}, fails(maintenance.NotFound)
		}, start: must}, nil, maintenance.Refused, maintenance.NotFound, describeOnly},
		{"a server that cannot be looked at is not started", "automate-06", backend{describe: func() (maintenance.Server, error) {
			return maintenance.Server{}, fails(maintenance.Unavailable)
		}, start: must}, nil, maintenance.Errored, maintenance.Unavailable, describeOnly},
		{"a look that fails for no known reason", "automate-06", backend{describe: func() (maintenance.Server, error) {
			return maintenance.Server{}, errors.New("?")
		}, start: must}, nil, maintenance.Errored, maintenance.Unexpected, describeOnly},
		{"a server under maintenance already", "automate-06", backend{describe: describes("UNDER_MAINTENANCE"), start: must}, nil,
			maintenance.InProgress, "", describeOnly},
		{"a server that is being backed up", "automate-06", backend{describe: describes("BACKING_UP"), start: must}, nil,
			maintenance.Refused, maintenance.WrongState, describeOnly},
		{"outside the window", "automate-06", backend{describe: describes("HEALTHY"), start: must}, func(p *maintenance.Policy) { p.Window.Hours = weekend{} },
			maintenance.Refused, maintenance.OutsideWindow, describeOnly},
		{"somebody else was faster", "automate-06", backend{describe: describes("HEALTHY"), start: starts("UNDER_MAINTENANCE", fails(maintenance.WrongState))}, nil,
			maintenance.InProgress, "", both},
		{"the state changed under our hands", "automate-06", backend{describe: describes("HEALTHY"), start: starts("BACKING_UP", fails(maintenance.WrongState))}, nil,
			maintenance.Refused, maintenance.WrongState, both},
		{"nobody can tell whether it started", "automate-06", backend{describe: describes("HEALTHY"), start: starts("HEALTHY", fails(maintenance.StartUnconfirmed))}, nil,
			maintenance.Errored, maintenance.StartUnconfirmed, both},
		{"the role may not start it", "automate-06", backend{describe: describes("HEALTHY"), start: starts("HEALTHY", fails(maintenance.Denied))}, nil,
			maintenance.Errored, maintenance.Denied, both},
		{"the service does not like the attributes", "automate-06", backend{describe: describes("HEALTHY"), start: starts("HEALTHY", fails(maintenance.InvalidRequest))}, nil,
			maintenance.Refused, maintenance.InvalidRequest, both},
	} {
		t.Run(tt.name, func(t *testing.T) {
			policy := maintenance.Policy{Backend: "opsworks-cm", Enabled: true, StaleAfter: time.Hour}
			if tt.policy != nil {
				tt.policy(&policy)
			}
			runner := maintenance.Runner{
				Policy:   func(name string) (maintenance.Policy, bool) { return policy, name == "automate-06" },
				Backends: map[string]maintenance.Backend{"opsworks-cm": &tt.backend},
				Now:      func() time.Time { return now },
				NewRunID: func(name string, _ time.Time) string { return name + "-run" },
			}
			report := runner.Run(t.Context(), maintenance.Request{ServerName: tt.request, Cause: maintenance.Cause{Kind: maintenance.CauseAlarm, Time: now}})
			if report.Outcome != tt.outcome || report.Reason != tt.reason {
				t.Errorf("got %s %s (%s), want %s %s", report.Outcome, report.Reason, report.Detail, tt.outcome, tt.reason)
			}
			if got := strings.Join(tt.backend.calls, ","); got != tt.calls {
				t.Errorf("calls %q, want %q", got, tt.calls)
			}
			if report.RunID != tt.request+"-run" || report.Server.Name != tt.request || !report.At.Equal(now) {
				t.Errorf("incomplete report %+v", report)
			}
		})
	}
}

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
