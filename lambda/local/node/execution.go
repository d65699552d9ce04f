package node

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Words of Automation for what becomes of an execution and its steps.
const (
	Success   = "Success"
	Failed    = "Failed"
	TimedOut  = "TimedOut"
	Cancelled = "Cancelled"
)

// afterCancel is how long the steps of a cancelled execution have that run nevertheless.
const afterCancel = 2 * time.Minute

// StepResult is what came of one step.
type StepResult struct {
	Name, Status string
	Result
}

// Execution is what came of a document.
type Execution struct {
	Status string
	Steps  []StepResult
}

// Step returns the result of a step, and whether it ran.
func (e Execution) Step(name string) (StepResult, bool) {
	for _, s := range e.Steps {
		if s.Name == name {
			return s, true
		}
	}
	return StepResult{}, false
}

// Outputs are those that the document names, as Automation gives them.
func (e Execution) Outputs(d Document) map[string][]string {
	outputs := map[string][]string{}
	for _, name := range d.Outputs {
		step, field, _ := strings.Cut(name, ".")
		if result, ran := e.Step(step); ran && field == "Output" {
			outputs[name] = []string{result.Output}
		}
	}
	return outputs
}

// Automation executes documents on this machine.
type Automation struct {
	Agent Agent
	// Patch stands in for AWS-RunPatchBaseline, which is AWS's own. It gets the step's parameters.
	Patch func(ctx context.Context, parameters map[string]string) (string, error)
	// Begins and Ends hear of each step, if they are set.
	Begins func(step string)
	Ends   func(step StepResult)
	// Limits are shorter limits for steps than the document's.
	Limits map[string]time.Duration
}

// Execute a document, by User Guide, "Properties shared by all actions". When ctx is done the execution is cancelled: the step that runs is
// killed, and the step that onCancel names has two minutes.
func (a Automation) Execute(ctx context.Context, d Document, id string, given map[string]string) (Execution, error) {
	values := d.values(given)
	values["automation:EXECUTION_ID"] = id
	steps := map[string]Step{}
	for _, step := range d.MainSteps {
		steps[step.Name] = step
	}
	e := Execution{Status: Success}
	for next := d.MainSteps[0].Name; next != ""; {
		step, ok := steps[next]
		if !ok {
			return e, fmt.Errorf("the runbook has no step %q", next)
		}
		if a.Begins != nil {
			a.Begins(step.Name)
		}
		result, err := a.step(ctx, step, values)
		if err != nil {
			return e, err
		}
		next = step.NextStep
		if result.Status != Success {
			next = step.OnFailure
			if step.IsCritical == nil || *step.IsCritical {
				e.Status = result.Status
			}
		}
		if ctx.Err() != nil && e.Status != Cancelled {
			result.Status, e.Status, next = Cancelled, Cancelled, step.OnCancel
			rest, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterCancel)
			defer cancel()
			ctx = rest
		}
		e.Steps = append(e.Steps, result)
		if a.Ends != nil {
			a.Ends(result)
		}
		if step.IsEnd || next == "Abort" {
			break
		}
		next = strings.TrimPrefix(next, "step:")
	}
	return e, nil
}

func (a Automation) step(ctx context.Context, step Step, values map[string]string) (StepResult, error) {
	result := StepResult{Name: step.Name, Status: Success}
	parameters := map[string]string{}
	for name, lines := range step.Inputs.Parameters {
		text, err := place(strings.Join(lines, "\n"), values)
		if err != nil {
			return result, err
		}
		parameters[name] = text
	}
	switch step.Inputs.DocumentName {
	case "AWS-RunPatchBaseline":
		output, err := a.Patch(ctx, parameters)
		result.Output = output
		if err != nil {
			result.Status, result.Code = Failed, 1
		}
		return result, nil
	case "AWS-RunShellScript":
	default:
		return result, fmt.Errorf("the step %s runs %s, which is not known here", step.Name, step.Inputs.DocumentName)
	}
	seconds, err := strconv.Atoi(parameters["executionTimeout"])
	if err != nil {
		return result, fmt.Errorf("the step %s: its executionTimeout: %w", step.Name, err)
	}
	limit := time.Duration(seconds) * time.Second
	if shorter, ok := a.Limits[step.Name]; ok {
		limit = shorter
	}
	result.Result, err = a.Agent.Run(ctx, parameters["commands"]+"\n", limit)
	switch {
	case err != nil:
		return result, err
	case result.Killed:
		result.Status = TimedOut
	case result.Code != 0:
		result.Status = Failed
	}
	return result, nil
}
