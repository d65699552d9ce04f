package automation

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"opsworks-maintenance/lambda/awscall"
	"opsworks-maintenance/lambda/maintenance"
)

// Calendar implements maintenance.Backend with GetCalendarState: several calendars are open only if all of them are.
func (c *Client) Calendar(ctx context.Context, name string) maintenance.CalendarState {
	calendars := c.servers[name].Calendars
	if len(calendars) == 0 {
		return maintenance.CalendarState{}
	}
	ctx, cancel := awscall.HalfRemaining(ctx)
	defer cancel()
	out, err := c.api.GetCalendarState(ctx, &ssm.GetCalendarStateInput{CalendarNames: calendars})
	if err != nil {
		return maintenance.CalendarState{Closed: true, Err: failure("read the calendars "+strings.Join(calendars, ", "), err)}
	}
	next, err := time.Parse(time.RFC3339, aws.ToString(out.NextTransitionTime))
	if err != nil {
		next = time.Time{} // a calendar may have no next event
	}
	return maintenance.CalendarState{Closed: out.State != types.CalendarStateOpen, Next: next}
}
