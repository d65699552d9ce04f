package automation

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"opsworks-maintenance/lambda/call"
	"opsworks-maintenance/lambda/maintenance"
)

// Start implements maintenance.Backend with StartAutomationExecution.
//
// Its client token names the run, so that a service that remembers tokens starts nothing twice. What the service answers to a token
// it has seen is not documented, so nothing rests on that: a start that may have worked is never repeated, it is looked for.
func (c *Client) Start(ctx context.Context, run maintenance.Run, server maintenance.Server, attributes []maintenance.EngineAttribute) (maintenance.Server, string, error) {
	op := fmt.Sprintf("start the runbook %s on %s", server.Runbook, server.Node)
	s, ok := c.servers[server.Name]
	if !ok || s.Runbook != server.Runbook {
		return server, "", &maintenance.Error{Op: op, Reason: maintenance.InvalidRequest, Err: errors.New("the settings have no such server")}
	}
	parameters, err := s.start(server.Node, attributes)
	if err != nil {
		return server, "", &maintenance.Error{Op: op, Reason: maintenance.InvalidRequest, Err: err}
	}
	if !call.Enough(ctx) {
		return server, "", &maintenance.Error{Op: op, Reason: maintenance.Unavailable, Err: errors.New("no time left to ask")}
	}
	in := &ssm.StartAutomationExecutionInput{DocumentName: aws.String(s.Runbook), Parameters: parameters, ClientToken: aws.String(Token(run.ID))}
	if s.Version != "" {
		in.DocumentVersion = aws.String(s.Version)
	}
	id, err := c.start(ctx, in)
	if err == nil {
		c.begun(server.Node, id)
		server.Status = maintenance.UnderMaintenance
		return server, id, nil
	}
	reason, refused := classify(err)
	err = redact(err, parameters, server.Node)
	if refused {
		return server, "", &maintenance.Error{Op: op, Reason: reason, Err: err}
	}
	c.begun(server.Node, "nobody knows of yet")
	run.Node, run.Runbook = server.Node, server.Runbook
	found, lookErr := c.started(ctx, run)
	if lookErr != nil || found == "" {
		// That it is not listed yet proves nothing so soon after.
		return server, "", &maintenance.Error{Op: op, Reason: maintenance.StartUnconfirmed, Err: errors.Join(err, lookErr)}
	}
	server.Status = maintenance.UnderMaintenance
	return server, found, nil
}

func (c *Client) start(ctx context.Context, in *ssm.StartAutomationExecutionInput) (string, error) {
	ctx, cancel := call.Half(ctx)
	defer cancel()
	out, err := c.api.StartAutomationExecution(ctx, in, func(o *ssm.Options) { o.Retryer = call.RetryRefused(classify) })
	if err != nil {
		return "", err
	}
	if aws.ToString(out.AutomationExecutionId) == "" {
		return "", errNoExecution
	}
	return *out.AutomationExecutionId, nil
}

// MajorUpgrade is the one engine attribute that StartMaintenance knows: it asks for a major upgrade of the product.
// https://docs.aws.amazon.com/opsworks-cm/latest/APIReference/API_StartMaintenance.html
const MajorUpgrade = "CHEF_MAJOR_UPGRADE"

// start are the parameters of one start: the settings', the node, and what a person asks for by name.
func (s Server) start(node string, attributes []maintenance.EngineAttribute) (map[string][]string, error) {
	parameters, told := make(map[string][]string, len(s.Parameters)+1), false
	for name, values := range s.Parameters {
		values = slices.Clone(values)
		for i, value := range values {
			if value == NodePlaceholder {
				values[i], told = node, true
			}
		}
		parameters[name] = values
	}
	if !told {
		parameters[NodeParameter] = []string{node}
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
		parameters[s.UpgradeParameter] = []string{"yes"}
	}
	return parameters, nil
}

// Token is the client token of a run: its id as a UUID of version 5 (RFC 9562, section 5.5).
func Token(runID string) string {
	namespace := [16]byte{0x5a, 0x0f, 0x0b, 0x8e, 0x6d, 0x3c, 0x4c, 0x36, 0x9b, 0x1d, 0x2e, 0x77, 0x41, 0x90, 0xc8, 0x05}
	sum := sha1.Sum(append(namespace[:], runID...))
	b := sum[:16]
	b[6], b[8] = b[6]&0x0f|0x50, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// started looks for the execution of a run that was claimed, without its token: the runbook on the node, since the claim. That is
// somebody else's only if they started the same in the same seconds; then it is under maintenance all the same.
func (c *Client) started(ctx context.Context, run maintenance.Run) (string, error) {
	ctx, cancel := call.Half(ctx)
	defer cancel()
	executions, err := c.executions(ctx, run.Runbook, types.AutomationExecutionFilter{
		Key:    types.AutomationExecutionFilterKeyStartTimeAfter,
		Values: []string{run.Claimed.Add(-clockSkew).UTC().Format(time.RFC3339)},
	})
	return executions[run.Node], err
}

// clockSkew is how far the service's clock may be behind the function's.
const clockSkew = 2 * time.Second

// Find implements maintenance.Backend. It is asked when the attempt to start is long over, so what the service does not list was not
// started.
func (c *Client) Find(ctx context.Context, run maintenance.Run) (maintenance.Evidence, error) {
	id, err := c.started(ctx, run)
	if err != nil {
		return maintenance.Evidence{}, failure("look for an execution of "+run.Runbook, err)
	}
	if id != "" {
		return maintenance.Evidence{Finding: maintenance.Began, Reference: id, Detail: "execution " + id,
			Server: maintenance.Server{Name: run.ServerName, Backend: Backend, Node: run.Node, Runbook: run.Runbook, Status: maintenance.UnderMaintenance}}, nil
	}
	evidence := maintenance.Evidence{Finding: maintenance.NothingStarted}
	if _, known := c.servers[run.ServerName]; !known { // any more: whoever goes on with the run will say so
		return evidence, nil
	}
	evidence.Server, err = c.Describe(ctx, run.ServerName)
	return evidence, err
}

// redact takes the values of parameters out of an error that may repeat them. The error behind it goes too: it would still have them.
func redact(err error, parameters map[string][]string, node string) error {
	return errors.New(withoutValues(err.Error(), parameters, node))
}
