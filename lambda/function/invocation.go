package function

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/settings"
)

// invocation is what the meaning of an event depends on beside the event itself. It turns an event into requests: which servers is
// it about? Each event comes to requests, refusals or reports, never to nothing.
type invocation struct {
	Settings *settings.Settings
	// Self is the account and Region of the function.
	Self      events.Origin
	RequestID string
	// Entrance is the qualifier that the function was invoked by: an alias, a version, or none for the function itself.
	Entrance string
	Name     string
	Now      time.Time
}

func (h *Handler) invocation(ctx context.Context) invocation {
	in := invocation{Settings: h.Settings, Name: h.Name, Now: h.Now()}
	lc, ok := lambdacontext.FromContext(ctx)
	if !ok {
		return in
	}
	in.RequestID = lc.AwsRequestID
	// arn:aws:lambda:region:account:function:name, and :qualifier where the invoker gave one
	// https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
	parts := strings.Split(lc.InvokedFunctionArn, ":")
	if len(parts) >= 7 {
		in.Self = events.Origin{Account: parts[4], Region: parts[3]}
		in.Name = parts[6]
	}
	if len(parts) > 7 && parts[7] != "$LATEST" {
		in.Entrance = parts[7]
	}
	return in
}

// manual is the trigger of an operator's request. With a key, every request with that key is the same trigger.
func (in invocation) manual(key string) maintenance.Trigger {
	id := in.RequestID
	if key != "" {
		id = "key:" + key
	}
	return maintenance.Trigger{Kind: maintenance.TriggerManual, Time: in.Now, ID: id}
}
