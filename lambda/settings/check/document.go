package check

import (
	"reflect"
	"strings"
)

// The document as people write it. It is read key by key, so that every fault is found; these types give the keys, and to editors, by
// schema.json, what each means: the comments, what is left out by default, what must be there, and the kinds of values.

type documentKeys struct {
	// The servers that may be maintained. No other is touched.
	Servers []serverKeys `json:"servers" required:"true"`
	// What the stack, the function and all else that is deployed are named by. Two stacks of one account and Region need two names.
	Name string `json:"name" default:"opsworks-maintenance" kind:"stackName"`
	// What a company may ask of the deployment. The function does not see it.
	Deployment deploymentKeys `json:"deployment"`
	// Who receives messages, and whether there are topics for chat and records.
	Notify []subscriptionKeys `json:"notify"`
	// Runs at the same time over all servers. Left out: unlimited.
	MaxConcurrent int `json:"maxConcurrent"`
	// Where the OpsWorks CM API is. Left out: AWS.
	Endpoint string `json:"endpoint" kind:"url"`
	// What else lets an alarm reach the function: its tag maintenance-server, its metric's dimension ServerName, the function as its action.
	AlarmTriggers []string `json:"alarmTriggers" kind:"alarmTrigger"`
	// How many EventBridge rules may be made for alarms' names with a star inside. An event bus has 30 for all who use it.
	MaxWildcardRules int `json:"maxWildcardRules" default:"10"`
}

type deploymentKeys struct {
	// Megabytes of memory of the function.
	Memory int `json:"memory" default:"128"`
	// For how many days the function's log is kept, one of the numbers that CloudWatch takes.
	LogRetentionDays int `json:"logRetentionDays" default:"90"`
	// The name of a log group that is there already. Left out: the stack makes one.
	LogGroup string `json:"logGroup" kind:"logGroup"`
	// The ARN of a KMS key that is there already, for the topics. Left out: the stack makes one.
	Key string `json:"key" kind:"keyARN"`
	// The path of the stack's roles. Another path makes other roles.
	RolePath string `json:"rolePath" default:"/" kind:"rolePath"`
	// The subnets that the function runs in. Left out: it runs in no VPC of yours.
	Subnets []string `json:"subnets" kind:"subnet"`
	// The security groups of the function in its subnets.
	SecurityGroups []string `json:"securityGroups" kind:"securityGroup"`
	// The proxy through which the function reaches AWS.
	Proxy string `json:"proxy" kind:"url"`
	// Hosts that are reached without the proxy, a host with its subdomains by a dot before it.
	NoProxy []string `json:"noProxy" kind:"host"`
	// true: the stack cannot be deleted until somebody takes the protection away.
	TerminationProtection bool `json:"terminationProtection" default:"false"`
}

type serverKeys struct {
	// The server's name, as the node's tag or OpsWorks CM has it.
	Name string `json:"name" required:"true" kind:"serverName"`
	// What maintains it: ssm (a runbook of Systems Manager), or opsworks-cm (an endpoint that speaks the OpsWorks CM API).
	Backend string `json:"backend" required:"true" kind:"backend"`
	// false: every request for it is refused.
	Enabled bool `json:"enabled" default:"true"`
	// Names of alarms that ask for maintenance of it. * stands for any characters. An alarm may ask for one server only.
	Alarms []string `json:"alarms" kind:"alarm"`
	// Names of EventBridge rules or schedules of your own that ask for it. * stands for any characters.
	Rules []string `json:"rules" kind:"rule"`
	// EventBridge schedules that are made for it. Servers may share one by its name.
	Schedules []scheduleKeys `json:"schedules"`
	// The IANA time zone of schedules, window and messages.
	Timezone string `json:"timezone" default:"UTC" kind:"timezone"`
	// When maintenance may start, by the wall clock. Left out: always. OpsWorks CM's Mon:09:15 is the hour that begins then, in UTC.
	Window windowKeys `json:"window" text:"preferredWindow"`
	// How long after the end of a run alarms are refused.
	Cooldown string `json:"cooldown" default:"12h" kind:"duration"`
	// How long a trigger may wait. Left out: until the end of the window that is open, else of the next; without a window six hours.
	ExpiresAfter string `json:"expiresAfter" kind:"duration"`
	// An alarm that arrives older than this starts nothing.
	StaleAfter string `json:"staleAfter" default:"1h" kind:"duration"`
	// After how long a run is overdue.
	Deadline string `json:"deadline" default:"4h" kind:"duration"`
	// Without a successful run for longer than this, one is reported as missed. Left out: none is expected.
	ExpectEvery string `json:"expectEvery" kind:"duration"`
	// Starts by alarms in a day (UTC).
	DailyLimit int `json:"dailyLimit" default:"2"`
	// What a return to OK does to a run that waits for that alarm alone.
	WhenAlarmClears string `json:"whenAlarmClears" default:"cancel" kind:"whenAlarmClears"`
	// The kinds of triggers that an operator has to approve. Left out: none.
	Approval []string `json:"approval" kind:"approval"`
	// The server that goes before: its success by a schedule, or after another's, triggers this one. Not while it is under maintenance.
	After string `json:"after" kind:"serverName"`
	// The Automation runbook: one of this project, or the name or ARN of any other, with :7 for a version.
	Runbook string `json:"runbook" kind:"runbook"`
	// Parameters of the runbook, each a list. The node's id goes into InstanceId, or where a value is {node}.
	Parameters map[string][]string `json:"parameters"`
	// Names of those parameters of a runbook of your own whose values may be shown in messages and logs.
	PublicParameters []string `json:"publicParameters" kind:"name"`
	// The key of the tag by which the node carries the server's name.
	TagKey string `json:"tagKey" default:"maintenance-server" kind:"tagKey"`
	// Names or ARNs of change calendars. While one is closed or cannot be read, nothing starts.
	Calendars []string `json:"calendars" kind:"name"`
}

type scheduleKeys struct {
	// The schedule's name.
	Name string `json:"name" required:"true" kind:"scheduleName"`
	// When it fires, by the wall clock of the server's time zone: cron(0 23 ? * SAT *), rate(7 days) or at(2026-11-30T22:00:00).
	Expression string `json:"expression" required:"true" kind:"expression"`
	// Within how much time after that it may fire, in whole minutes.
	Flexible string `json:"flexible" kind:"duration"`
}

type windowKeys struct {
	// The days on which the window starts.
	Days []string `json:"days" required:"true" kind:"day"`
	// When it opens.
	Start string `json:"start" required:"true" kind:"timeOfDay"`
	// When it closes; a time before start is on the day after.
	End string `json:"end" required:"true" kind:"timeOfDay"`
}

type subscriptionKeys struct {
	// A mailbox. It gets a mail to confirm, and nothing before it has been confirmed.
	Email string `json:"email" kind:"email"`
	// A channel of Slack, configured in Amazon Q Developer in chat applications, with buttons below the messages.
	Slack slackKeys `json:"slack"`
	// There is a topic for chat channels of your own, and buttons for them.
	Chat bool `json:"chat" kind:"yes"`
	// There is a topic of records for machines.
	Records bool `json:"records" kind:"yes"`
	// The outcomes that the mailbox is limited to. Left out: all that are notified.
	Only []string `json:"only" kind:"outcome"`
}

type slackKeys struct {
	// The workspace's id, T and more. Somebody has authorised it once in the console of Amazon Q Developer in chat applications.
	Workspace string `json:"workspace" required:"true" kind:"slackWorkspace"`
	// The channel's id, C or G and more: the end of its link.
	Channel string `json:"channel" required:"true" kind:"slackChannel"`
}

// keysOf are the keys of one of these types, in their order.
func keysOf[T any]() []string {
	var keys []string
	for field := range reflect.TypeFor[T]().Fields() {
		key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		keys = append(keys, key)
	}
	return keys
}
