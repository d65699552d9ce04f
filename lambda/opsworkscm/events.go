package opsworkscm

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/opsworkscm"
	"github.com/aws/aws-sdk-go-v2/service/opsworkscm/types"

	"opsworks-maintenance/lambda/awscall"
	"opsworks-maintenance/lambda/maintenance"
)

// proofs are the messages that only maintenance leaves, and whether they say that it succeeded, without a full stop at the end: the
// guide prints them with and without. Backups, restores, health checks and creation leave events too, and no document shows how the
// start or the failure of a maintenance reads: a message is one of these or proves nothing.
var proofs = map[string]bool{
	// AWS CLI, examples/opsworks-cm/describe-events. Updates come by maintenance alone (user guide, opscm-maintenance), but that they
	// are installed is not yet its end.
	"Updates successfully installed": false,
	// User guide, opscm-a2upgrade, "Upgrade to Chef Automate 2 (Console)".
	"Maintenance completed successfully": true,
	// The same, "(CLI)". The upgrade takes the place of routine maintenance, and this is what ends it.
	"Upgrading Chef server from Automate 1 to Automate 2": false,
	"Successfully upgraded to Automate 2":                 true,
}

// events reads what the service recorded since a time with DescribeEvents, which lists the newest first, in pages.
func (c *Client) events(ctx context.Context, name string, since time.Time) ([]maintenance.Event, error) {
	ctx, cancel := awscall.HalfRemaining(ctx)
	defer cancel()
	var events []maintenance.Event
	pages := opsworkscm.NewDescribeEventsPaginator(c.api, &opsworkscm.DescribeEventsInput{ServerName: aws.String(name)},
		func(o *opsworkscm.DescribeEventsPaginatorOptions) { o.StopOnDuplicateToken = true })
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return events, failure("read the events of server "+name, err)
		}
		for _, e := range page.ServerEvents {
			if e.CreatedAt == nil {
				continue // it may be of any time
			}
			if isBefore(*e.CreatedAt, since) {
				return events, nil
			}
			events = append(events, event(e))
		}
	}
	return events, nil
}

// isBefore compares a stamp with a time in the stamp's own precision: milliseconds, or whole seconds. One of the same moment counts.
func isBefore(stamp, t time.Time) bool {
	precision := time.Millisecond
	if stamp.Nanosecond() == 0 {
		precision = time.Second
	}
	return stamp.Before(t.Truncate(precision))
}

func event(e types.ServerEvent) maintenance.Event {
	message := aws.ToString(e.Message)
	succeeded, proof := proofs[strings.TrimSuffix(message, ".")]
	return maintenance.Event{At: *e.CreatedAt, Message: message, Maintenance: proof, Succeeded: succeeded}
}
