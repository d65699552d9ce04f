package settings

// DefaultName is what a deployment is named by unless its settings give another name: the stack, the function, and what the names of all
// else begin with.
const DefaultName = "opsworks-maintenance"

// The alarms about a function: their names are the function's, a dash and one of these.
const (
	AlarmErrors          = "errors"
	AlarmThrottles       = "throttles"
	AlarmDeadLetters     = "dead-letters"
	AlarmPublishFailures = "publish-failures"
	AlarmDropped         = "dropped-notifications"
	AlarmOldestDue       = "oldest-due"
	AlarmNoSweep         = "no-sweep"
)

// OwnAlarms are the names of the alarms about the function of this name. None of them may start maintenance: an alarm about a failed run
// would ask for the next.
func OwnAlarms(function string) []string {
	all := []string{AlarmErrors, AlarmThrottles, AlarmDeadLetters, AlarmPublishFailures, AlarmDropped, AlarmOldestDue, AlarmNoSweep}
	for i, name := range all {
		all[i] = function + "-" + name
	}
	return all
}

// What follows the function's name in the names of the topics for records and chat; the topic for text has the name alone.
const (
	TopicRecords = "-records"
	TopicChat    = "-chat"
)

// OwnTopics are the names of the topics to which the function of this name publishes. Alarms that come by one of them would go round in
// circles.
func OwnTopics(function string) []string {
	return []string{function, function + TopicRecords, function + TopicChat}
}

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
