package automation_test

import (
	"strings"
	"testing"
)

// detail is what a message gets of an execution that the service answers so.
func detail(t *testing.T, execution string) string {
	t.Helper()
	c := inMemory(script(t, func(operation string, _ map[string]any) (int, string) {
		if operation != getCall {
			return 200, `{}`
		}
		return 200, `{"AutomationExecution": ` + execution + `}`
	}))
	run := claimed()
	run.Reference = "x"
	return one(t, c.Follow(t.Context(), run)).Detail
}

// Row 21 of the core issue: the reason was that of the first step that failed, even if its failure was no matter, and what the execution
// itself said was nowhere.
func TestClient_FollowNamesTheStepThatDecided(t *testing.T) {
	const (
		optional = `"IsCritical": false, "OnFailure": "Continue"`
		critical = `"IsCritical": true, "OnFailure": "step:c"`
		aborting = `"IsCritical": false, "OnFailure": "Abort"`
	)
	step := func(name, status, more, message string) string {
		return `{"StepName": "` + name + `", "StepStatus": "` + status + `", "FailureMessage": "` + message + `", ` + more + `}`
	}
	for _, tt := range []struct {
		name, status string
		steps        []string
		own          string
		want         string // up to the steps
	}{
		{"not the first, if its failure was no matter", "Failed",
			[]string{step("a", "Failed", optional, "first"), step("b", "Failed", critical, "second"), step("c", "Success", critical, "")}, "",
			"Failed: the step b: second"},
		{"not the last, which only cleans up", "Failed", []string{step("a", "TimedOut", critical, "first"), step("c", "Failed", critical,
			"last")}, "",
			"Failed: the step a: first"},
		{"one that aborts, though it is not critical", "Failed", []string{step("a", "Failed", optional, "first"), step("b", "Failed", aborting,
			"second")}, "",
			"Failed: the step b: second"},
		{"one of which nothing is said is critical and aborts: the service's defaults", "Failed",
			[]string{`{"StepName": "a", "StepStatus": "Failed", "FailureMessage": "first"}`}, "", "Failed: the step a: first"},
		{"the first in time, in whatever order they are listed", "Failed", []string{
			step("b", "Failed", critical+`, "ExecutionStartTime": 20`, "later"), step("a", "Failed", critical+`, "ExecutionStartTime": 10`,
				"earlier")}, "",
			"Failed: the step a: earlier"},
		{"without a message, by its name", "Failed", []string{step("a", "Failed", critical, "")}, "", "Failed: the step a"},
		{"what the execution says, where no step decided", "Failed", []string{step("a", "Failed", optional, "no matter")}, "no role",
			"Failed: no role"},
		{"what the execution says, where there are no steps", "Failed", nil, "no role", "Failed: no role"},
		{"what the execution says beside the step", "Failed", []string{step("a", "Failed", critical, "first.")}, "The role has no permission.",
			"Failed: the step a: first. The execution: The role has no permission"},
		{"what the execution says, if the step's words are in it", "Failed", []string{step("a", "Failed", critical, "first.")},
			"Step a failed: first. See the log.",
			"Failed: the step a: Step a failed: first. See the log"},
		{"not what the execution says, if the step says it", "Failed", []string{step("a", "Failed", critical, "Step a failed: first")}, "first.",
			"Failed: the step a: Step a failed: first"},
		{"nothing of a step whose failure was no matter, if all went well", "Success", []string{step("a", "Failed", optional, "no matter")}, "",
			"Success"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := detail(t, `{"AutomationExecutionStatus": "`+tt.status+`", "FailureMessage": "`+tt.own+`",
				"StepExecutions": [`+strings.Join(tt.steps, ",")+`]}`)
			if got, _, _ = strings.Cut(got, ". Steps: "); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestClient_FollowDetail(t *testing.T) {
	t.Run("how long it took, and where the steps got", func(t *testing.T) {
		got := detail(t, `{"AutomationExecutionStatus": "Success", "ExecutionStartTime": 1795474800, "ExecutionEndTime": 1795478400.4,
			"StepExecutions": [{"StepName": "a", "StepStatus": "Success"}, {"StepName": "b", "StepStatus": "Success"}]}`)
		if want := "Success after 1h0m0s. Steps: a Success, b Success"; got != want {
			t.Errorf("got %q", got)
		}
	})
	t.Run("no upgrade of one of our runbooks that was asked for none", func(t *testing.T) {
		const of = `"AutomationExecutionStatus": "Success", "StepExecutions": [{"StepName": "Patch", "StepStatus": "Success"},
			{"StepName": "Upgrade", "StepStatus": "Success"}]}`
		for parameters, want := range map[string]string{
			`{"RunId": ["r"]}`: "Success. Steps: Patch Success", `{"RunId": ["r"], "ProductVersion": [""]}`: "Success. Steps: Patch Success",
			`{"RunId": ["r"], "ProductVersion": ["5.0"]}`: "Success. Steps: Patch Success, Upgrade Success",
			`{}`: "Success. Steps: Patch Success, Upgrade Success",
		} {
			if got := detail(t, `{"Parameters": `+parameters+`, `+of); got != want {
				t.Errorf("%s: got %q", parameters, got)
			}
		}
	})
	t.Run("that there are more steps than the answer has", func(t *testing.T) {
		got := detail(t, `{"AutomationExecutionStatus": "InProgress", "StepExecutionsTruncated": true,
			"StepExecutions": [{"StepName": "a", "StepStatus": "Success"}]}`)
		if want := "InProgress. Steps: a Success, …"; got != want {
			t.Errorf("got %q", got)
		}
	})
	t.Run("a long message is cut, at a character", func(t *testing.T) {
		got := detail(t, `{"AutomationExecutionStatus": "Failed", "FailureMessage": "x`+strings.Repeat("ä", 5000)+`"}`)
		if want := "Failed: x" + strings.Repeat("ä", 499) + "…"; got != want {
			t.Errorf("%d bytes", len(got))
		}
	})
	t.Run("many steps are cut", func(t *testing.T) {
		steps := strings.Repeat(`{"StepName": "a-step-with-a-name", "StepStatus": "Success"},`, 200)
		if got := detail(t, `{"AutomationExecutionStatus": "Success", "StepExecutions": [`+strings.TrimSuffix(steps, ",")+`]}`); len(got) > 1100 {
			t.Errorf("%d bytes", len(got))
		}
	})
}
