package function

import (
	"encoding/json"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/settings"
)

// measure writes the event's metrics. An outcome is counted when it happens, not each time that it is reported.
func (h *Handler) measure(a answer) {
	counts := map[maintenance.Outcome]int{}
	for _, r := range a.Reports {
		if r.Count {
			counts[r.Outcome]++
		}
	}
	for _, outcome := range maintenance.Outcomes() {
		if counts[outcome] > 0 {
			h.emit(settings.DimensionOutcome, string(outcome), metric{settings.MetricOutcomes, "Count", counts[outcome]})
		}
	}
	p := a.publishing()
	var metrics []metric // zeros cost as much as other values, and the alarms take what is missing for zero
	if p.Failed > 0 {
		metrics = append(metrics, metric{settings.MetricPublishFailures, "Count", p.Failed})
	}
	if p.Dropped > 0 {
		metrics = append(metrics, metric{settings.MetricDropped, "Count", p.Dropped})
	}
	if a.Sweep != nil && a.Sweep.Err == nil {
		// An alarm waits for the count of sweeps: one that could not see what is due must not keep it quiet.
		metrics = append(metrics, metric{settings.MetricSweeps, "Count", 1}, metric{settings.MetricOldestDue, "Seconds",
			a.Sweep.Overdue.Seconds()})
	}
	if len(metrics) > 0 {
		h.emit("", "", metrics...)
	}
	if a.Sweep != nil && a.Sweep.Open != nil {
		for _, state := range []maintenance.RunState{maintenance.RunWaiting, maintenance.RunStarting, maintenance.RunRunning} {
			h.emit(settings.DimensionState, string(state), metric{settings.MetricOpenRuns, "Count", a.Sweep.Open[state]})
		}
	}
}

// publishing is what the invocation came to in publishing.
func (a answer) publishing() (sum maintenance.Publishing) {
	add := func(p maintenance.Publishing) {
		sum.Published, sum.Failed, sum.Dropped = sum.Published+p.Published, sum.Failed+p.Failed, sum.Dropped+p.Dropped
		sum.Errs = append(sum.Errs, p.Errs...)
	}
	for _, r := range a.Reports {
		add(r.Publishing)
	}
	if a.Sweep != nil {
		add(a.Sweep.Publishing)
	}
	return sum
}

type metric struct {
	name, unit string
	value      any
}

// emit writes one line in the embedded metric format: the metrics under the dimension Stack and, if it is given, one more.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
func (h *Handler) emit(dimension, value string, metrics ...metric) {
	type definition struct{ Name, Unit string }
	type directive struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []definition
	}
	line := map[string]any{settings.DimensionStack: h.Name}
	d := directive{Namespace: settings.MetricNamespace, Dimensions: [][]string{{settings.DimensionStack}}}
	if dimension != "" {
		d.Dimensions[0] = append(d.Dimensions[0], dimension)
		line[dimension] = value
	}
	for _, m := range metrics {
		d.Metrics = append(d.Metrics, definition{m.name, m.unit})
		line[m.name] = m.value
	}
	line["_aws"] = map[string]any{"Timestamp": h.Now().UnixMilli(), "CloudWatchMetrics": []directive{d}}
	if b, err := json.Marshal(line); err == nil {
		_, _ = h.Metrics.Write(append(b, '\n'))
	}
}
