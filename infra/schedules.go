package main

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsschedulertargets"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Schedules are the schedules of the settings, in a group of their own so that their names are free, and the sweep, the
// function's own clock.
type Schedules struct {
	constructs.Construct
	Role  awsiam.Role
	Group awsscheduler.ScheduleGroup
	Named map[string]awsscheduler.Schedule
	Sweep awsscheduler.Schedule
}

// SchedulesProps is what is scheduled.
type SchedulesProps struct {
	Function  *Function
	Schedules []schedule
}

// NewSchedules makes them of EventBridge Scheduler, which knows time zones, and whose dead letter is what the function would have got.
func NewSchedules(scope constructs.Construct, id string, props *SchedulesProps) *Schedules {
	s := &Schedules{Construct: constructs.NewConstruct(scope, jsii.String(id)), Named: map[string]awsscheduler.Schedule{}}
	var policy awsiam.Policy
	// https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
	s.Role, policy = newRole(s.Construct, "What the schedules of "+nameOf(s.Construct)+" may do", service("scheduler.amazonaws.com",
		&map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Stack_Of(s.Construct).Account()}}))
	props.Function.GrantInvoke(policy)
	s.Group = awsscheduler.NewScheduleGroup(s.Construct, jsii.String("Group"), &awsscheduler.ScheduleGroupProps{
		ScheduleGroupName: jsii.String(nameOf(s.Construct)), RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	for _, schedule := range props.Schedules {
		s.Named[schedule.Name] = s.newSchedule(schedule, props.Function)
	}
	s.Sweep = awsscheduler.NewSchedule(s.Construct, jsii.String("Sweep"), &awsscheduler.ScheduleProps{
		ScheduleName: jsii.String(nameOf(s.Construct) + "-sweep"),
		Description:  jsii.String("Lets the function follow what runs and start what waits"),
		Schedule:     awsscheduler.ScheduleExpression_Rate(awscdk.Duration_Minutes(jsii.Number(1))),
		// The next one comes in a minute: nothing is gained by trying again.
		Target: s.target(props.Function, 0, time.Minute, map[string]any{"sweep": true}),
	})
	return s
}

func (s *Schedules) newSchedule(schedule schedule, f *Function) awsscheduler.Schedule {
	window := awsscheduler.TimeWindow_Off()
	if schedule.Flexible > 0 {
		window = awsscheduler.TimeWindow_Flexible(awscdk.Duration_Minutes(jsii.Number(schedule.Flexible / time.Minute)))
	}
	// The prefix keeps a schedule's name, which the user chooses, apart from the ids beside it. The logical id rests on it.
	named := awsscheduler.NewSchedule(s.Construct, jsii.String("Named-"+schedule.Name), &awsscheduler.ScheduleProps{
		ScheduleName:  jsii.String(schedule.Name),
		ScheduleGroup: s.Group,
		Description:   jsii.String("Asks for maintenance of the servers that have it in their settings"),
		Schedule: awsscheduler.ScheduleExpression_Expression(jsii.String(schedule.Expression),
			awscdk.TimeZone_Of(jsii.String(schedule.Timezone))),
		TimeWindow: window,
		Target: s.target(f, maxDeliveryRetries, maxEventAge, map[string]any{
			"schedule": map[string]any{"name": schedule.Name, "time": awsscheduler.ContextAttribute_ScheduledTime()},
			// All of them in one event: the function lets each wait for its turn.
			"serverNames": schedule.ServerNames,
		}),
	})
	named.Node().AddDependency(s.Group) // the template names the group and does not refer to it
	return named
}

func (s *Schedules) target(f *Function, retries float64, maxAge time.Duration, input map[string]any) awsscheduler.IScheduleTarget {
	return awsschedulertargets.NewLambdaInvoke(f.Function, &awsschedulertargets.ScheduleTargetBaseProps{
		Role:            s.Role.WithoutPolicyUpdates(nil),
		DeadLetterQueue: f.DeadLetters,
		RetryAttempts:   jsii.Number(retries),
		MaxEventAge:     awscdk.Duration_Minutes(jsii.Number(maxAge.Minutes())),
		Input:           awsscheduler.ScheduleTargetInput_FromObject(input),
	})
}
