// Package automation runs maintenance through Systems Manager: a server is a managed node that carries a tag, EC2 instance or not,
// and its maintenance is an execution of an Automation runbook. It reports what it saw; what that proves is for the domain to conclude.
package automation

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"opsworks-maintenance/lambda/awscall"
	"opsworks-maintenance/lambda/maintenance"
)

// Backend is the name servers name this backend by in the settings.
const Backend = "ssm"

// Server is how one server is found and maintained.
type Server struct {
	// TagKey is the key of the tag whose value is the server's name.
	TagKey string
	// Runbook is the name or ARN of a runbook, Version one of its versions; empty is its default version.
	Runbook string
	Version string
	// TakesRunID is true where the runbook takes the run's id as RunParameter: the runbooks of this project do.
	TakesRunID bool
	// Parameters of the runbook. The value NodePlaceholder stands for the node's id; if no parameter has it, NodeParameter gets the id.
	Parameters map[string][]string
	// PublicParameters are those whose values may be read in messages and logs. All others are secret.
	PublicParameters []string
	// UpgradeParameter is by which the runbook is asked for a major upgrade; empty if it cannot be.
	UpgradeParameter string
	Calendars        []string
}

// How a runbook gets the node and the run.
const (
	NodeParameter   = "InstanceId"
	NodePlaceholder = "{node}"
	RunParameter    = "RunId"
)

// servers are those of the settings, by name.
type servers map[string]Server

// Client is a maintenance.Backend.
type Client struct {
	api        *ssm.Client
	servers    servers
	now        func() time.Time
	parameters parameterCache
}

var _ maintenance.Backend = (*Client)(nil)

// New makes a client for the servers, by name. config.BaseEndpoint, if set, is where the API is; otherwise it is AWS's own.
func New(config aws.Config, servers map[string]Server, now func() time.Time) *Client {
	return &Client{api: ssm.NewFromConfig(config), servers: servers, now: now}
}

// Endpoint is where the API is.
func (c *Client) Endpoint(ctx context.Context) (string, error) {
	o := c.api.Options()
	in := ssm.EndpointParameters{Region: aws.String(o.Region), Endpoint: o.BaseEndpoint}
	endpoint, err := o.EndpointResolverV2.ResolveEndpoint(ctx, in.WithDefaults())
	return endpoint.URI.String(), err
}

// Look implements maintenance.Backend: the managed node that carries the server's tag, and the executions of its runbook there.
func (c *Client) Look(ctx context.Context, name string) maintenance.Sighting {
	return c.look(ctx, name, func(ctx context.Context, runbook string, _ time.Time) listing { return c.unfinished(ctx, runbook) })
}

// look lists the executions in progress by the function it is given. Where no node was found there is none to ask about, and ServerErr says
// so.
func (c *Client) look(ctx context.Context, name string, list func(ctx context.Context, runbook string,
	at time.Time) listing) maintenance.Sighting {
	s := maintenance.Sighting{At: c.now()}
	ctx, cancel := awscall.HalfRemaining(ctx)
	defer cancel()
	server, ok := c.servers[name]
	if !ok {
		s.ServerErr = &maintenance.Error{Op: "describe server " + name, Reason: maintenance.ReasonNotFound,
			Err: errors.New("the settings have no such server of Systems Manager")}
		return s
	}
	if s.Server, s.ServerErr = c.node(ctx, name, server); s.ServerErr != nil {
		return s
	}
	all := list(ctx, server.Runbook, s.At)
	s.Executions, s.ExecutionsErr = all.onNode(s.Server.Node), all.err
	return s
}
