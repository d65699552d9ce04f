package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/notify"
	"opsworks-maintenance/lambda/settings"
)

// Handler answers one invocation: event, requests, reports, response.
type Handler struct {
	Settings *settings.Settings
	Runner   *maintenance.Runner
	Notifier interface {
		Notify(context.Context, maintenance.Report) error
	}
	Log     *slog.Logger
	Metrics io.Writer
	Now     func() time.Time
}

// atOnce bounds how many servers of one event are worked on at the same time: OpsWorks CM takes five calls a second.
const atOnce = 4

// result is a report and what became of telling it.
type result struct {
	maintenance.Report
	publishErr error
}

// Invoke implements lambda.Handler. The payload is taken as bytes, so that malformed JSON is answered here and not by a library.
func (h *Handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	begin := h.Now()
	invocation := h.invocation(ctx, begin)
	event, decodeErr := events.Decode(payload)

	var requests []maintenance.Request
	var reports []maintenance.Report
	if decodeErr != nil {
		reports = []maintenance.Report{invocation.malformed(decodeErr)}
	} else {
		requests, reports = invocation.resolve(event)
	}
	results := h.run(ctx, requests, reports)

	h.log(invocation.RequestID, event, results, h.Now().Sub(begin))
	emit(h.Metrics, h.Now(), results)
	if err := retry(results); err != nil {
		return nil, err
	}
	return json.Marshal(response(results))
}

// invocation gathers what the meaning of an event depends on beside the event itself.
func (h *Handler) invocation(ctx context.Context, now time.Time) invocation {
	in := invocation{Settings: h.Settings, Now: now, NewRunID: h.Runner.NewRunID}
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		in.RequestID = lc.AwsRequestID
		// arn:aws:lambda:region:account:function:name
		if parts := strings.Split(lc.InvokedFunctionArn, ":"); len(parts) >= 7 {
			in.Self = events.Origin{Account: parts[4], Region: parts[3]}
		}
	}
	return in
}

// run starts what is asked for and tells of everything that is told. Each request is told of as soon as it is decided.
func (h *Handler) run(ctx context.Context, requests []maintenance.Request, reports []maintenance.Report) []result {
	work, tell, cancel := budget(ctx)
	defer cancel()
	results := make([]result, len(requests)+len(reports))
	one := func(i int) {
		if i < len(requests) {
			results[i].Report = h.Runner.Run(work, requests[i])
		} else {
			results[i].Report = reports[i-len(requests)]
		}
		if results[i].Outcome.Told() {
			results[i].publishErr = h.Notifier.Notify(tell, results[i].Report)
		}
	}
	if len(results) == 1 { // the usual event; a goroutine's stack would only have to grow anew
		one(0)
		return results
	}
	slots := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i := range results {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			one(i)
		})
	}
	all.Wait()
	return results
}

// budget divides the time of an invocation: work ends early enough that a service which hangs can still be told of, and
// telling ends early enough that the response gets out.
func budget(ctx context.Context) (work, tell context.Context, cancel context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return ctx, ctx, func() {}
	}
	left := time.Until(deadline)
	tell, cancelTell := context.WithDeadline(ctx, deadline.Add(-min(500*time.Millisecond, left/10)))
	work, cancelWork := context.WithDeadline(tell, deadline.Add(-min(6*time.Second, left/3)))
	return work, tell, func() { cancelWork(); cancelTell() }
}

// Response is what an invocation answers with, one for each server the event names.
type Response struct {
	Outcome    maintenance.Outcome   `json:"outcome"`
	Reason     maintenance.Reason    `json:"reason"`
	ServerName string                `json:"serverName"`
	Cause      maintenance.CauseKind `json:"cause"`
	RunID      string                `json:"runId"`
	Message    string                `json:"message"`
}

// response is an object, or an array where the event names several servers.
func response(results []result) any {
	all := make([]Response, len(results))
	for i, r := range results {
		all[i] = Response{
			Outcome: r.Outcome, Reason: r.Reason, ServerName: r.Request.ServerName, Cause: r.Request.Cause.Kind, RunID: r.RunID, Message: notify.Summary(r.Report),
		}
		if r.publishErr != nil {
			all[i].Message += " The message about it could not be published."
		}
	}
	if len(all) == 1 {
		return all[0]
	}
	return all
}

// RetryError makes Lambda deliver the event again. What has started by then is found in progress and not started again.
type RetryError struct{ Message string }

func (e *RetryError) Error() string { return e.Message }

// retry is the error to leave the handler with: nil, unless delivering the event again can help. A person's request never
// waits, so a person gets the outcome at once and no retry behind their back.
func retry(results []result) error {
	var failed []error
	for _, r := range results {
		if r.Outcome == maintenance.Errored && r.Reason.Retryable() && r.Request.Cause.Kind != maintenance.CauseManual {
			failed = append(failed, errors.New(notify.Summary(r.Report)+" "+r.Detail))
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return &RetryError{Message: errors.Join(failed...).Error()}
}
