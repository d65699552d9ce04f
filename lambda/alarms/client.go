// Package alarms asks CloudWatch which alarms are in ALARM, without its client, which would make the function 7 % larger and builds the
// schemas of the whole API at every start. It speaks the documented query protocol: a signed POST, an answer in XML.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/making-api-requests.html
package alarms

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"opsworks-maintenance/lambda/awscall"
	"opsworks-maintenance/lambda/maintenance"
)

// Client is a maintenance.Alarms.
type Client struct {
	http        aws.HTTPClient
	credentials aws.CredentialsProvider
	region      string
	endpoint    string
	signer      *v4.Signer
	now         func() time.Time
}

var _ maintenance.Alarms = (*Client)(nil)

// New makes a client. config.BaseEndpoint, if set, is where the API is; otherwise it is AWS's own.
func New(config aws.Config, now func() time.Time) *Client {
	endpoint := strings.TrimRight(aws.ToString(config.BaseEndpoint), "/")
	if endpoint == "" {
		endpoint = Endpoint(config.Region)
	}
	return &Client{http: config.HTTPClient, credentials: config.Credentials, region: config.Region, endpoint: endpoint,
		signer: v4.NewSigner(), now: now}
}

var (
	errSameToken = errors.New("the answer's token is one that was followed already")
	errNoName    = errors.New("the answer has an alarm without a name")
)

// InAlarm implements maintenance.Alarms with DescribeAlarms: metric and composite alarms, page after page.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
func (c *Client) InAlarm(ctx context.Context, prefix string) ([]maintenance.Alarm, error) {
	ctx, cancel := awscall.HalfRemaining(ctx)
	defer cancel()
	in := url.Values{"Action": {"DescribeAlarms"}, "Version": {"2010-08-01"}, "StateValue": {inAlarm}, "MaxRecords": {"100"},
		"AlarmTypes.member.1": {"MetricAlarm"}, "AlarmTypes.member.2": {"CompositeAlarm"}}
	if prefix != "" {
		in.Set("AlarmNamePrefix", prefix)
	}
	var all []maintenance.Alarm
	followed := map[string]bool{} // the tokens: how many pages there are, only the service knows
	for {
		page, err := c.ask(ctx, in.Encode())
		if err == nil && followed[page.NextToken] {
			err = errSameToken
		}
		if err != nil {
			return nil, failure(prefix, err)
		}
		for _, a := range append(page.Metric, page.Composite...) {
			switch state := strings.TrimSpace(a.State); {
			case a.Name == "":
				return nil, failure(prefix, errNoName)
			case state == inAlarm:
				all = append(all, maintenance.Alarm{Name: a.Name, Since: a.since()})
			case !slices.Contains(calm, state):
				return nil, failure(prefix, fmt.Errorf("the alarm %.255q is in no state that there is: %.40q", a.Name, state))
			}
		}
		if page.NextToken == "" {
			return all, nil
		}
		followed[page.NextToken] = true
		in.Set("NextToken", page.NextToken)
	}
}

// failure is an error in the domain's words.
func failure(prefix string, err error) error {
	reason, _ := awscall.Classify(err)
	return &maintenance.Error{Op: "read the alarms " + prefix + "*", Reason: reason, Err: awscall.Plain(err)}
}

// How often a question is asked, and the pause before it is asked again, which doubles: that of the SDK at most.
const (
	attempts = 3
	pause    = 250 * time.Millisecond
)

// ask asks again where that can help. It changes nothing, however often it is asked.
func (c *Client) ask(ctx context.Context, form string) (page, error) {
	for attempt := 1; ; attempt++ {
		answer, err := c.send(ctx, form)
		reason, _ := awscall.Classify(err)
		if err == nil || attempt == attempts || !reason.Retryable() || !wait(ctx, pause<<(attempt-1)) {
			return answer, err
		}
	}
}

func wait(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (c *Client) send(ctx context.Context, form string) (page, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint+"/", strings.NewReader(form))
	if err != nil {
		return page{}, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	credentials, err := c.credentials.Retrieve(ctx)
	if err != nil {
		return page{}, err
	}
	sum := sha256.Sum256([]byte(form))
	if err := c.signer.SignHTTP(ctx, credentials, r, hex.EncodeToString(sum[:]), "monitoring", c.region, c.now()); err != nil {
		return page{}, err
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return page{}, err
	}
	defer func() { _ = answer.Body.Close() }() // what counts has been read
	return read(answer)
}
