package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	dynamodb "github.com/truora/minidyn/server"

	"opsworks-maintenance/lambda/connect"
	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/notify"
	"opsworks-maintenance/lambda/settings"
)

// now is half a minute after the sample alarms.
var now = time.Date(2026, 11, 23, 23, 0, 0, 0, time.UTC)

// backend describes every server as HEALTHY unless told otherwise, and records what it started.
type backend struct {
	mu       sync.Mutex
	describe func(ctx context.Context, name string) (maintenance.Server, error)
	start    func(ctx context.Context, server maintenance.Server) (maintenance.Server, error)
	started  []string
	// reference is the name of what it started, progress how far that has come.
	reference string
	progress  maintenance.Progress
}

func (b *backend) Describe(ctx context.Context, name string) (maintenance.Server, error) {
	if b.describe != nil {
		return b.describe(ctx, name)
	}
	return maintenance.Server{Name: name, Backend: "opsworks-cm", Status: maintenance.Healthy}, nil
}

func (b *backend) Share() maintenance.Look {
	return func(context.Context, string) (maintenance.Server, error) {
		return maintenance.Server{}, &maintenance.Error{Op: "describe all servers", Reason: maintenance.Unavailable}
	}
}

func (b *backend) Find(context.Context, maintenance.Run) (maintenance.Evidence, error) {
	return maintenance.Evidence{}, nil
}

func (b *backend) Follow(context.Context, maintenance.Run, maintenance.Look) (maintenance.Progress, error) {
	return b.progress, nil
}

func (b *backend) Start(ctx context.Context, _ maintenance.Run, server maintenance.Server, _ []maintenance.EngineAttribute) (maintenance.Server, string, error) {
	b.mu.Lock()
	b.started = append(b.started, server.Name)
	b.mu.Unlock()
	if b.start != nil {
		server, err := b.start(ctx, server)
		return server, b.reference, err
	}
	server.Status = maintenance.UnderMaintenance
	return server, b.reference, nil
}

// notifier records what it is given and fails as told.
type notifier struct {
	mu      sync.Mutex
	err     error
	reports []maintenance.Report
	late    bool // a report came with a context that was over
}

func (n *notifier) Notify(ctx context.Context, r maintenance.Report) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.reports = append(n.reports, r)
	n.late = n.late || ctx.Err() != nil
	return n.err
}

type fixture struct {
	*Handler
	backend  *backend
	notifier *notifier
	log      *bytes.Buffer
	metrics  *bytes.Buffer
	ledger   *ledger.Ledger
	tables   *httptest.Server
}

func newFixture(t *testing.T, document string) fixture {
	t.Helper()
	if document == "" {
		b, err := os.ReadFile("../testdata/settings.json")
		if err != nil {
			t.Fatal(err)
		}
		document = string(b)
	}
	doc, err := settings.Parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	f := fixture{backend: &backend{}, notifier: &notifier{}, log: &bytes.Buffer{}, metrics: &bytes.Buffer{}}
	f.tables = httptest.NewServer(dynamodb.NewServer())
	t.Cleanup(f.tables.Close)
	config, err := awsConfig(func(string) string { return "us-east-1" }, &connect.Dialer{})
	if err != nil {
		t.Fatal(err)
	}
	config = at(config, f.tables.URL)
	if err := ledger.CreateTable(t.Context(), config, "runs"); err != nil {
		t.Fatal(err)
	}
	f.ledger = ledger.New(config, "runs")
	f.Handler = &Handler{
		Settings: &doc,
		Runner: &maintenance.Runner{
			Policy:   policies(&doc),
			Backends: map[string]maintenance.Backend{"opsworks-cm": f.backend},
			Now:      func() time.Time { return now },
			NewRunID: runIDs(),
			Ledger:   f.ledger,
			Notifier: f.notifier,
		},
		Log:     slog.New(slog.NewJSONHandler(f.log, nil)),
		Metrics: f.metrics,
		Now:     func() time.Time { return now },
	}
	return f
}

// runIDs numbers the runs from the second on.
func runIDs() func(string, time.Time) string {
	var n atomic.Int32
	return func(name string, _ time.Time) string {
		if n.Add(1) == 1 {
			return name + "-run"
		}
		return fmt.Sprintf("%s-run-%d", name, n.Load())
	}
}

func invocationContext(t *testing.T) context.Context { return requestContext(t, "request-1") }

func requestContext(t *testing.T, id string) context.Context {
	t.Helper()
	return lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{
		AwsRequestID: id, InvokedFunctionArn: "arn:aws:lambda:us-east-1:123456789012:function:opsworks-maintenance"})
}

func sample(t *testing.T, name string) []byte {
	t.Helper()
	payload, err := os.ReadFile(filepath.Join("../testdata/events", name))
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

// invoke gives the responses of an invocation that must not fail.
func (f fixture) invoke(t *testing.T, payload []byte) []Response {
	t.Helper()
	body, err := f.Invoke(invocationContext(t), payload)
	if err != nil {
		t.Fatal(err)
	}
	var several []Response
	if json.Unmarshal(body, &several) == nil {
		return several
	}
	var one Response
	if err := json.Unmarshal(body, &one); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return []Response{one}
}

// Every sample event, and what comes of it with testdata/settings.json: outcome, reason, server.
func TestHandler_Samples(t *testing.T) {
	none := []string(nil)
	for name, want := range map[string]struct {
		responses []string
		started   []string
	}{
		"alarm.json":                              {[]string{"started  automate-06 alarm"}, []string{"automate-06"}},
		"alarm-action.json":                       {[]string{"started  automate-06 alarm"}, []string{"automate-06"}},
		"alarm-suppression-over.json":             {[]string{"started  automate-06 alarm"}, []string{"automate-06"}},
		"alarm-by-dimension.json":                 {[]string{"started  puppet-01 alarm"}, []string{"puppet-01"}},
		"alarm-by-tag.json":                       {[]string{"started  automate-06 alarm"}, []string{"automate-06"}},
		"alarm-ok.json":                           {[]string{"ignored not-in-alarm  "}, none},
		"alarm-still-in-alarm.json":               {[]string{"ignored still-in-alarm  "}, none},
		"alarm-own.json":                          {[]string{"ignored own-alarm  "}, none},
		"alarm-disagreement.json":                 {[]string{"refused ambiguous  alarm"}, none},
		"alarm-unknown-server.json":               {[]string{"refused no-server  alarm"}, none},
		"alarm-other-account.json":                {[]string{"refused foreign-event  alarm"}, none},
		"rule.json":                               {[]string{"started  automate-06 schedule"}, []string{"automate-06"}},
		"scheduler-no-input.json":                 {[]string{"started  automate-06 schedule", "started  puppet-01 schedule"}, []string{"automate-06", "puppet-01"}},
		"schedule.json":                           {[]string{"started  automate-06 schedule", "started  puppet-01 schedule"}, []string{"automate-06", "puppet-01"}},
		"start.json":                              {[]string{"started  automate-06 manual"}, []string{"automate-06"}},
		"start-short.json":                        {[]string{"started  automate-06 manual"}, []string{"automate-06"}},
		"start-override.json":                     {[]string{"started  automate-06 manual"}, []string{"automate-06"}},
		"start-major-upgrade.json":                {[]string{"started  automate-06 manual"}, []string{"automate-06"}},
		"start-unknown-field.json":                {[]string{"refused invalid-request  "}, none},
		"stop.json":                               {[]string{"refused unsupported automate-06 manual"}, none},
		"close.json":                              {[]string{"refused invalid-request  manual"}, none},
		"sweep.json":                              {nil, none},
		"run-finished.json":                       {[]string{"ignored unknown-execution  "}, none},
		"run-step-finished.json":                  {[]string{"ignored unknown-event  "}, none},
		"aws/eb-alarm-state-metric.json":          {[]string{"refused no-server  alarm"}, none},
		"aws/eb-scheduled-event-rule.json":        {[]string{"refused no-server  schedule"}, none},
		"aws/lambda-alarm-metric.json":            {[]string{"refused foreign-event  alarm"}, none},
		"aws/sns-lambda-alarm-single-metric.json": {[]string{"ignored unknown-event  "}, none},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, "")
			var got []string
			for _, r := range f.invoke(t, sample(t, name)) {
				got = append(got, strings.Join([]string{string(r.Outcome), string(r.Reason), r.ServerName, string(r.Cause)}, " "))
				if r.Message == "" || (r.Outcome == maintenance.Ignored) != (r.RunID == "") {
					t.Errorf("message %q, run id %q", r.Message, r.RunID)
				}
			}
			if !reflect.DeepEqual(got, want.responses) {
				t.Errorf("got %q, want %q", got, want.responses)
			}
			if started := slices.Sorted(slices.Values(f.backend.started)); !reflect.DeepEqual(started, want.started) {
				t.Errorf("started %v, want %v", started, want.started)
			}
			told := 0
			for _, r := range want.responses {
				if !strings.HasPrefix(r, "ignored") && name != "close.json" {
					told++
				}
			}
			if len(f.notifier.reports) != told {
				t.Errorf("%d messages, want %d", len(f.notifier.reports), told)
			}
			if lines := strings.Count(f.log.String(), "\n"); lines != 1 {
				t.Errorf("%d log lines: %s", lines, f.log)
			}
		})
	}
}

// stopper is a backend that can stop what it started.
type stopper struct {
	*backend
	stopped []string
	err     error
}

func (s *stopper) Stop(_ context.Context, run maintenance.Run) error {
	s.stopped = append(s.stopped, run.Reference)
	return s.err
}

func TestHandler_Stop(t *testing.T) {
	f := newFixture(t, "")
	f.backend.reference = "execution-1"
	s := &stopper{backend: f.backend}
	f.Runner.Backends["opsworks-cm"] = s
	check := func(when string, outcome maintenance.Outcome, reason maintenance.Reason, message string) {
		t.Helper()
		if r := f.invoke(t, sample(t, "stop.json"))[0]; r.Outcome != outcome || r.Reason != reason || !strings.Contains(r.Message, message) {
			t.Errorf("%s: got %+v", when, r)
		}
	}
	check("nothing runs", maintenance.Refused, maintenance.NotRunning, "was not stopped: nothing runs that could be stopped")
	f.invoke(t, sample(t, "alarm.json"))
	check("it runs", maintenance.InProgress, maintenance.Stopping, "is being stopped")
	s.err = &maintenance.Error{Op: "stop", Reason: maintenance.NotRunning}
	check("it has just ended", maintenance.Refused, maintenance.NotRunning, "was not stopped")
	s.err = &maintenance.Error{Op: "stop", Reason: maintenance.Throttled}
	check("the service is busy", maintenance.Errored, maintenance.Throttled, "could not be stopped")
	if want := []string{"execution-1", "execution-1", "execution-1"}; !reflect.DeepEqual(s.stopped, want) {
		t.Errorf("stopped %v", s.stopped)
	}
}

// The event that an execution has a new status makes its run be followed at once, and any other nothing at all.
func TestHandler_RunFinished(t *testing.T) {
	f := newFixture(t, "")
	f.backend.reference = "333ba70b-2333-48db-b17e-a5e69c6f4d1c"
	event := sample(t, "run-finished.json")
	check := func(when string, outcome maintenance.Outcome, reason maintenance.Reason, messages int) {
		t.Helper()
		if got := f.invoke(t, event); len(got) != 1 || got[0].Outcome != outcome || got[0].Reason != reason {
			t.Errorf("%s: got %+v", when, got)
		}
		if n := len(f.notifier.reports); n != messages {
			t.Errorf("%s: %d messages, want %d", when, n, messages)
		}
	}
	check("before the start is recorded", maintenance.Ignored, maintenance.UnknownExecution, 0)
	f.invoke(t, sample(t, "alarm.json"))
	f.backend.progress = maintenance.Progress{State: maintenance.UnderWay}
	check("while it goes on", maintenance.Ignored, maintenance.NothingNew, 1)
	f.backend.progress = maintenance.Progress{State: maintenance.UnderWay, Warning: "the status Paused"}
	check("with a status nobody knows", maintenance.InProgress, maintenance.UnknownStatus, 1)
	f.backend.progress = maintenance.Progress{State: maintenance.Over, Server: maintenance.Server{Name: "automate-06", MaintenanceStatus: maintenance.MaintenanceSuccess}}
	event = bytes.ReplaceAll(event, []byte(`"us-east-1"`), []byte(`"eu-central-1"`))
	check("of another Region", maintenance.Ignored, maintenance.ForeignEvent, 1)
	event = sample(t, "run-finished.json")
	check("when it is over", maintenance.Succeeded, "", 2)
	check("a second time", maintenance.Ignored, maintenance.UnknownExecution, 2)

	f.tables.Close()
	check("without a ledger", maintenance.Errored, maintenance.LedgerUnavailable, 2)
}

// Every kind of bad input: a clear outcome, nothing started, and no error that would make Lambda repeat it.
func TestHandler_BadInput(t *testing.T) {
	long := strings.Repeat("a", 41)
	for _, tt := range []struct {
		name, payload string
		outcome       maintenance.Outcome
		reason        maintenance.Reason
	}{
		{"an empty body", "", "refused", "invalid-event"},
		{"null", "null", "ignored", "unknown-event"},
		{"an empty list", "[]", "ignored", "unknown-event"},
		{"a bomb of nested arrays", strings.Repeat("[", 1<<20), "refused", "invalid-event"},
		{"a bomb of nested arrays, closed", strings.Repeat("[", 1<<19) + strings.Repeat("]", 1<<19), "refused", "invalid-event"},
		{"a bomb inside an alarm", strings.Replace(string(sample(t, "alarm.json")), `"version": "0"`, `"version": `+strings.Repeat("[", 1<<19)+strings.Repeat("]", 1<<19), 1), "refused", "invalid-event"},
		{"a megabyte of noise", strings.Repeat("\x00\xff", 1<<19), "refused", "invalid-event"},
		{"a megabyte as a server name", `{"serverName": "` + strings.Repeat("a", 1<<20) + `"}`, "refused", "invalid-request"},
		{"a server name of 41 characters", `{"serverName": "` + long + `"}`, "refused", "invalid-request"},
		{"a server name with a line break", `{"serverName": "automate-06\n"}`, "refused", "invalid-request"},
		{"a server name with a quote and a shell command", `{"serverName": "a'; rm -rf /"}`, "refused", "invalid-request"},
		{"an unknown server", `{"serverName": "automate-07"}`, "refused", "not-allowed"},
		{"a schedule that names what is no server", `{"schedule": {"name": "other", "time": "2026-11-23T22:59:00Z"}, "serverNames": ["a b"]}`, "refused", "invalid-request"},
		{"a schedule that does not fit the settings", `{"schedule": {"name": "weekly", "time": "2026-11-23T22:59:00Z"}, "serverNames": ["mail-01"]}`, "refused", "ambiguous"},
		{"a dimension that is no server name", strings.Replace(string(sample(t, "alarm-by-dimension.json")), `"ServerName": "puppet-01"`, `"ServerName": "puppet 01"`, 1), "refused", "invalid-event"},
		{"an alarm in another Region", strings.ReplaceAll(string(sample(t, "alarm.json")), "us-east-1", "eu-west-1"), "refused", "foreign-event"},
		{"a schedule of another account", strings.ReplaceAll(string(sample(t, "rule.json")), "123456789012", "444455556666"), "refused", "foreign-event"},
		{"an old alarm", strings.ReplaceAll(string(sample(t, "alarm.json")), "2026-11-23T22:59:30.989", "2026-11-23T21:59:30.989"), "refused", "stale"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t, "")
			got := f.invoke(t, []byte(tt.payload))
			if len(got) != 1 || got[0].Outcome != tt.outcome || got[0].Reason != tt.reason {
				t.Errorf("got %+v, want %s %s", got, tt.outcome, tt.reason)
			}
			if len(f.backend.started) != 0 {
				t.Errorf("started %v", f.backend.started)
			}
			if f.log.Len() > 4096 {
				t.Errorf("a log line of %d bytes", f.log.Len())
			}
		})
	}
}

// wrongTypes replaces, one after the other, every value of a JSON document by values of other types.
func wrongTypes(doc any, visit func()) {
	replace := func(old any, set func(any)) {
		for _, wrong := range []any{nil, true, 7.5, "x", []any{}, map[string]any{}} {
			if reflect.TypeOf(wrong) != reflect.TypeOf(old) {
				set(wrong)
				visit()
			}
		}
		set(old)
		wrongTypes(old, visit)
	}
	switch doc := doc.(type) {
	case map[string]any:
		for name, old := range doc {
			replace(old, func(v any) { doc[name] = v })
		}
	case []any:
		for i, old := range doc {
			replace(old, func(v any) { doc[i] = v })
		}
	}
}

// A wrong type anywhere may make an event invalid, unknown or still valid; it never makes the function fail or start a server
// that the event does not name.
func TestHandler_WrongTypesInEveryField(t *testing.T) {
	for _, name := range []string{"alarm.json", "alarm-action.json", "alarm-by-tag.json", "rule.json", "scheduler-no-input.json", "schedule.json", "start-major-upgrade.json", "run-finished.json"} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, "")
			f.invoke(t, sample(t, name))
			may := slices.Clone(f.backend.started) // what the event starts as it is; nothing else may start
			var doc any
			if err := json.Unmarshal(sample(t, name), &doc); err != nil {
				t.Fatal(err)
			}
			variants := 0
			wrongTypes(doc, func() {
				variants++
				payload, err := json.Marshal(doc)
				if err != nil {
					t.Fatal(err)
				}
				f.backend.started = nil
				for _, r := range f.invoke(t, payload) {
					if r.Outcome == "" || r.Outcome == maintenance.Errored || r.Outcome == maintenance.Refused && r.Reason == "" {
						t.Errorf("%s gives %+v", payload, r)
					}
				}
				for _, server := range f.backend.started {
					if !slices.Contains(may, server) {
						t.Errorf("%s starts %s", payload, server)
					}
				}
			})
			if variants < 20 {
				t.Errorf("%d variants", variants)
			}
		})
	}
}

func TestHandler_FailedPublishHidesNothing(t *testing.T) {
	f := newFixture(t, "")
	f.notifier.err = errors.New("publish to arn:aws:sns:us-east-1:123456789012:maintenance: no")
	got := f.invoke(t, sample(t, "alarm.json"))
	if got[0].Outcome != maintenance.Started || !strings.HasSuffix(got[0].Message, "could not be published.") {
		t.Errorf("got %+v", got)
	}
	if len(f.backend.started) != 1 {
		t.Errorf("started %v", f.backend.started)
	}
	var line map[string]any
	if err := json.Unmarshal(f.log.Bytes(), &line); err != nil || line["level"] != "ERROR" || !strings.Contains(line["publishError"].(string), "maintenance: no") {
		t.Errorf("log %s (%v)", f.log, err)
	}
	if !strings.Contains(f.metrics.String(), `"PublishFailures":1`) {
		t.Errorf("metrics %s", f.metrics)
	}
}

// A refusal has no run by which it could be told later, so the event has to come again; a person sees it at once.
func TestHandler_ARefusalThatCannotBeTold(t *testing.T) {
	for event, retry := range map[string]bool{"alarm-unknown-server.json": true, "alarm-other-account.json": true, "start-unknown-field.json": false} {
		f := newFixture(t, "")
		f.notifier.err = errors.New("no")
		if body, err := f.Invoke(invocationContext(t), sample(t, event)); errors.As(err, new(*RetryError)) != retry {
			t.Errorf("%s: got %s, %v", event, body, err)
		}
	}
}

func TestHandler_WhatAFailedStartComesTo(t *testing.T) {
	for _, tt := range []struct {
		reason  maintenance.Reason
		event   string
		outcome maintenance.Outcome
		told    int
	}{
		{maintenance.Throttled, "alarm.json", maintenance.Waiting, 1},
		{maintenance.Unavailable, "alarm.json", maintenance.Waiting, 1},
		{maintenance.Unavailable, "rule.json", maintenance.Waiting, 1},
		{maintenance.Unavailable, "start.json", maintenance.Errored, 1}, // a person sees the outcome and decides
		{maintenance.Denied, "alarm.json", maintenance.Errored, 1},
		{maintenance.InvalidRequest, "alarm.json", maintenance.Refused, 1},
		{maintenance.StartUnconfirmed, "alarm.json", maintenance.Errored, 0}, // the sweep looks for evidence first
		{maintenance.Unexpected, "alarm.json", maintenance.Errored, 1},
	} {
		t.Run(string(tt.reason)+" "+tt.event, func(t *testing.T) {
			f := newFixture(t, "")
			f.backend.start = func(_ context.Context, s maintenance.Server) (maintenance.Server, error) {
				return s, &maintenance.Error{Op: "start maintenance of " + s.Name, Reason: tt.reason}
			}
			got := f.invoke(t, sample(t, tt.event))
			if got[0].Outcome != tt.outcome || got[0].Reason != tt.reason || len(f.notifier.reports) != tt.told {
				t.Errorf("got %+v, told %d", got, len(f.notifier.reports))
			}
		})
	}
}

// Without its ledger the function starts nothing, says so, and has the event delivered again; a person just sees it.
func TestHandler_WithoutALedgerNothingStarts(t *testing.T) {
	for _, tt := range []struct {
		event string
		retry bool
	}{
		{"alarm.json", true}, {"rule.json", true}, {"schedule.json", true}, {"start.json", false}, {"sweep.json", false},
	} {
		t.Run(tt.event, func(t *testing.T) {
			f := newFixture(t, "")
			f.tables.Close()
			ctx, cancel := context.WithTimeout(invocationContext(t), 3*time.Second)
			defer cancel()
			body, err := f.Invoke(ctx, sample(t, tt.event))
			if errors.As(err, new(*RetryError)) != tt.retry || (err != nil) != tt.retry {
				t.Errorf("got %s, %v", body, err)
			}
			if tt.retry && !strings.Contains(err.Error(), "the ledger of runs cannot be reached") {
				t.Errorf("the error says %q", err)
			}
			if len(f.backend.started) != 0 {
				t.Errorf("started %v", f.backend.started)
			}
			if tt.event != "sweep.json" && (len(f.notifier.reports) == 0 || f.notifier.reports[0].Reason != maintenance.LedgerUnavailable) {
				t.Errorf("told %+v", f.notifier.reports)
			}
		})
	}
}

// One server's failure must not be another's.
func TestHandler_OneOfSeveralFails(t *testing.T) {
	f := newFixture(t, strings.Replace(string(sample(t, "../settings.json")), `"maxConcurrent": 1,`, "", 1))
	f.backend.describe = func(_ context.Context, name string) (maintenance.Server, error) {
		if name == "puppet-01" {
			return maintenance.Server{}, &maintenance.Error{Op: "describe server puppet-01", Reason: maintenance.Throttled}
		}
		return maintenance.Server{Name: name, Status: maintenance.Healthy}, nil
	}
	got := f.invoke(t, sample(t, "schedule.json"))
	if got[0].Outcome != maintenance.Started || got[1].Outcome != maintenance.Waiting {
		t.Errorf("got %+v", got)
	}
	if !reflect.DeepEqual(f.backend.started, []string{"automate-06"}) || len(f.notifier.reports) != 2 {
		t.Errorf("started %v, told %d", f.backend.started, len(f.notifier.reports))
	}
	if !strings.Contains(f.metrics.String(), `"Outcome":"started","Outcomes":1`) || !strings.Contains(f.metrics.String(), `"Outcome":"waiting","Outcomes":1`) {
		t.Errorf("metrics %s", f.metrics)
	}
}

// A service that never answers leaves time to record and tell before the function's own deadline.
func TestHandler_HangingBackendIsToldInTime(t *testing.T) {
	f := newFixture(t, "")
	f.backend.describe = func(ctx context.Context, name string) (maintenance.Server, error) {
		<-ctx.Done()
		return maintenance.Server{}, &maintenance.Error{Op: "describe server " + name, Reason: maintenance.Unavailable, Err: ctx.Err()}
	}
	ctx, cancel := context.WithTimeout(invocationContext(t), time.Second)
	defer cancel()
	body, err := f.Invoke(ctx, sample(t, "alarm.json"))
	if ctx.Err() != nil {
		t.Error("the function's deadline has passed")
	}
	if err != nil || len(f.notifier.reports) != 1 || f.notifier.late || f.notifier.reports[0].Reason != maintenance.Unavailable {
		t.Errorf("got %s, %v, told %+v, late %v", body, err, f.notifier.reports, f.notifier.late)
	}
}

func TestHandler_PeoplesRequests(t *testing.T) {
	f := newFixture(t, "")
	ask := func(payload string, into any) {
		t.Helper()
		body, err := f.Invoke(invocationContext(t), []byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(body, into); err != nil {
			t.Fatalf("%v: %s", err, body)
		}
	}
	var plan PlanResponse
	ask(`{"plan": {"serverName": "automate-06"}}`, &plan)
	if len(plan.Answers) != 3 || plan.Answers[0].Outcome != maintenance.Started || plan.Answers[0].Message != "It would start now." || plan.Status != "HEALTHY" || len(f.backend.started) != 0 {
		t.Errorf("plan %+v, started %v", plan, f.backend.started)
	}
	var started Response
	ask(`{"start": {"serverName": "automate-06", "override": ["cooldown"]}}`, &started)
	ask(`{"plan": {"serverName": "automate-06"}}`, &plan)
	if plan.Lease != started.RunID || plan.Answers[2].Outcome != maintenance.InProgress {
		t.Errorf("plan %+v after %+v", plan, started)
	}
	var history HistoryResponse
	ask(`{"history": {"serverName": "automate-06"}}`, &history)
	if len(history.Runs) != 1 || history.Runs[0].RunID != started.RunID || history.Runs[0].State != maintenance.RunRunning || !reflect.DeepEqual(history.Runs[0].Override, []string{"cooldown"}) {
		t.Errorf("history %+v", history)
	}
	var closed Response
	ask(`{"close": {"runId": "`+started.RunID+`"}}`, &closed)
	if closed.Outcome != maintenance.Ended || closed.Reason != maintenance.ClosedByHand {
		t.Errorf("close %+v", closed)
	}
	ask(`{"plan": {"serverName": "nobody"}}`, &plan)
	if plan.Answers[0].Reason != maintenance.NotAllowed {
		t.Errorf("plan of nobody %+v", plan)
	}
	f.tables.Close()
	ask(`{"history": {"serverName": "automate-06"}}`, &history)
	if history.Reason != "ledger-unavailable" {
		t.Errorf("history without a ledger %+v", history)
	}
}

func TestHandler_LogsAndMetrics(t *testing.T) {
	f := newFixture(t, "")
	f.invoke(t, sample(t, "alarm.json"))
	want := `"msg":"event handled","requestId":"request-1","event":"alarm","response":{"outcome":"started","reason":"","serverName":"automate-06","cause":"alarm","runId":"automate-06-run","message":"Maintenance of automate-06 has started."},"durationMs":0}`
	if !strings.Contains(f.log.String(), want) {
		t.Errorf("log  %s\nwant %s", f.log, want)
	}
	metric := `{"Outcome":"started","Outcomes":1,"PublishFailures":0,"_aws":{"CloudWatchMetrics":[{"Namespace":"OpsWorksMaintenance","Dimensions":[["Outcome"]],"Metrics":[{"Name":"Outcomes","Unit":"Count"}]},{"Namespace":"OpsWorksMaintenance","Dimensions":[[]],"Metrics":[{"Name":"PublishFailures","Unit":"Count"}]}],"Timestamp":1795474800000}}` + "\n"
	if f.metrics.String() != metric {
		t.Errorf("metrics %s\nwant    %s", f.metrics, metric)
	}
}

// An alarm waits for the metric of a sweep; one that could not see the open runs must not keep it quiet.
func TestHandler_SweepsAreCounted(t *testing.T) {
	f := newFixture(t, "")
	f.invoke(t, sample(t, "sweep.json"))
	metric := `{"Sweeps":1,"_aws":{"CloudWatchMetrics":[{"Namespace":"OpsWorksMaintenance","Dimensions":[[]],"Metrics":[{"Name":"Sweeps","Unit":"Count"}]}],"Timestamp":1795474800000}}` + "\n"
	if f.metrics.String() != metric {
		t.Errorf("metrics %s\nwant    %s", f.metrics, metric)
	}
	f.metrics.Reset()
	f.tables.Close()
	f.invoke(t, sample(t, "sweep.json"))
	if strings.Contains(f.metrics.String(), "Sweeps") {
		t.Errorf("a sweep without the ledger is counted: %s", f.metrics)
	}
}

func TestHandler_NoValueOfAnEngineAttributeAnywhere(t *testing.T) {
	const canary = "canary-7f3a"
	for _, payload := range []string{
		`{"start": {"serverName": "automate-06", "engineAttributes": [{"name": "CHEF_MAJOR_UPGRADE", "value": "canary-7f3a"}]}}`,
		`{"start": {"serverName": "nobody", "engineAttributes": [{"name": "CHEF_MAJOR_UPGRADE", "value": "canary-7f3a"}]}}`,
		`{"start": {"serverName": "automate-06", "engineAttributes": [{"name": 7, "value": "canary-7f3a"}]}}`,
		`{"start": {"serverName": "automate-06", "engineAttributes": {"canary-7f3a": "canary-7f3a"}}}`,
		`{"start": {"serverName": "automate-06", "engineAttributes": "canary-7f3a"}}`,
		`{"start": {"serverName": "automate-06", "engineAttributes": [{"name": "N", "value": "canary-7f3a"}]`,
	} {
		f := newFixture(t, "")
		body, err := f.Invoke(invocationContext(t), []byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		all := string(body) + f.log.String() + f.metrics.String()
		for _, r := range f.notifier.reports {
			m, err := notify.Render(r, notify.Function{}, notify.Topics{Text: "x", Records: "x", Chat: "x"})
			if err != nil {
				t.Fatal(err)
			}
			all += m.Subject + m.Text + string(m.Record) + string(m.Chat) + fmt.Sprint(m.Attributes)
		}
		if strings.Contains(all, canary) {
			t.Errorf("%s: %s", payload, all)
		}
	}
}

func TestHandler_Window(t *testing.T) {
	const document = `{"servers": [{"name": "automate-06", "backend": "opsworks-cm", "alarms": ["automate-06-*"],
		"patience": "7d", "window": {"days": ["Sat"], "start": "22:00", "end": "04:00"}, "timezone": "Europe/Berlin"}]}`
	f := newFixture(t, document)
	if got := f.invoke(t, sample(t, "alarm.json")); got[0].Outcome != maintenance.Waiting || got[0].Reason != maintenance.OutsideWindow {
		t.Errorf("got %+v", got)
	}
	if until := f.notifier.reports[0].Until.Format(time.RFC3339); until != "2026-11-28T22:00:00+01:00" {
		t.Errorf("may start at %s", until)
	}
	if got := f.invoke(t, sample(t, "start-override.json")); got[0].Outcome != maintenance.Started {
		t.Errorf("with override: %+v", got)
	}
}

func TestHandler_WithoutAnARNNothingForeignIsLetIn(t *testing.T) {
	f := newFixture(t, "")
	body, err := f.Invoke(t.Context(), sample(t, "alarm.json"))
	if err != nil || !strings.Contains(string(body), `"foreign-event"`) || len(f.backend.started) != 0 {
		t.Errorf("got %s, %v", body, err)
	}
}

func TestWire(t *testing.T) {
	file := filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(file, sample(t, "../settings.json"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s",
		"TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:maintenance", "SETTINGS_FILE": file, "RUNS_TABLE": "runs",
	}
	wired := func(change map[string]string) error {
		_, _, err := wire(func(name string) string {
			if value, ok := change[name]; ok {
				return value
			}
			return good[name]
		}, slog.New(slog.DiscardHandler), &bytes.Buffer{})
		return err
	}
	if err := wired(nil); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(t.TempDir(), "broken.json")
	if err := os.WriteFile(broken, []byte(`{"servers": [{"name": "-", "backend": "opsworks-cm"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		change map[string]string
		want   []string
	}{
		{"ErrTable", map[string]string{"RUNS_TABLE": ""}, []string{"RUNS_TABLE"}},
		{"ErrTopic", map[string]string{"TOPIC_ARN": ""}, []string{"TOPIC_ARN"}},
		{"ErrNoSettings", map[string]string{"SETTINGS_FILE": file + "x"}, []string{"read settings", "no such file"}},
		{"ErrNoSettings beside the binary", map[string]string{"SETTINGS_FILE": ""}, []string{"settings.json: no such file"}},
		{"ErrBrokenSettings", map[string]string{"SETTINGS_FILE": broken}, []string{"servers[0].name"}},
		{"ErrAWS", map[string]string{"AWS_REGION": "", "AWS_ACCESS_KEY_ID": ""}, []string{"AWS_REGION is not set", "AWS_ACCESS_KEY_ID is not set"}},
		{"ErrEverything at once", map[string]string{"TOPIC_ARN": "x", "SETTINGS_FILE": broken, "AWS_REGION": ""}, []string{"TOPIC_ARN", "servers[0].name", "AWS_REGION"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := wired(tt.change)
			if !errors.As(err, new(*InitError)) {
				t.Fatalf("got %v", err)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in %v", want, err)
				}
			}
		})
	}
}

func TestAt_FirstEndpointGiven(t *testing.T) {
	config, err := awsConfig(func(string) string { return "x" }, &connect.Dialer{})
	if err != nil {
		t.Fatal(err)
	}
	if got := *at(config, "", "http://settings", "http://all").BaseEndpoint; got != "http://settings" {
		t.Errorf("got %s", got)
	}
	if at(config, "", "").BaseEndpoint != nil {
		t.Error("an endpoint from nowhere")
	}
}

// The settings list the outcomes a mailbox can be limited to, without importing the domain.
func TestOutcomesToldAreTheSettings(t *testing.T) {
	var told []string
	for _, o := range maintenance.Outcomes() {
		if o.Told() {
			told = append(told, string(o))
		}
	}
	if !reflect.DeepEqual(told, settings.ToldOutcomes()) {
		t.Errorf("the domain tells %v, the settings know %v", told, settings.ToldOutcomes())
	}
}
