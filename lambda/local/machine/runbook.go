package machine

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"opsworks-maintenance/lambda/local/simulator/ssm"
)

// Runbook is what the simulator plays of an Automation document: its steps, which take their time and end, and its parameters.
type Runbook struct {
	Steps      []ssm.Step
	Parameters []ssm.RunbookParameter
}

// ReadRunbook reads the JSON of an Automation document of any actions. Its steps are played in the document's order, whatever their
// nextStep; a step follows a failure only forward, because the simulator knows no way back.
func ReadRunbook(content []byte) (Runbook, error) {
	var document struct {
		Parameters map[string]struct {
			Default       any   `json:"default"`
			AllowedValues []any `json:"allowedValues"`
		} `json:"parameters"`
		MainSteps []struct {
			Name       string `json:"name"`
			OnFailure  string `json:"onFailure"`
			OnCancel   string `json:"onCancel"`
			IsCritical any    `json:"isCritical"` // documents have both true and "true"
			IsEnd      any    `json:"isEnd"`
		} `json:"mainSteps"`
	}
	if err := json.Unmarshal(content, &document); err != nil {
		return Runbook{}, fmt.Errorf("it is no JSON of a runbook; aws ssm get-document --document-format JSON gives that: %w", err)
	}
	if len(document.MainSteps) == 0 {
		return Runbook{}, errors.New("it has no mainSteps")
	}
	var runbook Runbook
	var names []string
	for _, step := range document.MainSteps {
		names = append(names, step.Name)
	}
	for i, step := range document.MainSteps {
		forward := func(next string) string {
			if slices.Index(names, strings.TrimPrefix(next, "step:")) > i || next == "Continue" {
				return next
			}
			return ""
		}
		runbook.Steps = append(runbook.Steps, ssm.Step{Name: step.Name, OnFailure: forward(step.OnFailure), OnCancel: forward(step.OnCancel),
			Optional: fmt.Sprint(step.IsCritical) == "false", End: fmt.Sprint(step.IsEnd) == "true"})
	}
	for name, declared := range document.Parameters {
		parameter := ssm.RunbookParameter{Name: name, Required: declared.Default == nil}
		for _, value := range declared.AllowedValues {
			parameter.AllowedValues = append(parameter.AllowedValues, fmt.Sprint(value))
		}
		if declared.Default != nil {
			parameter.Default = fmt.Sprint(declared.Default)
		}
		runbook.Parameters = append(runbook.Parameters, parameter)
	}
	slices.SortFunc(runbook.Parameters, func(a, b ssm.RunbookParameter) int { return strings.Compare(a.Name, b.Name) })
	return runbook, nil
}
