package main

import (
	"maps"
	"slices"
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
	Role  awsiam.Role
	Group awsscheduler.ScheduleGroup
	Named map[string]awsscheduler.Schedule
	Sweep awsscheduler.Schedule
}

// NewSchedules makes them of EventBridge Scheduler, which knows time zones, and whose dead letter is what the function would have got.
func NewSchedules(parent constructs.Construct, all []schedule, f *Function) *Schedules {
	scope := constructs.NewConstruct(parent, jsii.String("Schedules"))
	s := &Schedules{
		Role: newSchedulerRole(scope, f),
		Group: awsscheduler.NewScheduleGroup(scope, jsii.String("Group"), &awsscheduler.ScheduleGroupProps{
			ScheduleGroupName: jsii.String(stackName), RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
		}),
		Named: map[string]awsscheduler.Schedule{},
	}
	for _, schedule := range all {
		window := awsscheduler.TimeWindow_Off()
		if schedule.Flexible > 0 {
			window = awsscheduler.TimeWindow_Flexible(awscdk.Duration_Minutes(jsii.Number(schedule.Flexible / time.Minute)))
		}
		named := awsscheduler.NewSchedule(scope, jsii.String("Named-"+schedule.Name), &awsscheduler.ScheduleProps{
			ScheduleName:  jsii.String(schedule.Name),
			ScheduleGroup: s.Group,
			Description:   jsii.String("Asks for maintenance of the servers that have it in their settings"),
			Schedule: awsscheduler.ScheduleExpression_Expression(jsii.String(schedule.Expression),
				awscdk.TimeZone_Of(jsii.String(schedule.Timezone))),
			TimeWindow: window,
			Target: s.target(f, attempts, eventAge*60, map[string]any{
				"schedule": map[string]any{"name": schedule.Name, "time": awsscheduler.ContextAttribute_ScheduledTime()},
				// All of them in one event: the function lets each wait for its turn.
				"serverNames": schedule.ServerNames,
			}),
		})
		named.Node().AddDependency(s.Group) // the template names the group and does not refer to it
		s.Named[schedule.Name] = named
	}
	s.Sweep = awsscheduler.NewSchedule(scope, jsii.String("Sweep"), &awsscheduler.ScheduleProps{
		ScheduleName: jsii.String(stackName + "-sweep"),
		Description:  jsii.String("Lets the function follow what runs and start what waits"),
		Schedule:     awsscheduler.ScheduleExpression_Rate(awscdk.Duration_Minutes(jsii.Number(1))),
		// The next one comes in a minute: nothing is gained by trying again.
		Target: s.target(f, 0, 1, map[string]any{"sweep": true}),
	})
	return s
}

func (s *Schedules) target(f *Function, attempts, minutes float64, input map[string]any) awsscheduler.IScheduleTarget {
	return awsschedulertargets.NewLambdaInvoke(f.Function, &awsschedulertargets.ScheduleTargetBaseProps{
		Role:            s.Role.WithoutPolicyUpdates(nil),
		DeadLetterQueue: f.DeadLetters,
		RetryAttempts:   jsii.Number(attempts),
		MaxEventAge:     awscdk.Duration_Minutes(jsii.Number(minutes)),
		Input:           awsscheduler.ScheduleTargetInput_FromObject(input),
	})
}

// newSchedulerRole makes the role that Scheduler invokes the function with, and puts dead letters away with.
func newSchedulerRole(scope constructs.Construct, f *Function) awsiam.Role {
	role := awsiam.NewRole(scope, jsii.String("Role"), &awsiam.RoleProps{
		Description: jsii.String("What the schedules of " + stackName + " may do"),
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("scheduler.amazonaws.com"),
			// https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
			&awsiam.ServicePrincipalOpts{Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Stack_Of(scope).Account()}}}),
	})
	awsiam.NewPolicy(scope, jsii.String("Policy"), &awsiam.PolicyProps{
		Roles: &[]awsiam.IRole{role},
		Statements: &[]awsiam.PolicyStatement{
			awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Sid: jsii.String("Wake"), Actions: jsii.Strings("lambda:InvokeFunction"), Resources: &[]*string{f.Function.FunctionArn()},
			}),
			awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Sid: jsii.String("KeepUndelivered"), Actions: jsii.Strings("sqs:SendMessage"), Resources: &[]*string{f.DeadLetters.QueueArn()},
			}),
		},
	})
	return role
}

// sortedKeys gives every synth the same template.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
