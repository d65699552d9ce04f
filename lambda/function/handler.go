// Package function is the Lambda function, as package main, tests and the simulation build it: an event comes in, the domain does
// what it asks for, and a response, a line of log and metrics say what came of it.
package function

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"time"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/settings"
)

// Runner is what the handler asks of the domain; *maintenance.Runner is one.
type Runner interface {
	Ask(ctx context.Context, requests []maintenance.Request) []maintenance.Report
	Clear(ctx context.Context, serverNames []string, alarm maintenance.Trigger) []maintenance.Report
	Refuse(ctx context.Context, refusal maintenance.Refusal) maintenance.Report
	Finished(ctx context.Context, reference string) (maintenance.Report, bool, error)
	Sweep(ctx context.Context) maintenance.SweepResult

	Stop(ctx context.Context, o maintenance.Operator) maintenance.Report
	Close(ctx context.Context, o maintenance.Operator) maintenance.Report
	Approve(ctx context.Context, o maintenance.Operator) maintenance.Report
	Hold(ctx context.Context, q maintenance.HoldRequest) maintenance.HoldAnswer
	Release(ctx context.Context, q maintenance.HoldRequest) maintenance.HoldAnswer
	Plan(ctx context.Context, serverName string) maintenance.Plan
	Status(ctx context.Context, serverNames []string) maintenance.Fleet
	History(ctx context.Context, serverName string, most int) ([]maintenance.Run, error)
}

var _ Runner = (*maintenance.Runner)(nil)

// Handler answers one invocation after the other. It holds nothing between them.
type Handler struct {
	// Name is the function's name, the dimension Stack of every metric. Version is that of its code, for status.
	Name    string
	Version string

	Settings *settings.Settings
	Runner   Runner
	Log      *slog.Logger
	Metrics  io.Writer
	Now      func() time.Time
}

// answer is what an invocation came to.
type answer struct {
	// Reports are the outcomes.
	Reports []maintenance.Report
	// Body is the response, if it is not made of the reports.
	Body any
	// Sweep is what a sweep saw beside them.
	Sweep *maintenance.SweepResult
}

func answerWith(reports ...maintenance.Report) answer { return answer{Reports: reports} }

// Invoke implements lambda.Handler. The payload is taken as bytes, so that malformed JSON is answered here and not by a library.
func (h *Handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	in := h.invocation(ctx)
	payload, widget := events.FromWidget(payload)
	event, err := events.Decode(payload)
	a := h.answer(ctx, in, event, err)
	if a.Body == nil {
		a.Body = response(event, a.Reports)
	}
	h.log(in, event, a)
	h.measure(a)
	if err := retry(in, event, a.Reports); err != nil {
		return nil, err
	}
	if widget {
		return json.Marshal(forWidget(a.Body))
	}
	return json.Marshal(a.Body)
}

// answer does what an event asks for.
func (h *Handler) answer(ctx context.Context, in invocation, event events.Event, err error) answer {
	if err != nil {
		return answerWith(h.Runner.Refuse(ctx, in.unreadable(err)))
	}
	if refusal, wrong := in.wrongEntrance(event); wrong {
		return answerWith(h.Runner.Refuse(ctx, refusal))
	}
	switch event := event.(type) {
	case events.Alarm:
		return h.ask(ctx, in.alarm(event))
	case events.Cleared:
		return h.clear(ctx, in, event)
	case events.Alarms:
		return h.alarms(ctx, in, event)
	case events.Schedule:
		return h.ask(ctx, in.schedule(event))
	case events.RunFinished:
		return h.finished(ctx, in, event)
	case events.Sweep:
		return h.sweep(ctx, in)
	case events.Start:
		return h.ask(ctx, in.start(event))
	case events.Stop:
		return h.operator(ctx, in, event, "", h.Runner.Stop)
	case events.Close:
		return h.operator(ctx, in, event, "", h.Runner.Close)
	case events.Approve:
		return h.operator(ctx, in, event, event.By, h.Runner.Approve)
	case events.Hold:
		q := maintenance.HoldRequest{ServerName: event.ServerName, Until: event.Until, Reason: event.Reason, By: event.By}
		return h.hold(ctx, in, event, q, h.Runner.Hold)
	case events.Release:
		q := maintenance.HoldRequest{ServerName: event.ServerName, Until: event.Until, By: event.By}
		return h.hold(ctx, in, event, q, h.Runner.Release)
	case events.Plan:
		return h.plan(ctx, in, event.ServerName)
	case events.History:
		return h.history(ctx, in, event.ServerName)
	case events.Status:
		return h.status(ctx, in)
	case events.Ignored:
		return answerWith(in.ignored(maintenance.Reason(event.Reason), event.What))
	default:
		return answerWith(in.failed(maintenance.ReasonUnexpected, event.Kind()+" is not handled"))
	}
}

// ask records what the event came to no request with, then asks for the rest.
func (h *Handler) ask(ctx context.Context, r resolved) answer {
	a := answerWith(r.ignored...)
	for _, refusal := range r.refusals {
		a.Reports = append(a.Reports, h.Runner.Refuse(ctx, refusal))
	}
	if len(r.requests) > 0 {
		a.Reports = append(a.Reports, h.Runner.Ask(ctx, r.requests)...)
	}
	return a
}

// alarms asks for all that the alarms of one event ask for, and takes back only then: what goes from one alarm to another in one run
// does not end it in between.
func (h *Handler) alarms(ctx context.Context, in invocation, all events.Alarms) answer {
	var asked resolved
	for _, event := range all {
		switch event := event.(type) {
		case events.Alarm:
			r := in.alarm(event)
			asked.requests = append(asked.requests, r.requests...)
			asked.refusals = append(asked.refusals, r.refusals...)
			asked.ignored = append(asked.ignored, r.ignored...)
		case events.Ignored:
			asked.ignored = append(asked.ignored, in.ignored(maintenance.Reason(event.Reason), event.What))
		}
	}
	a := h.ask(ctx, asked)
	for _, event := range all {
		if c, ok := event.(events.Cleared); ok {
			a.Reports = append(a.Reports, h.clear(ctx, in, c).Reports...)
		}
	}
	return a
}

// clear takes an alarm that has returned to OK back.
func (h *Handler) clear(ctx context.Context, in invocation, event events.Cleared) answer {
	alarm, names, ignored := in.cleared(event)
	if ignored != nil {
		return answerWith(*ignored)
	}
	if reports := h.Runner.Clear(ctx, names, alarm); len(reports) > 0 {
		return answerWith(reports...)
	}
	return answerWith(in.ignored(maintenance.ReasonNothingNew, fmt.Sprintf("no run waits because of the alarm %.255q", event.Name)))
}

// finished follows the run that an event of Systems Manager is about. The sweep follows it too: nothing that goes wrong here is
// tried again.
func (h *Handler) finished(ctx context.Context, in invocation, event events.RunFinished) answer {
	if event.Origin != in.Self {
		return answerWith(in.ignored(maintenance.ReasonForeignEvent, in.foreign(event.Origin)))
	}
	report, found, err := h.Runner.Finished(ctx, event.ExecutionID)
	switch {
	case err != nil && report.Outcome == "":
		return answerWith(in.failed(maintenance.ReasonOf(err), err.Error()))
	case !found:
		return answerWith(in.ignored(maintenance.ReasonUnknownExecution, fmt.Sprintf("no open run has the execution %.80q", event.ExecutionID)))
	case report.Outcome == "":
		nothing := in.ignored(maintenance.ReasonNothingNew, fmt.Sprintf("nothing new about the execution %.80q", event.ExecutionID))
		nothing.Publishing = report.Publishing
		return answerWith(nothing)
	default:
		return answerWith(report)
	}
}

// sweep does what is due. A sweep that could not see it is an error of its own.
func (h *Handler) sweep(ctx context.Context, in invocation) answer {
	result := h.Runner.Sweep(ctx)
	a := answer{Reports: result.Reports, Sweep: &result}
	if result.Err != nil {
		a.Reports = append(a.Reports, in.failed(maintenance.ReasonOf(result.Err), result.Err.Error()))
	}
	return a
}

// operator carries out an operator's request about one run.
func (h *Handler) operator(
	ctx context.Context, in invocation, request events.OperatorRequest, by string,
	do func(context.Context, maintenance.Operator) maintenance.Report,
) answer {
	if refusal, wrong := in.wrongName(request); wrong {
		return answerWith(h.Runner.Refuse(ctx, refusal))
	}
	serverName, runID := request.Target()
	return answerWith(do(ctx, maintenance.Operator{ServerName: serverName, RunID: runID, Trigger: in.manual(""), By: by}))
}
