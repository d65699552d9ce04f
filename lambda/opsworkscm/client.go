// Package opsworkscm runs maintenance through the OpsWorks CM API, version 2016-11-01: on AWS, which switched the service off
// in spring 2024, or on any endpoint that speaks the same protocol. It reports what it saw; what that proves the domain concludes.
package opsworkscm

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/opsworkscm"
	"github.com/aws/aws-sdk-go-v2/service/opsworkscm/types"

	"opsworks-maintenance/lambda/maintenance"
)

// Backend is the name servers name this backend by in the settings.
const Backend = "opsworks-cm"

// Client is a maintenance.Backend.
type Client struct {
	api *opsworkscm.Client
	now func() time.Time
	// list is what the looks of one sweep share; nil: each look reads its own server.
	list *list
}

// New makes a client. config.BaseEndpoint, if set, is where the API is; otherwise it is AWS's own.
func New(config aws.Config, now func() time.Time) *Client {
	return &Client{api: opsworkscm.NewFromConfig(config), now: now}
}

// Stops implements maintenance.Backend: the API has no operation that ends a maintenance.
func (c *Client) Stops() bool { return false }

// Stop implements maintenance.Backend.
func (c *Client) Stop(_ context.Context, run maintenance.Run) error {
	return &maintenance.Error{Op: "stop maintenance of " + run.ServerName, Reason: maintenance.ReasonUnsupported,
		Err: errors.New("OpsWorks CM has no operation that ends a maintenance")}
}

// Calendar implements maintenance.Backend: a server of this backend has none.
func (c *Client) Calendar(context.Context, string) maintenance.CalendarState {
	return maintenance.CalendarState{}
}

func fromAPI(s types.Server) maintenance.Server {
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
