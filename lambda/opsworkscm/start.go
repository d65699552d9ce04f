package opsworkscm

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/opsworkscm"
	"github.com/aws/aws-sdk-go-v2/service/opsworkscm/types"

	"opsworks-maintenance/lambda/awscall"
	"opsworks-maintenance/lambda/maintenance"
)

// Start implements maintenance.Backend with StartMaintenance.
//
// The operation has no client token. If its answer is lost, or is an internal error, it may have worked: such a start is
// unconfirmed, and is never repeated here. An answer says that it was accepted, and what the server was like then, no more: the
// sample of the AWS CLI (start-maintenance) shows HEALTHY in it.
func (c *Client) Start(
	ctx context.Context, run maintenance.Run, server maintenance.Server, attributes []maintenance.EngineAttribute,
) maintenance.Answer {
	op := "start maintenance of " + server.Name
	if err := checkAttributes(server.Engine, attributes); err != nil {
		return refused(op, maintenance.ReasonInvalidRequest, err)
	}
	left := run.Attempt.Ends.Sub(c.now())
	if !awscall.CanStillVerify(ctx) || left < time.Second {
		return refused(op, maintenance.ReasonUnavailable, errTooLate)
	}
	sendCtx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	started, sure, err := c.start(sendCtx, server.Name, run.Attempt.Ends, attributes)
	if err != nil {
		reason, _ := classify(err)
		switch {
		case !sure:
			reason = maintenance.ReasonStartUnconfirmed
		case reason == maintenance.ReasonWrongState: // another's maintenance, or another operation, came between
			answer := refused(op, reason, err)
			_, answer.Server, _ = c.readOne(ctx, server.Name)
			return answer
		}
		return refused(op, reason, err)
	}
	if started == nil || aws.ToString(started.ServerName) != server.Name {
		return refused(op, maintenance.ReasonStartUnconfirmed, errors.New("the response does not have the server"))
	}
	return maintenance.Answer{Server: fromAPI(*started), Record: record(*started)}
}

func refused(op string, reason maintenance.Reason, err error) maintenance.Answer {
	return maintenance.Answer{Err: &maintenance.Error{Op: op, Reason: reason, Err: awscall.Plain(err)}}
}

// start sends StartMaintenance, until a time and not after. The SDK repeats it by itself only after errors that prove that nothing was
// started. sure is true if all that was sent met such an error.
func (c *Client) start(
	ctx context.Context, name string, ends time.Time, attributes []maintenance.EngineAttribute,
) (started *types.Server, sure bool, err error) {
	ctx, cancel := awscall.HalfRemaining(ctx)
	defer cancel()
	in := &opsworkscm.StartMaintenanceInput{ServerName: aws.String(name)}
	for _, a := range attributes {
		in.EngineAttributes = append(in.EngineAttributes, types.EngineAttribute{Name: aws.String(a.Name), Value: aws.String(a.Value)})
	}
	sure = true
	out, err := c.api.StartMaintenance(ctx, in, func(o *opsworkscm.Options) {
		o.HTTPClient = timedClient{o.HTTPClient, func() bool {
			open := c.now().Before(ends)
			sure = sure && !open // what is sent is in doubt until its answer comes
			return open
		}}
		o.Retryer = awscall.RetryRefused(func(err error) (maintenance.Reason, bool) {
			reason, refused := classify(err)
			sure = sure || refused
			return reason, refused
		})
	})
	if err != nil {
		return nil, sure, err
	}
	return out.Server, sure, nil
}

var errTooLate = errors.New("not enough time left to start safely")

// timedClient is an HTTP client that sends only while it may. The SDK's pauses between attempts, and a slow connection before them, would
// carry a request past the end of its attempt otherwise.
type timedClient struct {
	opsworkscm.HTTPClient
	mayStillSend func() bool
}

func (g timedClient) Do(r *http.Request) (*http.Response, error) {
	if !g.mayStillSend() {
		return nil, errTooLate
	}
	return g.HTTPClient.Do(r)
}
