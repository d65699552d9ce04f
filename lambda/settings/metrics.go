package settings

// Names of the function's metrics. The function writes them and infra's alarms
// watch them, so the two cannot drift apart.
const (
	MetricNamespace = "OpsWorksMaintenance"
	// MetricOutcomes counts what events came to, by DimensionOutcome.
	MetricOutcomes   = "Outcomes"
	DimensionOutcome = "Outcome"
	// MetricPublishFailures counts messages that could not be published.
	MetricPublishFailures = "PublishFailures"
	// MetricSweeps counts the sweeps that saw all open runs.
	MetricSweeps = "Sweeps"
)
