package opsworkscm

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/opsworkscm/types"

	"opsworks-maintenance/lambda/maintenance"
)

// Follow implements maintenance.Backend: the server, and the service's events since the claim. The service does not name the
// maintenances it starts, and MaintenanceStatus alone may be last week's (types.Server: "the most recent server maintenance run").
func (c *Client) Follow(ctx context.Context, run maintenance.Run) maintenance.Sighting {
	s := c.Look(ctx, run.ServerName)
	s.Events, s.EventsErr = c.events(ctx, run.ServerName, run.Attempt.Claimed)
	if known := types.ServerStatus("").Values(); s.ServerErr == nil && !slices.Contains(known, types.ServerStatus(s.Server.Status)) {
		s.Warning = fmt.Sprintf("the API model has no server status %.40q", s.Server.Status)
	}
	return s
}
