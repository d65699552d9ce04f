package ssm

import (
	"cmp"
	"strconv"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
)

// executionShape is the AutomationExecution structure on the wire, as far as a plain execution has it.
type executionShape struct {
	AutomationExecutionID     string `json:"AutomationExecutionId"`
	DocumentName              string
	DocumentVersion           string
	ExecutionStartTime        simulator.Timestamp
	ExecutionEndTime          *simulator.Timestamp `json:",omitempty"`
	AutomationExecutionStatus string
	StepExecutions            []stepShape
	StepExecutionsTruncated   bool
	Parameters                map[string][]string
	Outputs                   map[string][]string
	FailureMessage            string `json:",omitempty"`
	Mode                      string
	ExecutedBy                string
	CurrentStepName           string `json:",omitempty"`
	CurrentAction             string `json:",omitempty"`
}

// stepShape is the StepExecution structure. Every step is a run command: our choice, it is what our runbooks have most.
type stepShape struct {
	StepName           string
	Action             string
	ExecutionStartTime *simulator.Timestamp `json:",omitempty"`
	ExecutionEndTime   *simulator.Timestamp `json:",omitempty"`
	StepStatus         string
	OnFailure          string
	IsCritical, IsEnd  bool
	Outputs            map[string][]string
	FailureMessage     string          `json:",omitempty"`
	FailureDetails     *failureDetails `json:",omitempty"`
	StepExecutionID    string          `json:"StepExecutionId"`
}

type failureDetails struct{ FailureStage, FailureType string }

const stepAction = "aws:runCommand"

// getAutomationExecution follows API_GetAutomationExecution. All steps are in the answer.
func (s *Service) getAutomationExecution(in simulator.Members) (any, error) {
	id, err := in.Text("AutomationExecutionId")
	if err != nil {
		return nil, err
	}
	var check validation
	check.executionID(id)
	if err := check.Failure(); err != nil {
		return nil, err
	}
	defer s.clock.Enter()()
	e := s.execution(*id)
	if e == nil || e.hidden(s.lag.Read) {
		return nil, noExecution(*id)
	}
	return struct{ AutomationExecution executionShape }{s.shape(e)}, nil
}

// shape: the parameters are those "supplied when calling", so without the runbook's defaults.
func (s *Service) shape(e *execution) executionShape {
	now := e.view(s.lag.State)
	shape := executionShape{
		AutomationExecutionID: e.id, DocumentName: e.runbook, DocumentVersion: strconv.Itoa(e.version),
		ExecutionStartTime: simulator.Timestamp(e.started), ExecutionEndTime: moment(now.ended), AutomationExecutionStatus: now.status,
		Parameters: e.parameters, Outputs: map[string][]string{}, FailureMessage: now.failure, Mode: e.mode,
		ExecutedBy: e.executedBy(s.config.Account),
	}
	if e.outputs != nil {
		shape.Outputs = e.outputs
	}
	shape.CurrentStepName, shape.CurrentAction = now.currentStep()
	if shape.Parameters == nil {
		shape.Parameters = map[string][]string{}
	}
	for _, one := range now.steps {
		shape.StepExecutions = append(shape.StepExecutions, one.shape())
	}
	return shape
}

func (v view) currentStep() (name, action string) {
	if !v.ended.IsZero() || v.steps[v.current].started.IsZero() {
		return "", ""
	}
	return v.steps[v.current].Name, stepAction
}

// shape: the stage and the type of a failure are values the model names; the outputs are two that run command has.
func (one step) shape() stepShape {
	shape := stepShape{
		StepName: one.Name, IsCritical: !one.Optional, IsEnd: one.End, OnFailure: one.OnFailure,
		Action: stepAction, StepStatus: one.status, StepExecutionID: one.id, Outputs: map[string][]string{},
		ExecutionStartTime: moment(one.started), ExecutionEndTime: moment(one.ended), FailureMessage: one.failure,
	}
	shape.OnFailure = cmp.Or(shape.OnFailure, abort)
	switch {
	case one.failure != "":
		shape.FailureDetails = &failureDetails{FailureStage: "Invocation", FailureType: "Action"}
	case one.status == executionSuccess:
		shape.Outputs = map[string][]string{"Status": {"Success"}, "ResponseCode": {"0"}}
	}
	return shape
}

// moment is nil, and so left out, for a time that has not come.
func moment(t time.Time) *simulator.Timestamp {
	if t.IsZero() {
		return nil
	}
	written := simulator.Timestamp(t)
	return &written
}

// executedBy names no real role or user.
func (e *execution) executedBy(account string) string {
	if e.byHand {
		return "arn:aws:iam::" + account + ":user/userName"
	}
	return "arn:aws:sts::" + account + ":assumed-role/maintenance/maintenance"
}

// stopAutomationExecution cancels; the types make no difference. A stop goes by what is so, whatever lags. That another stop meanwhile
// is accepted is our choice.
func (s *Service) stopAutomationExecution(in simulator.Members) (any, error) {
	id, err := in.Text("AutomationExecutionId")
	if err != nil {
		return nil, err
	}
	kind, err := in.Text("Type")
	if err != nil {
		return nil, err
	}
	var check validation
	check.executionID(id)
	check.OneOf(kind, []string{"Complete", "Cancel"}, "type")
	if err := check.Failure(); err != nil {
		return nil, err
	}

	defer s.clock.Enter()()
	e := s.execution(*id)
	switch {
	case e == nil:
		return nil, noExecution(*id)
	case !e.ended.IsZero():
		return nil, badStatusUpdate(e.status)
	case e.status != executionCancelling:
		if e.cancel != nil {
			s.move(e, executionCancelling)
			e.cancel()
			break
		}
		s.cancel(e)
	}
	return struct{}{}, nil
}
