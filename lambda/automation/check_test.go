package automation_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/automation"
	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/local/simulator/ssm"
	"opsworks-maintenance/lambda/maintenance"
)

const documentCall = "DescribeDocument"

// checkable are servers by what is to be said of their runbooks, and the words of what speaks against one.
var checkable = []struct {
	sentence string
	server   automation.Server
	words    []string // none: nothing does
	never    string
}{
	{"a runbook that takes what a start gives", servers["automate-06"], nil, ""},
	{"the node by another name", servers["puppet-01"], nil, ""},
	{"the run's id, which it takes", servers["ours-01"], nil, ""},
	{"by its ARN", servers["by-arn"], nil, ""},
	{"no such runbook", automation.Server{Runbook: "maintain-salt"}, []string{"the runbook maintain-salt", "InvalidDocument"}, ""},
	{"a runbook of another Region", automation.Server{Runbook: "arn:aws:ssm:eu-west-1:123456789012:document/maintain-chef"},
		[]string{"the runbook arn:aws:ssm:eu-west-1:123456789012:document/maintain-chef", "InvalidDocument"}, ""},
	{"no such version", automation.Server{Runbook: "maintain-chef", Version: "3"}, []string{"InvalidDocumentVersion", "no version 3"}, ""},
	{"a document of another type", automation.Server{Runbook: "always"},
		[]string{`it is a document of the type "ChangeCalendar", and only one of the type "Automation" can be started`}, ""},
	{"parameters that it does not have", automation.Server{Runbook: "maintain-chef",
		Parameters: map[string][]string{"Token": {secret}, "Tokens": {secret}, "packages": {"first-package"}}},
		[]string{": it has no parameter Tokens, packages, and a start would give it"}, secret},
	{"the node, which it does not take", automation.Server{Runbook: "bare"}, []string{"it has no parameter InstanceId, "}, ""},
	{"the node by a name that it does not have", automation.Server{Runbook: "bare", Parameters: map[string][]string{"Node": {"{node}"}}},
		[]string{"it has no parameter Node, "}, "InstanceId"},
	{"the run's id, which it does not take", automation.Server{Runbook: "maintain-chef", TakesRunID: true},
		[]string{"it has no parameter RunId, "}, ""},
}

// checking is a service, and a client whose settings have one server for each case.
func checking(t *testing.T) (*ssm.Service, func(automation.Server) *automation.Client) {
	t.Helper()
	sim := newSimulator(t)
	sim.SetCalendar("always", true, time.Time{})
	do(t, sim.AddRunbook("bare", 1, nil, []string{"patch"}))
	return sim, func(s automation.Server) *automation.Client {
		s.TagKey = "maintenance-server"
		return automation.New(configuration("http://ssm.invalid", doer{sim}), map[string]automation.Server{"automate-06": s}, time.Now)
	}
}

func TestClient_Check(t *testing.T) {
	for _, tt := range checkable {
		t.Run(tt.sentence, func(t *testing.T) {
			sim, with := checking(t)
			c := with(tt.server)
			for _, b := range []maintenance.Backend{c, c.Shared()} {
				err := b.(maintenance.Checker).Check(t.Context(), "automate-06")
				if tt.words == nil {
					do(t, err)
					continue
				}
				mustFail(t, err, maintenance.ReasonRunbookUnusable, append(tt.words, "check the runbook ")...)
				if tt.never != "" && strings.Contains(err.Error(), tt.never) {
					t.Errorf("%q is in %v", tt.never, err)
				}
			}
			if got := strings.Join(calls(sim), ","); got != documentCall+","+documentCall {
				t.Errorf("calls %s", got)
			}
		})
	}
	t.Run("a list of parameters without end is cut", func(t *testing.T) {
		_, with := checking(t)
		given := map[string][]string{}
		for i := range 200 { // as many as a start takes
			given[fmt.Sprintf("Parameter%041d", i)] = []string{secret}
		}
		err := with(automation.Server{Runbook: "maintain-chef", Parameters: given}).Check(t.Context(), "automate-06")
		mustFail(t, err, maintenance.ReasonRunbookUnusable, "…, and a start would give it")
		if n := len(err.Error()); n > 1200 {
			t.Errorf("%d bytes", n)
		}
	})
	t.Run("ErrNotFound a server that the settings do not have", func(t *testing.T) {
		sim, c := service(t)
		mustFail(t, c.Check(t.Context(), "mail-01"), maintenance.ReasonNotFound,
			"check the runbook of mail-01", "the settings have no such server")
		if n := len(sim.Calls()); n != 0 {
			t.Errorf("%d calls", n)
		}
	})
}

// What the check has nothing against a start is not refused for, and the reverse: the plan's word is what then happens.
func TestClient_CheckSaysWhatStartSays(t *testing.T) {
	for _, tt := range checkable {
		t.Run(tt.sentence, func(t *testing.T) {
			_, with := checking(t)
			c := with(tt.server)
			server := chef
			server.Runbook = tt.server.Runbook
			checked, started := c.Check(t.Context(), server.Name), c.Start(t.Context(), claimed(), server, nil).Err
			if maintenance.ReasonOf(checked) != maintenance.ReasonOf(started) {
				t.Errorf("the check says %v, the start %v", checked, started)
			}
		})
	}
}

// described answers a DescribeDocument with what the simulator would never say of a document.
func described(t *testing.T, status int, body string) *automation.Client {
	return scripted(t, func(string, map[string]any) (int, string) { return status, body })
}

func TestClient_CheckAsks(t *testing.T) {
	for name, want := range map[string]string{
		"automate-06": `{"DocumentVersion":"2","Name":"maintain-chef"}`,
		"by-arn":      `{"Name":"arn:aws:ssm:us-east-1:123456789012:document/maintain-chef"}`,
	} {
		t.Run(name, func(t *testing.T) {
			var asked []string
			c := scripted(t, func(operation string, request map[string]any) (int, string) {
				asked = append(asked, operation+" "+jsonOf(request))
				return 200, `{"Document":{"DocumentType":"Automation","Status":"Active",
					"Parameters":[{"Name":"InstanceId"},{"Name":"Token"},{"Name":"Packages"}]}}`
			})
			do(t, c.Check(t.Context(), name))
			if got := strings.Join(asked, "\n"); got != documentCall+" "+want {
				t.Errorf("asked %s", got)
			}
		})
	}
}

// The statuses and their StatusInformation are those of API_DocumentDescription.
func TestClient_CheckStatus(t *testing.T) {
	for status, words := range map[string]string{
		"Creating": `its status is "Creating", not "Active": not yet`,
		"Updating": `its status is "Updating", not "Active": not yet`,
		"Deleting": `its status is "Deleting", not "Active": not yet`,
		"Failed":   `its status is "Failed", not "Active": not yet`,
		"":         `its status is "", not "Active": not yet`,
	} {
		t.Run("status "+status, func(t *testing.T) {
			err := described(t, 200, fmt.Sprintf(`{"Document":{"DocumentType":"Automation","Status":%q,"StatusInformation":"not\nyet"}}`, status)).
				Check(t.Context(), "automate-06")
			mustFail(t, err, maintenance.ReasonRunbookUnusable, words)
		})
	}
	t.Run("a status that nothing explains", func(t *testing.T) {
		err := described(t, 200, `{"Document":{"DocumentType":"Automation","Status":"Failed"}}`).Check(t.Context(), "automate-06")
		mustFail(t, err, maintenance.ReasonRunbookUnusable)
		if !strings.HasSuffix(err.Error(), `not "Active"`) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("an explanation without end is cut", func(t *testing.T) {
		why := strings.Repeat("x", 1<<16)
		err := described(t, 200, `{"Document":{"DocumentType":"Automation","Status":"Failed","StatusInformation":"`+why+`"}}`).
			Check(t.Context(), "automate-06")
		mustFail(t, err, maintenance.ReasonRunbookUnusable, "xxx…")
		if n := len(err.Error()); n > 1200 {
			t.Errorf("%d bytes", n)
		}
	})
	t.Run("a runbook of change templates is none", func(t *testing.T) {
		err := described(t, 200, `{"Document":{"DocumentType":"Automation.ChangeTemplate","Status":"Active"}}`).Check(t.Context(), "automate-06")
		mustFail(t, err, maintenance.ReasonRunbookUnusable, `the type "Automation.ChangeTemplate"`)
	})
}

// The errors of DescribeDocument in its API reference, and the common ones.
func TestClient_CheckErrors(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]maintenance.Reason{
		"InvalidDocument":             maintenance.ReasonRunbookUnusable,
		"InvalidDocumentVersion":      maintenance.ReasonRunbookUnusable,
		"InternalServerError":         maintenance.ReasonUnavailable, // with status 500
		"AccessDeniedException":       maintenance.ReasonDenied,
		"UnrecognizedClientException": maintenance.ReasonDenied,
		"ThrottlingException":         maintenance.ReasonThrottled,
		"ValidationException":         maintenance.ReasonUnexpected,
		"TeapotException":             maintenance.ReasonUnexpected,
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			status := 400
			if code == "InternalServerError" {
				status = 500
			}
			err := described(t, status, `{"__type": "`+code+`", "Message": "no"}`).Check(t.Context(), "automate-06")
			mustFail(t, err, want, "check the runbook maintain-chef")
		})
	}
	for name, body := range map[string]string{"an answer without a document": `{}`, "half an answer": `{"Document": {"DocumentType": "Aut`} {
		t.Run("ErrUnavailable "+name, func(t *testing.T) {
			mustFail(t, described(t, 200, body).Check(t.Context(), "automate-06"), maintenance.ReasonUnavailable)
		})
	}
}

// A check that hangs leaves the other half of the time.
func TestClient_CheckThatHangs(t *testing.T) {
	t.Parallel()
	sim, c := service(t)
	inject(sim, documentCall, simulator.Hang)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	mustFail(t, c.Check(ctx, "automate-06"), maintenance.ReasonUnavailable)
	if ctx.Err() != nil {
		t.Error("it took all the time there was")
	}
}

// empty is a ledger in which nothing ever happened, for what only reads.
type empty struct{ maintenance.Ledger }

func (empty) Read(context.Context, string) (maintenance.Snapshot, error) {
	return maintenance.Snapshot{}, nil
}

func (empty) Node(context.Context, string) (string, error) { return "", nil }

// nobody is notified.
type nobody struct{ maintenance.Notifier }

func (nobody) Topics() []maintenance.Topic { return nil }

// A plan says beforehand that a runbook cannot be started, of every kind of trigger.
func TestRunner_PlanOfRunbooks(t *testing.T) {
	for _, tt := range checkable {
		t.Run(tt.sentence, func(t *testing.T) {
			sim, with := checking(t)
			r := &maintenance.Runner{
				Policy: func(string) (maintenance.Policy, bool) {
					return maintenance.Policy{Backend: automation.Backend, Enabled: true}, true
				},
				Backends: map[string]maintenance.Backend{automation.Backend: with(tt.server)},
				Ledger:   empty{}, Notifier: nobody{}, Now: time.Now, NewID: maintenance.NewID,
			}
			plan := r.Plan(t.Context(), "automate-06")
			if plan.Err != nil || len(plan.Answers) != 3 {
				t.Fatalf("the plan is %+v", plan)
			}
			want, reason := maintenance.OutcomeStarted, maintenance.Reason("")
			if tt.words != nil {
				want, reason = maintenance.OutcomeError, maintenance.ReasonRunbookUnusable
			}
			for _, answer := range plan.Answers {
				if answer.Outcome != want || answer.Reason != reason {
					t.Errorf("%s: %s %s (%s), want %s %s", answer.Trigger, answer.Outcome, answer.Reason, answer.Detail, want, reason)
				}
				for _, word := range tt.words {
					if !strings.Contains(answer.Detail, word) {
						t.Errorf("%s: %q is not in %q", answer.Trigger, word, answer.Detail)
					}
				}
			}
			if times(sim, startCall) != 0 {
				t.Error("the plan started something")
			}
		})
	}
}
