package function_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"opsworks-maintenance/lambda/function"
	"opsworks-maintenance/lambda/maintenance"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// now is half a minute after the sample alarms.
var now = time.Date(2026, 11, 23, 23, 0, 0, 0, time.UTC)

const (
	functionARN  = "arn:aws:lambda:us-east-1:123456789012:function:opsworks-maintenance"
	operatorsARN = functionARN + ":operators"
)

// runner records what the handler asks of the domain, and answers as told; untold, it says what the comments on *maintenance.Runner
// promise at the least: a report for each request, a refusal for each refusal, and nothing else.
type runner struct {
	requests  []maintenance.Request
	refusals  []maintenance.Refusal
	cleared   []string
	alarm     maintenance.Trigger
	operators []maintenance.Operator
	holds     []maintenance.HoldRequest
	atWork    []maintenance.Run
	looked    []string

	report   func(maintenance.Report) maintenance.Report
	clear    []maintenance.Report
	finished func(reference string) (maintenance.Report, bool, error)
	swept    maintenance.SweepResult
	planned  maintenance.Plan
	fleet    maintenance.Fleet
	runs     []maintenance.Run
	err      error
}

func (r *runner) told(report maintenance.Report) maintenance.Report {
	report.At = now
	if r.report != nil {
		return r.report(report)
	}
	return report
}

func (r *runner) Ask(_ context.Context, requests []maintenance.Request) (reports []maintenance.Report) {
	r.requests = append(r.requests, requests...)
	for _, q := range requests {
		reports = append(reports, r.told(maintenance.Report{
			Outcome: maintenance.OutcomeStarted, ServerName: q.ServerName, Trigger: q.Trigger, RunID: q.ServerName + "-run", Count: true,
		}))
	}
	return reports
}

func (r *runner) Clear(_ context.Context, serverNames []string, alarm maintenance.Trigger) []maintenance.Report {
	r.cleared, r.alarm = serverNames, alarm
	return r.clear
}

func (r *runner) Refuse(_ context.Context, refusal maintenance.Refusal) maintenance.Report {
	r.refusals = append(r.refusals, refusal)
	return r.told(maintenance.Report{
		Outcome: maintenance.OutcomeRefused, Reason: refusal.Reason, ServerName: refusal.ServerName, Trigger: refusal.Trigger,
		Detail: refusal.Detail, RunID: "refusal", Count: true,
	})
}

func (r *runner) Finished(_ context.Context, reference string) (maintenance.Report, bool, error) {
	r.looked = append(r.looked, "finished "+reference)
	if r.finished == nil {
		return maintenance.Report{}, false, nil
	}
	return r.finished(reference)
}

func (r *runner) Sweep(context.Context) maintenance.SweepResult {
	r.looked = append(r.looked, "sweep")
	return r.swept
}

func (r *runner) Stop(_ context.Context, o maintenance.Operator) maintenance.Report {
	r.operators = append(r.operators, o)
	return r.told(maintenance.Report{
		Outcome: maintenance.OutcomeInProgress, Reason: maintenance.ReasonStopping, ServerName: o.ServerName, RunID: o.RunID,
		Trigger: o.Trigger,
	})
}

func (r *runner) Close(_ context.Context, o maintenance.Operator) maintenance.Report {
	r.operators = append(r.operators, o)
	return r.told(maintenance.Report{
		Outcome: maintenance.OutcomeFailed, Reason: maintenance.ReasonClosedByHand, ServerName: o.ServerName, RunID: o.RunID,
		Trigger: o.Trigger,
	})
}

func (r *runner) Approve(_ context.Context, o maintenance.Operator) maintenance.Report {
	r.operators = append(r.operators, o)
	return r.told(maintenance.Report{Outcome: maintenance.OutcomeWaiting, ServerName: o.ServerName, RunID: o.RunID, Trigger: o.Trigger})
}

func (r *runner) Hold(_ context.Context, q maintenance.HoldRequest) maintenance.HoldAnswer {
	r.holds = append(r.holds, q)
	return maintenance.HoldAnswer{Report: r.told(maintenance.Report{Outcome: maintenance.OutcomeHeld, ServerName: q.ServerName,
		RunID: "record", Trigger: q.Trigger, Until: q.Until}), Quiet: now.Add(time.Minute), AtWork: r.atWork}
}

func (r *runner) Release(_ context.Context, q maintenance.HoldRequest) maintenance.HoldAnswer {
	r.holds = append(r.holds, q)
	return maintenance.HoldAnswer{Report: r.told(maintenance.Report{Outcome: maintenance.OutcomeReleased, ServerName: q.ServerName,
		RunID: "record", Trigger: q.Trigger})}
}

func (r *runner) Plan(_ context.Context, serverName string) maintenance.Plan {
	r.looked = append(r.looked, "plan "+serverName)
	return r.planned
}

func (r *runner) Status(_ context.Context, serverNames []string) maintenance.Fleet {
	r.looked = append(r.looked, "status "+strings.Join(serverNames, " "))
	return r.fleet
}

func (r *runner) History(_ context.Context, serverName string, _ int) ([]maintenance.Run, error) {
	r.looked = append(r.looked, "history "+serverName)
	return r.runs, r.err
}

// touched reports whether the domain was asked for anything but to record a refusal.
func (r *runner) touched() bool {
	return len(r.requests)+len(r.cleared)+len(r.operators)+len(r.holds)+len(r.looked) > 0
}

type fixture struct {
	*function.Handler
	runner  *runner
	log     *bytes.Buffer
	metrics *bytes.Buffer
}

// newFixture is a handler with the settings of testdata, or with those given.
func newFixture(t testing.TB, document ...string) fixture {
	t.Helper()
	text := string(file(t, "../../testdata/settings.json"))
	if len(document) > 0 {
		text = document[0]
	}
	f := fixture{runner: &runner{}, log: &bytes.Buffer{}, metrics: &bytes.Buffer{}}
	f.Handler = &function.Handler{
		Name: "opsworks-maintenance", Version: "v2", Settings: function.Resolved(t, text), Runner: f.runner,
		Log:     slog.New(slog.NewJSONHandler(f.log, nil)),
		Metrics: f.metrics, Now: func() time.Time { return now },
	}
	return f
}

func file(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func sample(t testing.TB, name string) []byte {
	return file(t, filepath.Join("../../testdata/events", name))
}

// changed is a sample with one text in it replaced.
func changed(t testing.TB, name, old, new string) []byte {
	t.Helper()
	text := string(sample(t, name))
	if !strings.Contains(text, old) {
		t.Fatalf("%s has no %s", name, old)
	}
	return []byte(strings.ReplaceAll(text, old, new))
}

// invokedBy is the context of an invocation, as Lambda gives it: by an ARN that has the qualifier, if the invoker gave one.
// https://docs.aws.amazon.com/lambda/latest/dg/golang-context.html
func invokedBy(t testing.TB, arn string) context.Context {
	t.Helper()
	return lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "request-1", InvokedFunctionArn: arn})
}

// invoke gives the responses of an invocation that must not fail.
func (f fixture) invoke(t testing.TB, arn string, payload []byte) []function.Response {
	t.Helper()
	body := f.answer(t, arn, payload)
	var several []function.Response
	if json.Unmarshal(body, &several) == nil {
		return several
	}
	var one function.Response
	if err := json.Unmarshal(body, &one); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return []function.Response{one}
}

func (f fixture) answer(t testing.TB, arn string, payload []byte) []byte {
	t.Helper()
	body, err := f.Invoke(invokedBy(t, arn), payload)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// lines are the lines of log, decoded.
func (f fixture) lines(t testing.TB) (lines []map[string]any) {
	t.Helper()
	for line := range strings.Lines(f.log.String()) {
		var attrs map[string]any
		if err := json.Unmarshal([]byte(line), &attrs); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, attrs)
	}
	return lines
}

// golden compares a document with a file of testdata.
func golden(t *testing.T, name string, document []byte) {
	t.Helper()
	var indented bytes.Buffer
	if err := json.Indent(&indented, document, "", "  "); err != nil {
		t.Fatal(err)
	}
	indented.WriteByte('\n')
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, indented.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := file(t, path); !bytes.Equal(want, indented.Bytes()) {
		t.Errorf("got %s\nwant %s", indented.Bytes(), want)
	}
}
