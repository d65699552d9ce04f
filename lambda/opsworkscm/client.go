// Package opsworkscm runs maintenance through the OpsWorks CM API, version 2016-11-01: on AWS, which switched the service off
// in spring 2024, or on any endpoint that speaks the same protocol.
package opsworkscm

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/opsworkscm"
	"github.com/aws/aws-sdk-go-v2/service/opsworkscm/types"

	"opsworks-maintenance/lambda/call"
	"opsworks-maintenance/lambda/maintenance"
)

// Backend is the name servers name this backend by in the settings.
const Backend = "opsworks-cm"

// Client is a maintenance.Backend.
type Client struct {
	api *opsworkscm.Client
}

// New makes a client. config.BaseEndpoint, if set, is where the API is; otherwise it is AWS's own.
func New(config aws.Config) *Client {
	return &Client{api: opsworkscm.NewFromConfig(config)}
}

// Endpoint is where the API is.
func (c *Client) Endpoint(ctx context.Context) (string, error) {
	o := c.api.Options()
	in := opsworkscm.EndpointParameters{Region: aws.String(o.Region), Endpoint: o.BaseEndpoint}
	endpoint, err := o.EndpointResolverV2.ResolveEndpoint(ctx, in.WithDefaults())
	return endpoint.URI.String(), err
}

// Describe implements maintenance.Backend with DescribeServers.
func (c *Client) Describe(ctx context.Context, name string) (maintenance.Server, error) {
	op := "describe server " + name
	ctx, cancel := call.Half(ctx)
	defer cancel()
	out, err := c.api.DescribeServers(ctx, &opsworkscm.DescribeServersInput{ServerName: aws.String(name)})
	if err != nil {
		return maintenance.Server{}, failure(op, err)
	}
	// A name finds one server, or the call fails. Whatever answers otherwise is not to be trusted with a start.
	if len(out.Servers) != 1 || aws.ToString(out.Servers[0].ServerName) != name {
		return maintenance.Server{}, &maintenance.Error{Op: op, Reason: maintenance.Unexpected,
			Err: fmt.Errorf("the answer holds %d servers, not the one asked for", len(out.Servers))}
	}
	return server(out.Servers[0]), nil
}

// Share implements maintenance.Sharer: the first look is one at all servers.
func (c *Client) Share() maintenance.Look {
	var once sync.Once
	var servers map[string]maintenance.Server
	var err error = &maintenance.Error{Op: "describe all servers", Reason: maintenance.Unavailable, Err: errors.New("the look was broken off")}
	return func(ctx context.Context, name string) (maintenance.Server, error) {
		once.Do(func() { servers, err = c.describeAll(ctx) })
		if err != nil {
			return maintenance.Server{}, err
		}
		server, ok := servers[name]
		if !ok {
			return maintenance.Server{}, &maintenance.Error{Op: "describe server " + name, Reason: maintenance.NotFound}
		}
		return server, nil
	}
}

// describeAll is DescribeServers without a name, which returns every server of the account in this Region (it does not page; the token
// is followed all the same, should some endpoint do).
func (c *Client) describeAll(ctx context.Context) (map[string]maintenance.Server, error) {
	const op = "describe all servers"
	ctx, cancel := call.Half(ctx)
	defer cancel()
	servers := map[string]maintenance.Server{}
	pages := opsworkscm.NewDescribeServersPaginator(c.api, &opsworkscm.DescribeServersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failure(op, err)
		}
		for _, s := range page.Servers {
			servers[aws.ToString(s.ServerName)] = server(s)
		}
	}
	return servers, nil
}

// attempts is how often StartMaintenance is tried where the one before is known to have started nothing.
const attempts = 3

// Start implements maintenance.Backend with StartMaintenance.
//
// The operation has no client token. If its answer is lost, or is an internal error, it may have worked; only the server's
// state can tell. So such an attempt is never repeated blindly: the server is looked at first. UNDER_MAINTENANCE now, and in
// a state to start from just before, is a start; unchanged after an internal error may be tried again (a maintenance takes
// minutes, it has not come and gone in between); anything else nobody can tell.
//
// It gives what it starts no name.
func (c *Client) Start(ctx context.Context, _ maintenance.Run, server maintenance.Server, attributes []maintenance.EngineAttribute) (maintenance.Server, string, error) {
	server, err := c.startOnce(ctx, server, attributes)
	return server, "", err
}

func (c *Client) startOnce(ctx context.Context, server maintenance.Server, attributes []maintenance.EngineAttribute) (maintenance.Server, error) {
	op := "start maintenance of " + server.Name
	if err := checkAttributes(server.Engine, attributes); err != nil {
		return server, &maintenance.Error{Op: op, Reason: maintenance.InvalidRequest, Err: err}
	}
	doubt := false // an earlier attempt may have worked
	for attempt := 1; ; attempt++ {
		if !call.Enough(ctx) {
			reason := maintenance.Unavailable
			if doubt {
				reason = maintenance.StartUnconfirmed
			}
			return server, &maintenance.Error{Op: op, Reason: reason, Err: errors.New("no time left to ask")}
		}
		err := c.start(ctx, server.Name, attributes)
		if err == nil {
			server.Status = maintenance.UnderMaintenance
			return server, nil
		}
		reason, refused := classify(err)
		if refused && reason != maintenance.WrongState && !doubt {
			return server, failure(op, err)
		}

		seen, lookErr := c.Describe(ctx, server.Name)
		if lookErr == nil {
			server = seen
		}
		if lookErr != nil && refused && !doubt {
			server.Status = "" // not what it was, and nobody knows what it is
		}
		switch {
		case refused && !doubt: // somebody else's maintenance, or another operation, came between
			return server, failure(op, err)
		case lookErr != nil:
			return server, &maintenance.Error{Op: op, Reason: maintenance.StartUnconfirmed, Err: errors.Join(err, lookErr)}
		case seen.Status == maintenance.UnderMaintenance:
			return server, nil
		case refused || !call.Answered(err) || !seen.Status.Startable():
			return server, &maintenance.Error{Op: op, Reason: maintenance.StartUnconfirmed,
				Err: fmt.Errorf("%w; the server is %s now", err, seen.Status)}
		case attempt == attempts:
			return server, failure(op, err)
		}
		doubt = true
		if !pause(ctx, time.Duration(attempt)*200*time.Millisecond) {
			return server, failure(op, err)
		}
	}
}

// start is one StartMaintenance. The SDK repeats it by itself only after errors that prove nothing was started.
func (c *Client) start(ctx context.Context, name string, attributes []maintenance.EngineAttribute) error {
	ctx, cancel := call.Half(ctx)
	defer cancel()
	in := &opsworkscm.StartMaintenanceInput{ServerName: aws.String(name)}
	for _, a := range attributes {
		in.EngineAttributes = append(in.EngineAttributes, types.EngineAttribute{Name: aws.String(a.Name), Value: aws.String(a.Value)})
	}
	_, err := c.api.StartMaintenance(ctx, in, func(o *opsworkscm.Options) {
		o.Retryer = call.RetryRefused(classify)
	})
	return err
}

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func server(s types.Server) maintenance.Server {
	return maintenance.Server{
		Name:              aws.ToString(s.ServerName),
		Backend:           Backend,
		ARN:               aws.ToString(s.ServerArn),
		Engine:            aws.ToString(s.Engine),
		EngineVersion:     aws.ToString(s.EngineVersion),
		Status:            maintenance.Status(s.Status),
		StatusReason:      aws.ToString(s.StatusReason),
		MaintenanceStatus: maintenance.MaintenanceStatus(s.MaintenanceStatus),
	}
}
