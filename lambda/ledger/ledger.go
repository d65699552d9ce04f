// Package ledger keeps the runs in one DynamoDB table. What may happen only once is a condition of one write, so that it holds
// for any number of functions, and every write whose answer is lost is looked up before anybody is told that it failed.
package ledger

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"opsworks-maintenance/lambda/call"
	"opsworks-maintenance/lambda/maintenance"
)

// A call is tried so often.
const (
	attempts       = 6
	longestBackoff = time.Second
)

// AttemptTimeout is how long one attempt should wait for its answer: DynamoDB answers in milliseconds, or something is wrong.
const AttemptTimeout = 2 * time.Second

// Ledger is a maintenance.Ledger.
type Ledger struct {
	api   *dynamodb.Client
	table string
	// Now says which day is today, for the starts of today that Servers reads; all else is given the time.
	Now func() time.Time
}

var _ maintenance.Ledger = (*Ledger)(nil)

// New makes a ledger. config.BaseEndpoint, if set, is where DynamoDB is; otherwise it is AWS's own. config.HTTPClient has to see to
// the AttemptTimeout.
func New(config aws.Config, table string) *Ledger {
	api := dynamodb.NewFromConfig(config, func(o *dynamodb.Options) {
		o.Retryer = retry.NewStandard(func(s *retry.StandardOptions) {
			s.MaxAttempts, s.MaxBackoff = attempts, longestBackoff
			// Conflicts are daily business. They must not use up a quota of retries that is meant to spare a service in distress.
			s.RateLimiter = ratelimit.None
			s.Retryables = append(s.Retryables, retry.IsErrorRetryableFunc(conflict))
		})
	})
	return &Ledger{api: api, table: table, Now: time.Now}
}

// Endpoint is where DynamoDB is.
func (l *Ledger) Endpoint(ctx context.Context) (string, error) {
	o := l.api.Options()
	in := dynamodb.EndpointParameters{Region: aws.String(o.Region), Endpoint: o.BaseEndpoint}
	endpoint, err := o.EndpointResolverV2.ResolveEndpoint(ctx, in.WithDefaults())
	return endpoint.URI.String(), err
}

// conflict says that a write met another of the same items, or no capacity: nothing was written, and it is tried again.
// Throttles of a call as a whole, TransactionInProgressException among them, the SDK knows by itself.
func conflict(err error) aws.Ternary {
	if call.Code(err) == "TransactionConflictException" { // of a single item
		return aws.TrueTernary
	}
	var canceled *types.TransactionCanceledException
	if !errors.As(err, &canceled) {
		return aws.UnknownTernary
	}
	switch _, code, _ := firstReason(canceled); code {
	case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
		return aws.TrueTernary
	}
	return aws.FalseTernary
}

func unavailable(op string, err error) error {
	return &maintenance.Error{Op: op, Reason: maintenance.LedgerUnavailable, Err: err}
}
