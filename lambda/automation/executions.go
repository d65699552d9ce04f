package automation

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"opsworks-maintenance/lambda/awscall"
	"opsworks-maintenance/lambda/maintenance"
)

// listing is what one reading of a list showed. err says that it lacks something.
type listing struct {
	all []listed
	err error
}

// listed is one execution of a list, with the parameters it was started with.
type listed struct {
	maintenance.Execution
	parameters parameters
}

// onNode are the executions that concern a node.
func (l listing) onNode(node string) []maintenance.Execution {
	var on []maintenance.Execution
	for _, e := range l.all {
		if e.parameters.contains(node) {
			e.Node = node
			on = append(on, e.Execution)
		}
	}
	return on
}

// unfinished are the executions of a runbook in progress, those of others included.
func (c *Client) unfinished(ctx context.Context, runbook string) listing {
	return c.list(ctx, runbook, types.AutomationExecutionFilter{Key: types.AutomationExecutionFilterKeyExecutionStatus, Values: unfinished()})
}

// list are the executions of a runbook that a filter lets pass. A list has no parameters (API_AutomationExecutionMetadata), so each
// execution is asked for its own. One that cannot be read makes the list unclear: it may be the one that matters.
func (c *Client) list(ctx context.Context, runbook string, filter types.AutomationExecutionFilter) listing {
	var l listing
	op, name := "list the executions of "+runbook, c.servers.stem(runbook)
	pages := ssm.NewDescribeAutomationExecutionsPaginator(c.api, &ssm.DescribeAutomationExecutionsInput{
		Filters: []types.AutomationExecutionFilter{{Key: types.AutomationExecutionFilterKeyDocumentNamePrefix, Values: []string{name}},
			filter},
		MaxResults: aws.Int32(50), // the most there may be
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			l.err = failure(op, err)
			return l
		}
		for _, e := range page.AutomationExecutionMetadataList {
			if c.servers.stem(aws.ToString(e.DocumentName)) != name {
				continue
			}
			given, err := c.parametersOf(ctx, aws.ToString(e.AutomationExecutionId))
			if err != nil {
				l.err = unreadable(op, err)
				continue
			}
			l.all = append(l.all, c.listed(e, given))
		}
	}
	return l
}

// unreadable is that a listed execution cannot be read. One that is not found is unavailable: a list was faster than a read.
func unreadable(op string, err error) error {
	if awscall.Code(err) == codeNoExecution {
		return &maintenance.Error{Op: op, Reason: maintenance.ReasonUnavailable,
			Err: fmt.Errorf("a listed execution is not found: %w", awscall.Plain(err))}
	}
	return failure(op, err)
}

// listed is an execution as a list shows it. The step in progress is the only sign of a beginning that a list has.
func (c *Client) listed(e types.AutomationExecutionMetadata, given parameters) listed {
	began := aws.ToString(e.CurrentStepName) != ""
	return listed{parameters: given, Execution: maintenance.Execution{
		ID: aws.ToString(e.AutomationExecutionId), RunID: given.runID(), TakesRunID: c.servers.takesRunID(aws.ToString(e.DocumentName), given),
		Started: aws.ToTime(e.ExecutionStartTime), Ended: aws.ToTime(e.ExecutionEndTime),
		State: stateOf(e.AutomationExecutionStatus, began), Began: began, Stopping: stopping(e.AutomationExecutionStatus),
		Step: aws.ToString(e.CurrentStepName),
	}}
}

// takesRunID also goes by what was given: the settings of today may name another runbook than those of a run's day.
func (all servers) takesRunID(runbook string, given parameters) bool {
	return all.ours(runbook) || given.runID() != ""
}

// ours reports whether a runbook is one of this project's, be it under the name that an earlier deploy gave it.
func (all servers) ours(runbook string) bool {
	for _, s := range all {
		if s.TakesRunID && withoutHash(s.Runbook) == withoutHash(runbook) {
			return true
		}
	}
	return false
}

// stem is how all names of a runbook begin: that of ours changes with the hash of its content, and what was started before goes on.
func (all servers) stem(runbook string) string {
	if all.ours(runbook) {
		return withoutHash(runbook)
	}
	return baseName(runbook)
}

// withoutHash is a runbook's name without the hash that infra puts at its end, eight hexadecimal digits.
func withoutHash(runbook string) string {
	name := baseName(runbook)
	if dash := len(name) - 9; dash > 0 && name[dash] == '-' && strings.Trim(name[dash+1:], "0123456789abcdef") == "" {
		return name[:dash+1]
	}
	return name
}

// read asks for one execution. Its parameters are remembered, as they never change; that it could not be read is not.
func (c *Client) read(ctx context.Context, id string) (*types.AutomationExecution, error) {
	out, err := c.api.GetAutomationExecution(ctx, &ssm.GetAutomationExecutionInput{AutomationExecutionId: aws.String(id)})
	switch {
	case err != nil:
		return nil, err
	case out.AutomationExecution == nil:
		return nil, errNoExecution
	}
	c.parameters.put(id, out.AutomationExecution.Parameters)
	return out.AutomationExecution, nil
}

func (c *Client) parametersOf(ctx context.Context, id string) (parameters, error) {
	if given, ok := c.parameters.get(id); ok {
		return given, nil
	}
	e, err := c.read(ctx, id)
	if err != nil {
		return nil, err
	}
	return e.Parameters, nil
}

// parameters are those an execution was started with.
type parameters map[string][]string

// contains reports whether a parameter names the node, whatever the runbook calls it.
func (p parameters) contains(node string) bool {
	for _, values := range p {
		if slices.Contains(values, node) {
			return true
		}
	}
	return false
}

// runID is the run that an execution was started for, empty if no run was named.
func (p parameters) runID() string {
	if values := p[maintenance.ParameterRunID]; len(values) == 1 {
		return values[0]
	}
	return ""
}

// baseName is a runbook's name without what an ARN puts before it.
func baseName(runbook string) string {
	if strings.HasPrefix(runbook, "arn:") {
		return runbook[strings.LastIndexByte(runbook, '/')+1:]
	}
	return runbook
}
