// Package ledger keeps runs, servers, keys, slots and nodes in one DynamoDB table. What may happen only once is a condition of one
// write, so that it holds for any number of functions, and every write whose answer is lost is looked up before it counts as failed.
//
// An item's partition key says by its prefix what it is. Every write of a run names its writer, a token that is used once: by it a
// write is found again whose answer did not come.
package ledger

import (
	"context"
	"hash/fnv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"opsworks-maintenance/lambda/awscall"
	"opsworks-maintenance/lambda/maintenance"
)

// AttemptTimeout is how long one attempt should wait for its answer: DynamoDB answers in milliseconds, or something is wrong.
const AttemptTimeout = 2 * time.Second

// A call is tried so often, with pauses that grow from one to the other.
const (
	attempts     = 8
	firstPause   = 25 * time.Millisecond
	longestPause = time.Second
)

// Ledger is a maintenance.Ledger.
type Ledger struct{ store }

// store reads and writes items of the table, and knows nothing of what they are.
type store struct {
	api   *dynamodb.Client
	table string
	token func() string
}

var _ maintenance.Ledger = (*Ledger)(nil)

// New makes a ledger. config.BaseEndpoint, if set, is where DynamoDB is; otherwise it is AWS's own. config.HTTPClient has to see to
// the AttemptTimeout. token makes a random text of at most 36 characters (the length of a ClientRequestToken); it is called from
// several goroutines.
func New(config aws.Config, table string, token func() string) *Ledger {
	l := &Ledger{store{table: table, token: token}}
	l.api = dynamodb.NewFromConfig(config, func(o *dynamodb.Options) {
		o.Retryer = retry.NewStandard(func(s *retry.StandardOptions) {
			s.MaxAttempts = attempts
			s.Backoff = retry.BackoffDelayerFunc(func(attempt int, _ error) (time.Duration, error) { return l.pause(attempt), nil })
			// A quota of retries is meant to spare a service in distress. Few call here, and rarely.
			s.RateLimiter = ratelimit.None
		})
	})
	return l
}

// pause is how long to wait after so many attempts: half of it grows, half is random, so that those who met do not meet again.
func (s *store) pause(attempt int) time.Duration {
	grown := min(firstPause<<min(attempt-1, 10), longestPause)
	hash := fnv.New32a()
	hash.Write([]byte(s.token()))
	return grown/2 + grown/2*time.Duration(hash.Sum32()%1000)/1000
}

// wait waits after an attempt; false if there is no time left for another.
func (s *store) wait(ctx context.Context, attempt int) bool {
	timer := time.NewTimer(s.pause(attempt))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func unavailable(op string, err error) error {
	return &maintenance.Error{Op: op, Reason: maintenance.ReasonLedgerUnavailable, Err: awscall.Plain(err)}
}
