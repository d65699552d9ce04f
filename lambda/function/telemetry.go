package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/settings"
)

// log writes the one line of an event: facts as attributes, no payload.
func (h *Handler) log(requestID string, event events.Event, reports []maintenance.Report, took time.Duration) {
	level := slog.LevelInfo
	var details, unpublished, unrecorded []string
	for _, r := range reports {
		level = max(level, severity(r))
		if r.Detail != "" {
			details = append(details, r.Detail)
		}
		if r.PublishErr != nil {
			unpublished = append(unpublished, r.PublishErr.Error())
		}
		if r.LedgerErr != nil {
			unrecorded = append(unrecorded, r.LedgerErr.Error())
		}
	}
	attrs := []slog.Attr{
		slog.String("requestId", requestID),
		slog.String("event", eventName(event)),
		slog.Any("response", response(event, reports)),
		slog.Float64("durationMs", float64(took.Microseconds())/1000),
	}
	if len(details) > 0 {
		attrs = append(attrs, slog.String("detail", strings.Join(details, "; ")))
	}
	if len(unpublished) > 0 {
		attrs = append(attrs, slog.String("publishError", strings.Join(unpublished, "; ")))
	}
	if len(unrecorded) > 0 {
		attrs = append(attrs, slog.String("ledgerError", strings.Join(unrecorded, "; ")))
	}
	h.Log.LogAttrs(context.Background(), level, "event handled", attrs...)
}

func severity(r maintenance.Report) slog.Level {
	switch {
	case r.Outcome == maintenance.Errored || r.PublishErr != nil || r.LedgerErr != nil:
		return slog.LevelError
	case r.Outcome == maintenance.Refused || r.Reason == maintenance.UnknownStatus:
		return slog.LevelWarn
	default:
		return slog.LevelInfo
	}
}

// eventName is the event's type as a word: "alarm", "schedule", "start"; "malformed" for what could not be decoded.
func eventName(event events.Event) string {
	if event == nil {
		return "malformed"
	}
	return strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", event), "events."))
}

// metric is one of a line's metrics, under a dimension or none.
type metric struct {
	name      string
	dimension string
}

// emit writes the event's metrics, a line for each outcome.
func emit(w io.Writer, now time.Time, reports []maintenance.Report) {
	counts := map[maintenance.Outcome]int{}
	failures := map[maintenance.Outcome]int{}
	for _, r := range reports {
		counts[r.Outcome]++
		if r.PublishErr != nil {
			failures[r.Outcome]++
		}
	}
	for _, outcome := range maintenance.Outcomes() {
		if counts[outcome] == 0 {
			continue
		}
		writeMetrics(w, now, []metric{{settings.MetricOutcomes, settings.DimensionOutcome}, {settings.MetricPublishFailures, ""}}, map[string]any{
			settings.DimensionOutcome:      outcome,
			settings.MetricOutcomes:        counts[outcome],
			settings.MetricPublishFailures: failures[outcome],
		})
	}
}

// emitSweep counts a sweep that saw all open runs. An alarm waits for it: if none comes, nothing is followed any more.
func emitSweep(w io.Writer, now time.Time) {
	writeMetrics(w, now, []metric{{settings.MetricSweeps, ""}}, map[string]any{settings.MetricSweeps: 1})
}

// writeMetrics writes one line in the embedded metric format.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
func writeMetrics(w io.Writer, now time.Time, metrics []metric, values map[string]any) {
	type definition struct{ Name, Unit string }
	type directive struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []definition
	}
	directives := make([]directive, 0, len(metrics))
	for _, m := range metrics {
		dimensions := []string{}
		if m.dimension != "" {
			dimensions = append(dimensions, m.dimension)
		}
		directives = append(directives, directive{settings.MetricNamespace, [][]string{dimensions}, []definition{{m.name, "Count"}}})
	}
	values["_aws"] = map[string]any{"Timestamp": now.UnixMilli(), "CloudWatchMetrics": directives}
	if line, err := json.Marshal(values); err == nil {
		_, _ = w.Write(append(line, '\n'))
	}
}
