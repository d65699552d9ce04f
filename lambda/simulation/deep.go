package simulation

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	realalarms "opsworks-maintenance/lambda/alarms"
	"opsworks-maintenance/lambda/automation"
	"opsworks-maintenance/lambda/function"
	dynamo "opsworks-maintenance/lambda/ledger"
	cmsim "opsworks-maintenance/lambda/local/simulator/opsworkscm"
	ssmsim "opsworks-maintenance/lambda/local/simulator/ssm"
	"opsworks-maintenance/lambda/local/table"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/message"
	"opsworks-maintenance/lambda/notify"
	"opsworks-maintenance/lambda/opsworkscm"
	document "opsworks-maintenance/lambda/settings"
)

// deep is the code under test at its full depth: the real handler, adapters and SDK clients, whose HTTP is answered in memory by
// lambda/local's simulators and table. Each request is a call of the harness. What the invariants read of the world is what the
// simulators and the table say of themselves.
type deep struct {
	*world
	tables *table.Service
	nodes  *ssmsim.Service
	chefs  *cmsim.Service
	ids    *idSource

	serving   *call             // the request of the table that is being answered
	changes   []written         // what it has changed
	status    map[string]string // of servers of OpsWorks CM
	going     map[string]*job   // the maintenance that goes on there
	documents map[*settings]*document.Settings
	answered  map[key]time.Time // starts, by their names, when they were last answered; under driver.mu
}

// Names of the account, as the sample payloads of AWS's documents have it.
const (
	region    = "us-east-1"
	account   = "123456789012"
	stack     = "opsworks-maintenance"
	arnPrefix = "arn:aws:lambda:" + region + ":" + account + ":function:" + stack
	topicARN  = "arn:aws:sns:" + region + ":" + account + ":"
	runsTable = "runs"
)

// deepen makes a world's code under test the deep one.
func (w *world) deepen() {
	d := &deep{world: w, tables: table.New(), ids: &idSource{}, status: map[string]string{}, going: map[string]*job{},
		documents: map[*settings]*document.Settings{}, answered: map[key]time.Time{}}
	w.deep, w.target = d, d
	d.tables.Behind, d.tables.Changed = d.behind, d.wrote
	d.nodes = ssmsim.New(ssmsim.Config{ByHand: true, Random: d.ids, OnStatus: d.executionMoved})
	d.chefs = cmsim.New(cmsim.Config{Random: d.ids,
		OnTransition: func(t cmsim.Transition) { d.status[t.Server] = t.To }})
	check(dynamo.CreateTable(context.Background(), d.config(direct{d.tables}), runsTable))
	d.addRunbooks()
	for _, s := range w.story.Servers {
		d.addServer(s)
	}
}

// check is for what only a mistake of this package makes fail.
func check(err error) {
	if err != nil {
		panic(err)
	}
}

// idSource is where the simulators draw ids from: the name of the request that they answer, so that leaving a choice out shifts no other.
type idSource struct{ roller }

func (s *idSource) Read(p []byte) (int, error) {
	for i := 0; i < len(p); i += 8 {
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], s.next())
		copy(p[i:], b[:])
	}
	return len(p), nil
}

// drawnFor makes the next ids those of a name.
func (s *idSource) drawnFor(seed uint64, k key) { s.roller = *roll(seed, k) }

func (d *deep) config(client aws.HTTPClient) aws.Config {
	return aws.Config{
		Region: region, BaseEndpoint: aws.String("http://service.invalid"), HTTPClient: client, Retryer: retryer,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
		}),
	}
}

// retryer is the SDK's own, but for what is chance in it: its pauses (aws/retry, backoffDelay2026) are half of what they may be at most,
// and no quota of retries is left to the one of two that fail at one instant comes first.
func retryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.RateLimiter = ratelimit.None
		o.Backoff = retry.BackoffDelayerFunc(func(attempt int, err error) (time.Duration, error) {
			base := 50 * time.Millisecond
			if retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err).Bool() {
				base = time.Second
			}
			return min(base<<(attempt-1), retry.DefaultMaxBackoff) / 2, nil
		})
	})
}

// code is the code of one container, which serves one invocation at a time.
type code struct {
	handler *function.Handler
	flight  *flight
	mu      sync.Mutex // held for a moment
	lanes   map[string]*lane
}

// attemptTimeout is how long the function's own client waits for an answer (lambda/connection).
const attemptTimeout = 5 * time.Second

func (d *deep) newCode(c *container) *code {
	b := &code{lanes: map[string]*lane{}}
	config := d.config(wire{d, attemptTimeout})
	topics := notify.Topics{}
	for _, topic := range c.settings.topics {
		switch arn := topicARN + string(topic); topic {
		case maintenance.TopicText:
			topics.Text = arn
		case maintenance.TopicRecords:
			topics.Records = arn
		case maintenance.TopicChat:
			topics.Chat = arn
		}
	}
	runner := &maintenance.Runner{
		Policy:        c.settings.policy,
		Backends:      d.backends(c),
		Ledger:        books{d, b},
		Notifier:      publisher{notify.New(config, topics, message.Function{Name: stack, Region: region, Account: account}), d},
		Alarms:        watchedAlarms{realalarms.New(config, c.now), d.world},
		MaxConcurrent: c.settings.limit, Followers: c.settings.followers(), Expected: c.settings.expected(), Now: c.now,
		NewID: b.newID,
	}
	b.handler = &function.Handler{Name: stack, Settings: d.document(c.settings), Runner: runner, Log: slog.New(slog.DiscardHandler),
		Metrics: io.Discard, Now: c.now}
	return b
}

// backends are the real ones.
func (d *deep) backends(c *container) map[string]maintenance.Backend {
	config := d.config(wire{d, attemptTimeout})
	return map[string]maintenance.Backend{
		automation.Backend: seen{automation.New(config, d.managed(c.settings), c.now), d},
		opsworkscm.Backend: seen{opsworkscm.New(config, c.now), d},
	}
}

// newID names runs and attempts after the flight, in as many letters as a message and a request take.
func (b *code) newID(serverName string, _ time.Time) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.flight.ids[serverName]++
	return serverName + "-" + short(b.flight.key.and(serverName).number(b.flight.ids[serverName]))
}

func short(k key) string {
	return hex.EncodeToString(binary.BigEndian.AppendUint64(nil, mix(uint64(k))))
}

// handle implements target by an invocation of the handler, as Lambda makes it.
func (d *deep) handle(ctx context.Context, _ *world, f *flight) ([]maintenance.Report, error) {
	if f.box.code == nil {
		f.box.code = d.newCode(f.box)
	}
	b := f.box.code
	b.flight = f
	payload, operator := d.payload(f)
	d.arrive(f.event) // by what it is called here
	arn := arnPrefix
	if operator {
		arn += ":" + function.AliasOperators
	}
	ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: f.id, InvokedFunctionArn: arn})
	answer, err := b.handler.Invoke(ctx, payload)
	if again := (*function.RetryError)(nil); errors.As(err, &again) {
		return nil, errRetry
	}
	if err != nil {
		return nil, fmt.Errorf("the handler: %w", err)
	}
	return reportsIn(answer), nil
}

// reportsIn are what an answer says of runs; none, where it is a table.
func reportsIn(answer []byte) (reports []maintenance.Report) {
	var all []function.Response
	if json.Unmarshal(answer, &all) != nil {
		all = make([]function.Response, 1)
		if json.Unmarshal(answer, &all[0]) != nil || all[0].Outcome == "" {
			return nil
		}
	}
	for _, a := range all {
		reports = append(reports, maintenance.Report{Outcome: a.Outcome, Reason: a.Reason, ServerName: a.ServerName, RunID: a.RunID,
			Trigger: maintenance.Trigger{Kind: a.Trigger}})
	}
	return reports
}
