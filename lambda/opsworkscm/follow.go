package opsworkscm

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/opsworkscm"

	"opsworks-maintenance/lambda/call"
	"opsworks-maintenance/lambda/maintenance"
)

// Follow implements maintenance.Backend. A run is over once its server has settled, and there is proof that it began: the service
// does not name the runs it starts, and MaintenanceStatus alone may be last week's.
func (c *Client) Follow(ctx context.Context, run maintenance.Run, look maintenance.Look) (maintenance.Progress, error) {
	server, err := look(ctx, run.ServerName)
	switch {
	case err != nil && maintenance.ReasonOf(err) == maintenance.NotFound:
		return maintenance.Progress{}, &maintenance.Error{Op: "follow run " + run.ID, Reason: maintenance.ServerGone, Err: err}
	case err != nil:
		return maintenance.Progress{}, err
	}
	p := maintenance.Progress{Server: server}
	switch {
	case server.Status == maintenance.UnderMaintenance:
		p.State = maintenance.UnderWay
		return p, nil
	case !settled(server.Status):
		return p, nil
	}
	found, err := c.since(ctx, run.ServerName, run.Claimed)
	p.Detail = found.String()
	switch {
	case run.Began || err == nil && found.maintenance:
		p.State = maintenance.Over
	case err == nil:
		p.State = maintenance.NothingSeen
	}
	return p, nil
}

// settled reports whether a state is one that maintenance leaves a server in, not one it passes through.
func settled(s maintenance.Status) bool {
	switch s {
	case maintenance.Healthy, maintenance.Unhealthy, maintenance.Failed, maintenance.Terminated:
		return true
	default:
		return false
	}
}

// Find implements maintenance.Backend: the server's state, and the service's events since the claim.
func (c *Client) Find(ctx context.Context, run maintenance.Run) (maintenance.Evidence, error) {
	server, err := c.Describe(ctx, run.ServerName)
	if err != nil {
		return maintenance.Evidence{}, err
	}
	evidence := maintenance.Evidence{Server: server}
	if server.Status == maintenance.UnderMaintenance {
		evidence.Finding = maintenance.Began
		return evidence, nil
	}
	found, err := c.since(ctx, run.ServerName, run.Claimed)
	if err != nil {
		return evidence, err
	}
	evidence.Detail = found.String()
	switch {
	case found.maintenance: // it may have ended already
		evidence.Finding = maintenance.Began
	case len(found.events) == 0 && server.Status.Startable():
		evidence.Finding = maintenance.NothingStarted
	}
	return evidence, nil
}

// maintenanceWords are in the events that maintenance leaves, as far as documents show them: "Updates successfully installed.",
// "Maintenance completed successfully", "Successfully upgraded to Automate 2." Backups and health checks leave events too.
var maintenanceWords = []string{"maintenance", "updates", "upgrad"}

// trace is what the service recorded of a server.
type trace struct {
	events []string // in words, newest first
	// maintenance is true if one of them can only be there because maintenance went on.
	maintenance bool
}

// since reads what the service recorded since a time with DescribeEvents, which lists the newest first.
func (c *Client) since(ctx context.Context, name string, since time.Time) (trace, error) {
	op := "read the events of server " + name
	ctx, cancel := call.Half(ctx)
	defer cancel()
	var found trace
	pages := opsworkscm.NewDescribeEventsPaginator(c.api, &opsworkscm.DescribeEventsInput{ServerName: aws.String(name)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return trace{}, failure(op, err)
		}
		for _, event := range page.ServerEvents {
			at := aws.ToTime(event.CreatedAt)
			// Events are stamped in milliseconds, or in whole seconds: one of the same stamp counts.
			from := since.Truncate(time.Millisecond)
			if at.Nanosecond() == 0 {
				from = since.Truncate(time.Second)
			}
			if at.Before(from) {
				return found, nil
			}
			message := aws.ToString(event.Message)
			found.events = append(found.events, at.UTC().Format(time.RFC3339)+" "+message)
			if slices.ContainsFunc(maintenanceWords, func(word string) bool { return strings.Contains(strings.ToLower(message), word) }) {
				found.maintenance = true
			}
		}
	}
	return found, nil
}

// String puts the events on one line, newest first.
func (t trace) String() string {
	const most = 10
	text := strings.Join(t.events[:min(most, len(t.events))], "; ")
	if len(t.events) > most {
		text += "; …"
	}
	return text
}
