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
	case r.Outcome == maintenance.Refused:
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

// Namespace of the function's metrics: Outcomes with the dimension Outcome, and PublishFailures without one.
const Namespace = "OpsWorksMaintenance"

// emit writes the event's metrics in the embedded metric format, a line for each outcome.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
func emit(w io.Writer, now time.Time, reports []maintenance.Report) {
	type metric struct{ Name, Unit string }
	type directive struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []metric
	}
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
		line, err := json.Marshal(map[string]any{
			"_aws": map[string]any{
				"Timestamp": now.UnixMilli(),
				"CloudWatchMetrics": []directive{
					{Namespace, [][]string{{"Outcome"}}, []metric{{"Outcomes", "Count"}}},
					{Namespace, [][]string{{}}, []metric{{"PublishFailures", "Count"}}},
				},
			},
			"Outcome":         outcome,
			"Outcomes":        counts[outcome],
			"PublishFailures": failures[outcome],
		})
		if err == nil {
			_, _ = w.Write(append(line, '\n'))
		}
	}
}
