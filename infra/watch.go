package main

import (
	"fmt"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"opsworks-maintenance/lambda/settings"
)

// Watch notifies of what the function cannot notify of itself: alarms, and a dashboard. What maintenance comes to, failures included,
// the function says in messages of its own.
type Watch struct {
	constructs.Construct
	Alarms    []awscloudwatch.Alarm
	Dashboard awscloudwatch.Dashboard
}

// WatchProps is what is watched, and the topic for people.
type WatchProps struct {
	Function *Function
	Page     *Page
	Topic    awssns.Topic
}

// alarmSpec is one alarm: it goes off when the metric over a period reaches the threshold or, if something is missing, stays below it.
type alarmSpec struct {
	name      string
	metric    awscloudwatch.IMetric
	threshold float64
	// mustHappen is true for the alarm about something that must happen, and does not.
	mustHappen  bool
	description string
}

// maxOverdue is how late the oldest due item may be.
const maxOverdue = 15 * time.Minute

// NewWatch makes the alarms, which speak through the topic for people, and the dashboard.
func NewWatch(scope constructs.Construct, id string, props *WatchProps) *Watch {
	w := &Watch{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	notify := awscloudwatchactions.NewSnsAction(props.Topic)
	for _, a := range alarms(props.Function) {
		comparison, missing := awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD, awscloudwatch.TreatMissingData_NOT_BREACHING
		if a.mustHappen {
			comparison, missing = awscloudwatch.ComparisonOperator_LESS_THAN_THRESHOLD, awscloudwatch.TreatMissingData_BREACHING
		}
		alarm := awscloudwatch.NewAlarm(w.Construct, jsii.String(a.name), &awscloudwatch.AlarmProps{
			AlarmName:          jsii.String(nameOf(w.Construct) + "-" + a.name),
			AlarmDescription:   jsii.String(a.description),
			Metric:             a.metric,
			Threshold:          jsii.Number(a.threshold),
			EvaluationPeriods:  jsii.Number(1),
			ComparisonOperator: comparison,
			TreatMissingData:   missing,
		})
		alarm.AddAlarmAction(notify)
		alarm.AddOkAction(notify)
		w.Alarms = append(w.Alarms, alarm)
	}
	w.Dashboard = w.newDashboard(props.Function, props.Page)
	return w
}

// alarms are the function's own. It knows them by their names, and starts nothing.
func alarms(f *Function) []alarmSpec {
	name, log := nameOf(f.Construct), "log group "+f.LogGroupName
	every := func(minutes float64) *awscloudwatch.MetricOptions { return metricOptions(minutes, "Sum", "") }
	longest := metricOptions(5, "Maximum", "")
	return []alarmSpec{
		{settings.AlarmErrors, f.Function.MetricErrors(every(5)), 1, false,
			"The function failed. Its " + log + " says why; " +
				"Lambda tries an event again twice, then it lies in the dead-letter queue."},
		{settings.AlarmThrottles, f.Function.MetricThrottles(every(5)), 1, false,
			"Lambda throttled the function: the account's concurrency is used up. " +
				"Events wait up to an hour, then they lie in the dead-letter queue."},
		{settings.AlarmDeadLetters, f.DeadLetters.MetricApproximateNumberOfMessagesVisible(longest), 1, false,
			"Events could not be delivered or handled. When the fault is gone, make redrive FUNCTION=" + name + " sends them to the function " +
				"again, but for operators' requests, which it lists; what is too old starts nothing."},
		{settings.AlarmPublishFailures, f.metric(settings.MetricPublishFailures, every(5)), 1, false,
			"A message could not be published. It is tried again: text for 14 days, records and chat for one. " +
				"The " + log + " says why, under error."},
		{settings.AlarmDropped, f.metric(settings.MetricDropped, every(5)), 1, false,
			"A notification was given up, so somebody may not know how a run ended. " +
				"In the " + log + " look for dropped above 0, and for the errors before it."},
		{settings.AlarmOldestDue, f.metric(settings.MetricOldestDue, longest), maxOverdue.Seconds(), false,
			"A run has been due for more than 15 minutes and was not looked at: what waits is not started, what runs is not followed. " +
				"Look for errors and throttling in the " + log + "."},
		{settings.AlarmNoSweep, f.metric(settings.MetricSweeps, every(15)), 1, true,
			"No sweep has succeeded for 15 minutes: runs are not followed, what waits is not started. " +
				"Look for errors in the " + log + ", and whether the schedule " + name + "-sweep is enabled."},
	}
}

// metricOptions is how a metric is read: by what statistic, over so many minutes. Without a label CloudWatch finds one.
func metricOptions(minutes float64, statistic, label string) *awscloudwatch.MetricOptions {
	o := &awscloudwatch.MetricOptions{Period: awscdk.Duration_Minutes(jsii.Number(minutes)), Statistic: jsii.String(statistic)}
	if label != "" {
		o.Label = jsii.String(label)
	}
	return o
}

// metric is a metric that the function writes into its log, of this stack.
func (f *Function) metric(name string, options *awscloudwatch.MetricOptions) awscloudwatch.IMetric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace: jsii.String(settings.MetricNamespace), MetricName: jsii.String(name), Period: options.Period, Statistic: options.Statistic,
		DimensionsMap: &map[string]*string{settings.DimensionStack: jsii.String(nameOf(f.Construct))}, Label: options.Label,
	})
}

// newDashboard shows at a glance, from top to bottom: is anything wrong, how the fleet stands, what did maintenance come to, is the
// function well.
// It names the alarms and does not refer to them, so it can be deployed before they are, or without them.
func (w *Watch) newDashboard(f *Function, page *Page) awscloudwatch.Dashboard {
	dashboard := awscloudwatch.NewDashboard(w.Construct, jsii.String("Dashboard"), &awscloudwatch.DashboardProps{
		DashboardName: jsii.String(nameOf(w.Construct)),
	})
	var named []interfacesawscloudwatch.IAlarmRef
	for _, a := range alarms(f) {
		named = append(named, awscloudwatch.Alarm_FromAlarmName(dashboard, jsii.String(a.name), jsii.String(nameOf(w.Construct)+"-"+a.name)))
	}
	dashboard.AddWidgets(awscloudwatch.NewAlarmStatusWidget(&awscloudwatch.AlarmStatusWidgetProps{
		Title: jsii.String("Alarms"), Alarms: &named, Width: jsii.Number(24), Height: jsii.Number(3),
	}))
	dashboard.AddWidgets(page.widget())
	dashboard.AddWidgets(
		graph("Outcomes per hour", f.byDimension(settings.MetricOutcomes, settings.DimensionOutcome, metricOptions(60, "Sum", "")), 16),
		graph("Open runs", f.byDimension(settings.MetricOpenRuns, settings.DimensionState, metricOptions(5, "Maximum", "")), 8),
	)
	fiveMinutes := func(statistic, label string) *awscloudwatch.MetricOptions { return metricOptions(5, statistic, label) }
	dashboard.AddWidgets(
		graph("Invocations and errors", []awscloudwatch.IMetric{
			f.Function.MetricInvocations(fiveMinutes("Sum", "invocations")), f.Function.MetricErrors(fiveMinutes("Sum", "errors")),
			f.Function.MetricThrottles(fiveMinutes("Sum", "throttles")),
		}, 6),
		graph("Duration (ms)", []awscloudwatch.IMetric{
			f.Function.MetricDuration(fiveMinutes("p50", "median")), f.Function.MetricDuration(fiveMinutes("Maximum", "longest")),
		}, 6),
		graph("Dead letters and failed notifications", []awscloudwatch.IMetric{
			f.DeadLetters.MetricApproximateNumberOfMessagesVisible(fiveMinutes("Maximum", "dead letters")),
			f.metric(settings.MetricPublishFailures, fiveMinutes("Sum", "failed")),
			f.metric(settings.MetricDropped, fiveMinutes("Sum", "dropped")),
		}, 6),
		graph("Oldest due run (s)", []awscloudwatch.IMetric{f.metric(settings.MetricOldestDue, fiveMinutes("Maximum", "overdue"))}, 6),
	)
	return dashboard
}

// byDimension is a metric of this stack by all values of a further dimension. It is a search, so that it needs no list of outcomes or
// states, which is the domain's.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
func (f *Function) byDimension(name, dimension string, options *awscloudwatch.MetricOptions) []awscloudwatch.IMetric {
	return []awscloudwatch.IMetric{awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
		Expression: jsii.String(fmt.Sprintf(`SEARCH('{%s,%s,%s} MetricName="%s" %[2]s="%[5]s"', '%[6]s')`,
			settings.MetricNamespace, settings.DimensionStack, dimension, name, nameOf(f.Construct), *options.Statistic)),
		Label:  jsii.String(""),
		Period: options.Period,
	})}
}

func graph(title string, metrics []awscloudwatch.IMetric, width float64) awscloudwatch.GraphWidget {
	return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
		Title: jsii.String(title), Left: &metrics, Width: jsii.Number(width), Height: jsii.Number(6),
	})
}
