package automation

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"opsworks-maintenance/lambda/maintenance"
)

// maxText bounds each part of the words of an execution, in bytes, so that a run's item stays small.
const maxText = 1000

// detailOf says how far an execution came, why it ended so, and where its steps got.
func detailOf(e *types.AutomationExecution, s secrets) string {
	text := string(e.AutomationExecutionStatus)
	if e.ExecutionStartTime != nil && e.ExecutionEndTime != nil {
		text += " after " + e.ExecutionEndTime.Sub(*e.ExecutionStartTime).Round(time.Second).String()
	}
	if why := why(e, s); why != "" {
		text += ": " + why
	}
	var steps []string
	for _, step := range e.StepExecutions {
		if step.StepStatus == types.AutomationExecutionStatusSuccess && aws.ToString(step.StepName) == upgradeStep && !upgrades(e.Parameters) {
			continue
		}
		steps = append(steps, aws.ToString(step.StepName)+" "+string(step.StepStatus))
	}
	if e.StepExecutionsTruncated {
		steps = append(steps, "…")
	}
	if len(steps) > 0 {
		text = strings.TrimRight(text, ".") + ". Steps: " + cut(strings.Join(steps, ", "))
	}
	if said := oneLine(strings.Join(e.Outputs[summaryOutput], " "), s); said != "" {
		text += ". Restore says: " + said
	}
	return text
}

// summaryOutput is the output of this project's runbooks in which their last step reports what operators should know, such as when the
// support of the product ends.
const summaryOutput = "Restore.Output"

// Our runbooks have a step that upgrades the product to the version they are given. Without one it ends in success and does nothing.
const (
	upgradeStep      = "Upgrade"
	versionParameter = "ProductVersion"
)

// upgrades is false for one of our runbooks that was given no version.
func upgrades(given parameters) bool {
	return given.runID() == "" || strings.Join(given[versionParameter], "") != ""
}

// stepOf is the step that goes on, or that failed the execution.
func stepOf(e *types.AutomationExecution) string {
	if step := deciding(e.StepExecutions); states[e.AutomationExecutionStatus] == maintenance.ExecutionFailed && step != nil {
		return aws.ToString(step.StepName)
	}
	return aws.ToString(e.CurrentStepName)
}

// why is the message of the step that decided, and the execution's own where it says more.
func why(e *types.AutomationExecution, s secrets) string {
	own := oneLine(aws.ToString(e.FailureMessage), s)
	step := deciding(e.StepExecutions)
	if step == nil {
		return own
	}
	name, message := "the step "+aws.ToString(step.StepName), oneLine(aws.ToString(step.FailureMessage), s)
	switch {
	case message == "" && own == "":
		return name
	case strings.Contains(message, strings.TrimRight(own, ".")):
		return name + ": " + message
	case strings.Contains(own, strings.TrimRight(message, ".")):
		return name + ": " + own
	default:
		return name + ": " + strings.TrimRight(message, ".") + ". The execution: " + own
	}
}

// deciding is the step that failed the execution: the first to fail of those whose failure does. A critical step makes it fail, which
// is the default, whatever runs after it; one that aborts ends it. A later one, such as what cleans up, did not decide.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-branchdocs.html and API_StepExecution
func deciding(steps []types.StepExecution) *types.StepExecution {
	var failed []types.StepExecution
	for _, step := range steps {
		critical := step.IsCritical == nil || *step.IsCritical
		aborts := step.OnFailure == nil || *step.OnFailure == "" || strings.EqualFold(*step.OnFailure, "Abort")
		if states[step.StepStatus] == maintenance.ExecutionFailed && (critical || aborts) {
			failed = append(failed, step)
		}
	}
	if len(failed) == 0 {
		return nil
	}
	first := slices.MinFunc(failed, func(a, b types.StepExecution) int {
		if a.ExecutionStartTime == nil || b.ExecutionStartTime == nil {
			return 0 // then the order of the answer counts
		}
		return cmp.Compare(a.ExecutionStartTime.UnixNano(), b.ExecutionStartTime.UnixNano())
	})
	return &first
}

// oneLine is a message on one line. The values go first: one that has blanks in it is not found when they have been squeezed.
func oneLine(message string, s secrets) string {
	return cut(strings.Join(strings.Fields(s.hide(message)), " "))
}

// cut shortens a text at a rune.
func cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	end := maxText
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
