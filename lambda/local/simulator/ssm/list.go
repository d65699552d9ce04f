package ssm

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
)

// executionsPerPage is the size of a page when the caller names none. The service's own number is not documented; a small one
// finds out callers that look at the first page only.
const executionsPerPage = 10

// metadataShape is the AutomationExecutionMetadata structure on the wire. It has no parameters, in the service as here.
type metadataShape struct {
	AutomationExecutionID     string `json:"AutomationExecutionId"`
	DocumentName              string
	DocumentVersion           string
	AutomationExecutionStatus string
	ExecutionStartTime        simulator.Timestamp
	ExecutionEndTime          *simulator.Timestamp `json:",omitempty"`
	ExecutedBy                string
	LogFile                   string
	Outputs                   map[string][]string
	Mode                      string
	CurrentStepName           string `json:",omitempty"`
	CurrentAction             string `json:",omitempty"`
	FailureMessage            string `json:",omitempty"`
	AutomationType            string
}

func (s *Service) metadata(e *execution) metadataShape {
	now := e.view(s.lag.State)
	shape := metadataShape{
		AutomationExecutionID: e.id, DocumentName: e.runbook, DocumentVersion: strconv.Itoa(e.version),
		AutomationExecutionStatus: now.status, ExecutionStartTime: simulator.Timestamp(e.started), ExecutionEndTime: moment(now.ended),
		ExecutedBy: e.executedBy(s.config.Account), Outputs: map[string][]string{}, Mode: e.mode,
		FailureMessage: now.failure, AutomationType: "Local",
	}
	shape.CurrentStepName, shape.CurrentAction = now.currentStep()
	return shape
}

// describeAutomationExecutions lists newest first. As in the other list, NextToken is empty on the last page.
func (s *Service) describeAutomationExecutions(in simulator.Members) (any, error) {
	input, err := listIn(in, "DescribeAutomationExecutions")
	if err != nil {
		return nil, err
	}
	var check validation
	check.list(input, 1, 10)
	if input.filters != nil {
		check.Between(len(input.filters), 1, 10, "filters")
	}
	if err := check.Failure(); err != nil {
		return nil, err
	}
	tests, err := executionTests(input.filters)
	if err != nil {
		return nil, err
	}

	defer s.clock.Enter()()
	// A page begins below the last execution shown, not at an offset: executions begun meanwhile shift nothing.
	next, size, err := pageOf(s.source, input, len(s.executions), executionsPerPage)
	if err != nil {
		return nil, err
	}
	output := struct {
		AutomationExecutionMetadataList []metadataShape
		NextToken                       string
	}{AutomationExecutionMetadataList: []metadataShape{}}
	for ; next > 0; next-- {
		e := s.executions[next-1]
		fails := func(t test) bool { return !t(e, e.view(s.lag.State)) }
		if !e.hidden(s.lag.List) && !slices.ContainsFunc(tests, fails) {
			if len(output.AutomationExecutionMetadataList) == size {
				output.NextToken = s.source.Token(input.scope, next)
				break
			}
			output.AutomationExecutionMetadataList = append(output.AutomationExecutionMetadataList, s.metadata(e))
		}
	}
	return output, nil
}

// test is one filter: it holds if any of its values does. All filters must hold.
type test func(*execution, view) bool

func executionTests(filters []filter) ([]test, error) {
	var tests []test
	for _, given := range filters {
		var anyOf []test
		for _, value := range given.values {
			one, err := executionTest(*given.key, value)
			if err != nil {
				return nil, err
			}
			anyOf = append(anyOf, one)
		}
		tests = append(tests, func(e *execution, now view) bool {
			return slices.ContainsFunc(anyOf, func(t test) bool { return t(e, now) })
		})
	}
	return tests, nil
}

// executionTest refuses the service's other keys as if they did not exist. Whether the times' own moment is included is not
// documented; here it is not.
func executionTest(key, value string) (test, error) {
	switch key {
	case "DocumentNamePrefix":
		return func(e *execution, _ view) bool { return strings.HasPrefix(e.runbook, value) }, nil
	case "ExecutionId":
		return func(e *execution, _ view) bool { return e.id == value }, nil
	case "TagKey":
		return func(e *execution, _ view) bool { _, has := e.tags[value]; return has }, nil
	case "ExecutionStatus":
		if !slices.Contains(executionStatuses, value) {
			return nil, badFilterValue("No execution status " + value + ".")
		}
		return func(_ *execution, now view) bool { return now.status == value }, nil
	case "StartTimeAfter", "StartTimeBefore":
		at, ok := isoTime(value)
		if !ok {
			return nil, badFilterValue("The value of " + key + " is no ISO 8601 time.")
		}
		if key == "StartTimeAfter" {
			return func(e *execution, _ view) bool { return e.started.After(at) }, nil
		}
		return func(e *execution, _ view) bool { return e.started.Before(at) }, nil
	default:
		return nil, badFilterKey("No filter key " + key + ".")
	}
}

// isoTime reads the forms of ISO 8601 that AWS documents show. A time without a zone is one in UTC: our choice.
func isoTime(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}
