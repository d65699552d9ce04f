// Package automation runs maintenance through Systems Manager: a server is a managed node that carries a tag, EC2 instance or not,
// and its maintenance is an execution of an Automation runbook.
package automation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"opsworks-maintenance/lambda/call"
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
	// Parameters of the runbook. The value NodePlaceholder stands for the node's id; if no parameter has it, NodeParameter gets the id.
	Parameters map[string][]string
	// UpgradeParameter is by which the runbook is asked for a major upgrade; empty if it cannot be.
	UpgradeParameter string
	Calendars        []string
}

// How a runbook is told the node.
const (
	NodeParameter   = "InstanceId"
	NodePlaceholder = "{node}"
)

// Client is a maintenance.Backend, Stopper and Calendar.
type Client struct {
	api     *ssm.Client
	servers map[string]Server

	mu sync.Mutex
	// parameters of executions, which never change.
	parameters map[string]map[string][]string
	// shared is what the looks of the latest sweep share.
	shared *shared
}

// New makes a client for the servers, by name. config.BaseEndpoint, if set, is where the API is; otherwise it is AWS's own.
func New(config aws.Config, servers map[string]Server) *Client {
	return &Client{api: ssm.NewFromConfig(config), servers: servers, parameters: map[string]map[string][]string{}}
}

// Endpoint is where the API is.
func (c *Client) Endpoint(ctx context.Context) (string, error) {
	o := c.api.Options()
	in := ssm.EndpointParameters{Region: aws.String(o.Region), Endpoint: o.BaseEndpoint}
	endpoint, err := o.EndpointResolverV2.ResolveEndpoint(ctx, in.WithDefaults())
	return endpoint.URI.String(), err
}

// Describe implements maintenance.Backend: the one managed node that carries the server's tag, and whether its runbook runs on it
// already, whoever started that.
func (c *Client) Describe(ctx context.Context, name string) (maintenance.Server, error) {
	return c.describe(ctx, name, func(ctx context.Context, runbook, node string) (string, error) {
		executions, err := c.running(ctx, runbook)
		return executions[node], err
	})
}

func (c *Client) describe(ctx context.Context, name string, running func(ctx context.Context, runbook, node string) (string, error)) (maintenance.Server, error) {
	op := "describe server " + name
	ctx, cancel := call.Half(ctx)
	defer cancel()
	server, err := c.node(ctx, name)
	if err != nil {
		return server, failure(op, err)
	}
	id, err := running(ctx, server.Runbook, server.Node)
	if err != nil {
		return maintenance.Server{}, failure(op, err)
	}
	if id != "" {
		server.Status, server.StatusReason = maintenance.UnderMaintenance, "execution "+id
	}
	return server, nil
}

// node finds the managed node of a server. A filter by tag cannot be combined with another.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceInformation.html
func (c *Client) node(ctx context.Context, name string) (maintenance.Server, error) {
	s, ok := c.servers[name]
	if !ok {
		return maintenance.Server{}, &maintenance.Error{Op: "find its node", Reason: maintenance.NotFound, Err: errors.New("the settings have no such server of Systems Manager")}
	}
	var nodes []types.InstanceInformation
	pages := ssm.NewDescribeInstanceInformationPaginator(c.api, &ssm.DescribeInstanceInformationInput{
		Filters: []types.InstanceInformationStringFilter{{Key: aws.String("tag:" + s.TagKey), Values: []string{name}}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return maintenance.Server{}, err
		}
		nodes = append(nodes, page.InstanceInformationList...)
	}
	tag := s.TagKey + "=" + name
	switch len(nodes) {
	case 0:
		return maintenance.Server{}, &maintenance.Error{Op: "find its node", Reason: maintenance.NotFound,
			Err: fmt.Errorf("no managed node has the tag %s, or the node is stopped, or its SSM Agent is silent", tag)}
	case 1:
		return described(name, s, nodes[0]), nil
	default:
		var ids []string
		for _, node := range nodes {
			ids = append(ids, aws.ToString(node.InstanceId))
		}
		slices.Sort(ids)
		return maintenance.Server{}, &maintenance.Error{Op: "find its node", Reason: maintenance.Ambiguous,
			Err: fmt.Errorf("%d managed nodes have the tag %s: %.200s", len(ids), tag, strings.Join(ids, ", "))}
	}
}

// described puts a node into the domain's words. Inactive is what the service once said of a node that had lost its connection.
func described(name string, s Server, node types.InstanceInformation) maintenance.Server {
	server := maintenance.Server{Name: name, Backend: Backend, Node: aws.ToString(node.InstanceId), Runbook: s.Runbook}
	switch node.PingStatus {
	case types.PingStatusOnline:
		server.Status = maintenance.Healthy
	case types.PingStatusConnectionLost, types.PingStatusInactive:
		server.Status = maintenance.ConnectionLost
	default:
		server.Status = maintenance.Status(node.PingStatus)
	}
	if node.LastPingDateTime != nil && server.Status != maintenance.Healthy {
		server.StatusReason = "its SSM Agent last answered at " + node.LastPingDateTime.UTC().Format(time.RFC3339)
	}
	return server
}
