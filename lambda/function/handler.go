package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strings"
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
	Log      *slog.Logger
	Metrics  io.Writer
	Now      func() time.Time
}

// Invoke implements lambda.Handler. The payload is taken as bytes, so that malformed JSON is answered here and not by a library.
func (h *Handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	begin := h.Now()
	invocation := h.invocation(ctx, begin)
	event, err := events.Decode(payload)
	if err == nil {
		if answer, ok := h.people(ctx, event); ok {
			h.log(invocation.RequestID, event, nil, h.Now().Sub(begin))
			return json.Marshal(answer)
		}
	}
	reports := h.reports(ctx, invocation, event, err)

	h.log(invocation.RequestID, event, reports, h.Now().Sub(begin))
	emit(h.Metrics, h.Now(), reports)
	if err := retry(event, reports); err != nil {
		return nil, err
	}
	return json.Marshal(response(event, reports))
}

// reports is what an event comes to.
func (h *Handler) reports(ctx context.Context, in invocation, event events.Event, err error) []maintenance.Report {
	if err != nil {
		return []maintenance.Report{h.Runner.Refuse(ctx, in.malformed(err))}
	}
	switch event := event.(type) {
	case events.Sweep:
		reports, err := h.Runner.Sweep(ctx)
		if err != nil {
			return append(reports, maintenance.Report{Outcome: maintenance.Errored, Reason: maintenance.ReasonOf(err), Detail: err.Error(), At: in.Now, Untold: true})
		}
		emitSweep(h.Metrics, h.Now())
		return reports
	case events.Close:
		return []maintenance.Report{h.Runner.Close(ctx, event.RunID)}
	case events.Stop:
		cause := maintenance.Cause{Kind: maintenance.CauseManual, Time: in.Now, ID: in.RequestID}
		return []maintenance.Report{h.Runner.Stop(ctx, event.ServerName, cause)}
	case events.RunFinished:
		return h.finished(ctx, in, event)
	}
	requests, refused := in.resolve(event)
	reports := make([]maintenance.Report, 0, len(requests)+len(refused))
	for _, r := range refused {
		reports = append(reports, h.Runner.Refuse(ctx, r))
	}
	return append(reports, h.ask(ctx, requests)...)
}

// finished follows the run that an event of Systems Manager is about. The sweep follows it too: whatever goes wrong here is not
// tried again.
func (h *Handler) finished(ctx context.Context, in invocation, event events.RunFinished) []maintenance.Report {
	if event.Origin != in.Self {
		return []maintenance.Report{in.ignored(maintenance.ForeignEvent, in.foreign(event.Origin))}
	}
	reports, found, err := h.Runner.Finished(ctx, event.ExecutionID)
	switch {
	case err != nil && !found:
		return []maintenance.Report{{Outcome: maintenance.Errored, Reason: maintenance.ReasonOf(err), Detail: err.Error(), At: in.Now, Untold: true}}
	case !found:
		return []maintenance.Report{in.ignored(maintenance.UnknownExecution, "no open run has the execution "+event.ExecutionID)}
	case len(reports) == 0:
		return []maintenance.Report{in.ignored(maintenance.NothingNew, "nothing new about the execution "+event.ExecutionID)}
	default:
		return reports
	}
}

// ask asks for maintenance of one server, or of several.
func (h *Handler) ask(ctx context.Context, requests []maintenance.Request) []maintenance.Report {
	if len(requests) == 1 {
		return []maintenance.Report{h.Runner.Ask(ctx, requests[0])}
	}
	return h.Runner.AskAll(ctx, requests)
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

// RetryError makes Lambda deliver the event again. What was recorded by then is found and not started again.
type RetryError struct{ Message string }

func (e *RetryError) Error() string { return e.Message }

// retry is the error to leave the handler with: nil, unless delivering the event again can help: the ledger could not be reached,
// or a refusal, of which no run is kept, could not be told. A person gets the outcome at once and no retry behind their back; a
// sweep comes again by itself, and follows what an execution's event is about.
func retry(event events.Event, reports []maintenance.Report) error {
	switch event.(type) {
	case events.Sweep, events.RunFinished, events.Close:
		return nil
	}
	var failed []error
	for _, r := range reports {
		kind := r.Request.Cause.Kind
		if kind != maintenance.CauseAlarm && kind != maintenance.CauseSchedule {
			continue
		}
		if r.Retell || r.Outcome == maintenance.Errored && r.Reason.Retryable() {
			failed = append(failed, errors.New(notify.Answer(r)))
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return &RetryError{Message: errors.Join(failed...).Error()}
}
