// Package automation runs maintenance through Systems Manager: a server is a managed node that carries a tag, EC2 instance or not,
// and its maintenance is an execution of an Automation runbook. It reports what it saw; what that proves is for the domain to conclude.
package automation

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

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
	// TakesRunID is true where the runbook takes the run's id as maintenance.ParameterRunID: the runbooks of this project do.
	TakesRunID bool
	// Parameters of the runbook. The value NodePlaceholder stands for the node's id; if no parameter has it, maintenance.ParameterNode
	// gets it.
	Parameters map[string][]string
	// PublicParameters are those whose values may be read in messages and logs. All others are secret.
	PublicParameters []string
	// UpgradeParameter is by which the runbook is asked for a major upgrade; empty if it cannot be.
	UpgradeParameter string
	Calendars        []string
}

// NodePlaceholder is the value of a parameter that stands for the node's id.
const NodePlaceholder = "{node}"

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
