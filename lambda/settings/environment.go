package settings

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Names of the function's environment variables. The function reads them and
// infra sets them, so the two cannot drift apart.
const (
	EnvSettingsFile    = "SETTINGS_FILE"
	EnvTopicARN        = "TOPIC_ARN"
	EnvRecordsTopicARN = "RECORDS_TOPIC_ARN"
	EnvChatTopicARN    = "CHAT_TOPIC_ARN"
	EnvRunsTable       = "RUNS_TABLE"
	EnvSweepEvery      = "SWEEP_EVERY"
	EnvOperators       = "OPERATORS_FUNCTION" // of the page function: whom its buttons call

	EnvChefAutomateRunbook     = "CHEF_AUTOMATE_RUNBOOK"
	EnvPuppetEnterpriseRunbook = "PUPPET_ENTERPRISE_RUNBOOK"
	EnvPuppetServerRunbook     = "PUPPET_SERVER_RUNBOOK"
)

// EnvMaxProcs is read by the Go runtime: how many threads run Go code at the same time. Lambda shows a function two CPUs and gives it,
// at 128 MB, 7 % of one. A second thread finds nothing to run on, and waking it is a fifth of what a cold start costs (make bench).
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
const (
	EnvMaxProcs = "GOMAXPROCS"
	MaxProcs    = "1"
)

// OperatorsAlias names the function's alias through which alone operators' requests are accepted. No service may invoke it.
const OperatorsAlias = "operators"

// What names begin with that AWS gives or wants: Lambda's log groups, and the functions of CloudWatch's custom widgets, as the page's.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_create.html
const (
	LogGroupPrefix = "/aws/lambda/"
	PagePrefix     = "customWidget-"
)

// Environment is what the function is given from outside its settings.
type Environment struct {
	// SettingsFile is empty when the settings lie beside the binary.
	SettingsFile string
	// TopicARN is the topic for people. The other two are empty when the
	// settings ask for no records and no chat.
	TopicARN        string
	RecordsTopicARN string
	ChatTopicARN    string
	// RunsTable is the name of the DynamoDB table that holds the runs.
	RunsTable string
	// SweepEvery is the period of the sweep, in which pauses are counted, and how far answers may lag: five of it. A minute as deployed.
	SweepEvery time.Duration
	// Runbooks are the deployed names of this project's runbooks, those that are deployed, by their names in the settings.
	Runbooks map[string]string
}

// ReadEnvironment reports all faults at once, one a line. There is no
// default for the topic: a function that cannot tell anybody must not start.
func ReadEnvironment(getenv func(string) string) (Environment, error) {
	var faults []error
	fault := func(name, format string, args ...any) { faults = append(faults, fmt.Errorf(name+": "+format, args...)) }
	topic := func(name string) string {
		arn := getenv(name)
		if arn != "" && !isTopicARN(arn) {
			fault(name, "%.60q is not the ARN of an SNS standard topic; write arn:aws:sns:<region>:<account>:<name>", arn)
		}
		return arn
	}
	environment := Environment{
		SettingsFile:    getenv(EnvSettingsFile),
		TopicARN:        topic(EnvTopicARN),
		RecordsTopicARN: topic(EnvRecordsTopicARN),
		ChatTopicARN:    topic(EnvChatTopicARN),
		RunsTable:       getenv(EnvRunsTable),
		SweepEvery:      time.Minute,
		Runbooks:        map[string]string{},
	}
	if text := getenv(EnvSweepEvery); text != "" {
		every, err := time.ParseDuration(text)
		if err != nil || every < 10*time.Millisecond || every > time.Hour {
			fault(EnvSweepEvery, "%.60q is not a period of 10ms to 1h; write for example 1m", text)
		}
		environment.SweepEvery = every
	}
	for runbook, variable := range Runbooks() {
		if name := getenv(variable); name != "" {
			environment.Runbooks[runbook] = name
		}
	}
	if environment.TopicARN == "" {
		fault(EnvTopicARN, "is not set; give it the ARN of the SNS topic for text")
	}
	faults = append(faults, tableFault(environment.RunsTable))
	return environment, errors.Join(faults...)
}

// tableFault says what is wrong with the name of the table of runs. CreateTable: 3 to 255 letters, digits, dots, dashes and underscores.
func tableFault(name string) error {
	if n := len(name); n < 3 || n > 255 || !only(name, letters+digits+".-_") {
		return fmt.Errorf("%s: %.60q is not the name of a DynamoDB table; give it that of the table of runs", EnvRunsTable, name)
	}
	return nil
}

// PageEnvironment is what the page function is given from outside its settings.
type PageEnvironment struct {
	SettingsFile string // as of Environment
	RunsTable    string
	// Operators is the ARN of the function's alias for operators, which the page's buttons call.
	Operators string
}

// ReadPageEnvironment reports all faults at once, one a line.
func ReadPageEnvironment(getenv func(string) string) (PageEnvironment, error) {
	e := PageEnvironment{SettingsFile: getenv(EnvSettingsFile), RunsTable: getenv(EnvRunsTable), Operators: getenv(EnvOperators)}
	faults := []error{tableFault(e.RunsTable)}
	parts := strings.Split(e.Operators, ":") // arn:partition:lambda:region:account:function:name:alias
	if len(parts) != 8 || parts[0] != "arn" || parts[2] != "lambda" || parts[7] != OperatorsAlias ||
		!only(e.Operators, letters+digits+":-_") {
		faults = append(faults, fmt.Errorf("%s: %.120q is not the ARN of the function's alias %s", EnvOperators, e.Operators, OperatorsAlias))
	}
	return e, errors.Join(faults...)
}

// isTopicARN accepts standard topics only. A FIFO topic (its name ends in
// .fifo) delivers to no mailbox and wants a message group that nobody sets.
func isTopicARN(arn string) bool {
	parts := strings.Split(arn, ":")
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "sns" {
		return false
	}
	partition, region, account, name := parts[1], parts[3], parts[4], parts[5]
	return (partition == "aws" || strings.HasPrefix(partition, "aws-")) && only(partition, lower+digits+"-") &&
		region != "" && only(region, lower+digits+"-") &&
		len(account) == 12 && only(account, digits) &&
		name != "" && len(name) <= 256 && only(name, letters+digits+"-_") // as CreateTopic has it
}

const (
	lower   = "abcdefghijklmnopqrstuvwxyz"
	letters = lower + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits  = "0123456789"
)

// only tells whether a text has no character but these.
func only(text, characters string) bool { return strings.Trim(text, characters) == "" }
