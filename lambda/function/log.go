package function

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/maintenance"
)

// A line of log stays readable, and far under the 256 KB that CloudWatch Logs takes
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html), however many runs a sweep reports.
const (
	maxLogged = 20
	maxText   = 1000 // characters of one text
)

// log writes the one line of an event: facts as attributes, no payload. What is worst comes first.
func (h *Handler) log(in invocation, event events.Event, a answer) {
	reports := slices.SortedStableFunc(slices.Values(a.Reports), func(a, b maintenance.Report) int {
		return cmp.Compare(severity(b), severity(a))
	})
	level := slog.LevelInfo
	var details, errs []string
	for _, r := range reports {
		level = max(level, severity(r))
		if r.Detail != "" {
			details = append(details, r.Detail)
		}
		if r.Err != nil {
			errs = append(errs, r.Err.Error())
		}
	}
	attrs := []slog.Attr{slog.String("requestId", in.RequestID), slog.String("event", kindOf(event))}
	if in.Entrance != "" {
		attrs = append(attrs, slog.String("entrance", in.Entrance))
	}
	attrs = append(attrs, logged(event, reports)...)
	attrs = append(attrs, slog.Float64("durationMs", float64(h.Now().Sub(in.Now).Microseconds())/1000))
	p := a.publishing()
	for _, err := range p.Errs {
		level = slog.LevelError
		errs = append(errs, err.Error())
	}
	if p.Published+p.Dropped > 0 {
		attrs = append(attrs, slog.Int("published", p.Published), slog.Int("dropped", p.Dropped))
	}
	if a.Sweep != nil {
		attrs = append(attrs, slog.Float64("overdueSeconds", a.Sweep.Overdue.Seconds()), slog.Int("left", a.Sweep.Left),
			slog.Any("openRuns", a.Sweep.Open))
	}
	if len(details) > 0 {
		attrs = append(attrs, slog.String("detail", joined(details)))
	}
	if len(errs) > 0 {
		attrs = append(attrs, slog.String("error", joined(errs)))
	}
	h.Log.LogAttrs(context.Background(), level, "event handled", attrs...)
}

// logged is the response as the log has it: of many reports the first, and how many more of each outcome there are.
func logged(event events.Event, reports []maintenance.Report) []slog.Attr {
	if len(reports) == 1 && reports[0].Outcome == "" { // a request that only looked
		return []slog.Attr{slog.String("serverName", reports[0].ServerName)}
	}
	shown := slices.Clone(reports[:min(len(reports), maxLogged)])
	out := responses(shown)
	for i := range out {
		out[i].Message = short(out[i].Message)
	}
	attr := slog.Any("response", out)
	if _, sweep := event.(events.Sweep); len(out) == 1 && len(reports) == 1 && !sweep {
		attr = slog.Any("response", out[0])
	}
	if len(reports) == len(shown) {
		return []slog.Attr{attr}
	}
	more := map[maintenance.Outcome]int{}
	for _, r := range reports[len(shown):] {
		more[r.Outcome]++
	}
	return []slog.Attr{attr, slog.Any("more", more)}
}

// joined is a list of texts as one, and how many more there are.
func joined(texts []string) string {
	var shown []string
	for _, text := range texts[:min(len(texts), maxLogged)] {
		shown = append(shown, short(text))
	}
	if more := len(texts) - len(shown); more > 0 {
		shown = append(shown, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(shown, "; ")
}

func short(text string) string {
	if r := []rune(text); len(r) > maxText {
		return string(r[:maxText]) + "…"
	}
	return text
}

// severity is the log level of a report: of a second delivery it is info, whatever the first came to.
func severity(r maintenance.Report) slog.Level {
	switch {
	case r.Err != nil:
		return slog.LevelError
	case r.Redelivered || r.Reason == maintenance.ReasonDuplicate:
		return slog.LevelInfo
	case r.Outcome == maintenance.OutcomeError:
		return slog.LevelError
	case r.Outcome == maintenance.OutcomeRefused || r.Reason == maintenance.ReasonUnknownStatus:
		return slog.LevelWarn
	default:
		return slog.LevelInfo
	}
}

// kindOf is an event's name in log and texts; a payload that could not be read has none of its own.
func kindOf(event events.Event) string {
	if event == nil {
		return "unreadable"
	}
	return event.Kind()
}
