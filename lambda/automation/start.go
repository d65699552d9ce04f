package automation

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"opsworks-maintenance/lambda/awscall"
	"opsworks-maintenance/lambda/maintenance"
)

// Start implements maintenance.Backend with one StartAutomationExecution, repeated only after answers that prove that nothing was
// started.
//
// Its client token names the attempt, so that a service that remembers tokens starts nothing twice. What the service answers to a
// token it has seen is not documented, so nothing rests on that: a start that may have worked is never repeated.
func (c *Client) Start(ctx context.Context, run maintenance.Run, server maintenance.Server,
	attributes []maintenance.EngineAttribute) maintenance.Answer {
	op := fmt.Sprintf("start the runbook %s on %s", server.Runbook, server.Node)
	refuse := func(reason maintenance.Reason, err error) maintenance.Answer {
		return maintenance.Answer{Server: server, Err: &maintenance.Error{Op: op, Reason: reason, Err: err}}
	}
	s, ok := c.servers[server.Name]
	if !ok || s.Runbook != server.Runbook {
		return refuse(maintenance.ReasonInvalidRequest, errors.New("the settings have no such server"))
	}
	given, err := s.parameters(run, server.Node, attributes)
	if err != nil {
		return refuse(maintenance.ReasonInvalidRequest, err)
	}
	ctx, cancel := context.WithTimeout(ctx, run.Attempt.Ends.Sub(c.now())) // the SDK's own repetitions end with the attempt too
	defer cancel()
	if !awscall.CanStillVerify(ctx) {
		return refuse(maintenance.ReasonUnavailable, errors.New("not enough time left to start safely"))
	}
	in := &ssm.StartAutomationExecutionInput{DocumentName: aws.String(s.Runbook), Parameters: given,
		ClientToken: aws.String(Token(run.Attempt.ID))}
	if s.Version != "" {
		in.DocumentVersion = aws.String(s.Version)
	}
	out, err := c.api.StartAutomationExecution(ctx, in, func(o *ssm.Options) { o.Retryer = awscall.RetryRefused(classify) })
	if err == nil && aws.ToString(out.AutomationExecutionId) == "" {
		err = errNoExecution
	}
	if err == nil {
		return maintenance.Answer{Reference: *out.AutomationExecutionId, Server: server}
	}
	reason, refused := classify(err)
	if !refused {
		reason = maintenance.ReasonStartUnconfirmed
	}
	// The error behind the text goes too: it may repeat what was sent.
	return refuse(reason, errors.New(c.servers.secrets(run, given).hide(awscall.Plain(err).Error())))
}

// MajorUpgrade is the one engine attribute that StartMaintenance knows: it asks for a major upgrade of the product.
// https://docs.aws.amazon.com/opsworks-cm/latest/APIReference/API_StartMaintenance.html
const MajorUpgrade = "CHEF_MAJOR_UPGRADE"

// parameters are those of one start: the settings', the node, the run, and what an operator asks for by name.
func (s Server) parameters(run maintenance.Run, node string, attributes []maintenance.EngineAttribute) (parameters, error) {
	given, placed := make(parameters, len(s.Parameters)+2), false
	for name, values := range s.Parameters {
		values = slices.Clone(values)
		for i, value := range values {
			if value == NodePlaceholder {
				values[i], placed = node, true
			}
		}
		given[name] = values
	}
	if !placed {
		given[maintenance.ParameterNode] = []string{node}
	}
	if s.TakesRunID {
		given[maintenance.ParameterRunID] = []string{run.ID}
	}
	for _, a := range attributes {
		switch {
		case a.Name != MajorUpgrade:
			return nil, fmt.Errorf("an engine attribute %.80q is not known; %s is", a.Name, MajorUpgrade)
		case s.UpgradeParameter == "":
			return nil, fmt.Errorf("the runbook %s cannot be asked for a major upgrade", s.Runbook)
		case a.Value != "true":
			return nil, fmt.Errorf("the value of %s must be true", MajorUpgrade)
		}
		given[s.UpgradeParameter] = []string{"yes"}
	}
	return given, nil
}

// Token is the client token of an attempt: its id as a UUID of version 5 (RFC 9562, section 5.5).
func Token(attemptID string) string {
	namespace := [16]byte{0x5a, 0x0f, 0x0b, 0x8e, 0x6d, 0x3c, 0x4c, 0x36, 0x9b, 0x1d, 0x2e, 0x77, 0x41, 0x90, 0xc8, 0x05}
	sum := sha1.Sum(append(namespace[:], attemptID...))
	b := sum[:16]
	b[6], b[8] = b[6]&0x0f|0x50, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
