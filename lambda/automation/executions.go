package automation

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// running are the executions of a runbook that have not ended.
func (c *Client) running(ctx context.Context, runbook string) (map[string]string, error) {
	return c.executions(ctx, runbook, types.AutomationExecutionFilter{Key: types.AutomationExecutionFilterKeyExecutionStatus, Values: unfinished})
}

// executions are those of a runbook that a filter lets pass: the earliest by each value of a parameter, such as a node. The list has no
// parameters, so each execution has to be asked for its own, once.
func (c *Client) executions(ctx context.Context, runbook string, filter types.AutomationExecutionFilter) (map[string]string, error) {
	found := map[string]string{}
	pages := ssm.NewDescribeAutomationExecutionsPaginator(c.api, &ssm.DescribeAutomationExecutionsInput{
		Filters:    []types.AutomationExecutionFilter{{Key: types.AutomationExecutionFilterKeyDocumentNamePrefix, Values: []string{baseName(runbook)}}, filter},
		MaxResults: aws.Int32(50), // the most there may be
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, execution := range page.AutomationExecutionMetadataList { // newest first
			if baseName(aws.ToString(execution.DocumentName)) != baseName(runbook) {
				continue
			}
			id := aws.ToString(execution.AutomationExecutionId)
			parameters, err := c.parametersOf(ctx, id)
			if err != nil {
				return nil, err
			}
			for _, values := range parameters {
				for _, value := range values {
					found[value] = id
				}
			}
		}
	}
	return found, nil
}

// baseName is a runbook's name without what an ARN puts before it.
func baseName(runbook string) string {
	if strings.HasPrefix(runbook, "arn:") {
		return runbook[strings.LastIndexByte(runbook, '/')+1:]
	}
	return runbook
}

// executionsKept bounds the memory of a function that lives for days.
const executionsKept = 1000

// parametersOf are those an execution was started with. One that is gone by now has none.
func (c *Client) parametersOf(ctx context.Context, id string) (map[string][]string, error) {
	c.mu.Lock()
	parameters, ok := c.parameters[id]
	c.mu.Unlock()
	if ok {
		return parameters, nil
	}
	execution, err := c.execution(ctx, id)
	var gone *types.AutomationExecutionNotFoundException
	switch {
	case errors.As(err, &gone):
	case err != nil:
		return nil, err
	default:
		parameters = execution.Parameters
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.parameters) >= executionsKept {
		clear(c.parameters)
	}
	c.parameters[id] = parameters
	return parameters, nil
}

func (c *Client) execution(ctx context.Context, id string) (*types.AutomationExecution, error) {
	out, err := c.api.GetAutomationExecution(ctx, &ssm.GetAutomationExecutionInput{AutomationExecutionId: aws.String(id)})
	if err != nil {
		return nil, err
	}
	if out.AutomationExecution == nil {
		return nil, errNoExecution
	}
	return out.AutomationExecution, nil
}

var errNoExecution = errors.New("the answer holds no execution")
