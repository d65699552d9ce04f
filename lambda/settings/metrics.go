package settings

// Names of the function's metrics. The function writes them and infra's alarms watch them, so the two cannot drift apart. Every
// metric has DimensionStack, so that two stacks of one account and Region count apart.
const (
	MetricNamespace = "OpsWorksMaintenance"
	DimensionStack  = "Stack" // the function's name
	// MetricOutcomes counts outcomes when they happen, by DimensionOutcome.
	MetricOutcomes   = "Outcomes"
	DimensionOutcome = "Outcome"
	// MetricOpenRuns is a gauge of the runs that are open, by DimensionState.
	MetricOpenRuns = "OpenRuns"
	DimensionState = "State"
	// MetricOldestDue is a gauge: for how many seconds the oldest run that is due has been due.
	MetricOldestDue = "OldestDueSeconds"
	// MetricPublishFailures counts tries to publish that failed, MetricDropped the notifications that were given up.
	MetricPublishFailures = "PublishFailures"
	MetricDropped         = "DroppedNotifications"
	// MetricSweeps counts the sweeps that saw what is due.
	MetricSweeps = "Sweeps"
)
