package automation

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"opsworks-maintenance/lambda/awscall"
	"opsworks-maintenance/lambda/maintenance"
)

// Stop implements maintenance.Backend with StopAutomationExecution, which cancels: the runbook's onCancel steps still run.
func (c *Client) Stop(ctx context.Context, run maintenance.Run) error {
	op := "stop the execution " + run.Reference
	if run.Reference == "" {
		return &maintenance.Error{Op: op, Reason: maintenance.ReasonNotRunning, Err: errors.New("none is known")}
	}
	ctx, cancel := awscall.HalfRemaining(ctx)
	defer cancel()
	_, err := c.api.StopAutomationExecution(ctx, &ssm.StopAutomationExecutionInput{
		AutomationExecutionId: aws.String(run.Reference), Type: types.StopTypeCancel})
	switch code := awscall.Code(err); {
	case err == nil:
		return nil
	case code == codeNoExecution, code == codeHasEnded:
		return &maintenance.Error{Op: op, Reason: maintenance.ReasonNotRunning, Err: err}
	default:
		return failure(op, err)
	}
}

// Stops implements maintenance.Backend: StopAutomationExecution does.
func (c *Client) Stops() bool { return true }
