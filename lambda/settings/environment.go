package settings

import (
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

// ReadEnvironment reports all faults at once, as *InvalidError. There is no
// default for the topic: a function that cannot tell anybody must not start.
func ReadEnvironment(getenv func(string) string) (Environment, error) {
	var faults []Fault
	topic := func(name string) string {
		arn := getenv(name)
		if arn != "" && !isTopicARN(arn) {
			faults = append(faults, Fault{name, quoted(arn) +
				" is not the ARN of an SNS standard topic; write arn:aws:sns:<region>:<account>:<name>"})
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
			faults = append(faults, Fault{EnvSweepEvery, quoted(text) + " is not a period of 10ms to 1h; write for example 1m"})
		}
		environment.SweepEvery = every
	}
	for runbook, variable := range Runbooks() {
		if name := getenv(variable); name != "" {
			environment.Runbooks[runbook] = name
		}
	}
	if environment.TopicARN == "" {
		faults = append(faults, Fault{EnvTopicARN, "is not set; give it the ARN of the SNS topic for people"})
	}
	// CreateTable: 3 to 255 letters, digits, dots, dashes and underscores.
	if n := len(environment.RunsTable); n < 3 || n > 255 || !onlyBytes(environment.RunsTable, isNameByte) {
		faults = append(faults, Fault{EnvRunsTable, quoted(environment.RunsTable) + " is not the name of a DynamoDB table; give it that of the table of runs"})
	}
	if faults != nil {
		return environment, &InvalidError{Faults: faults}
	}
	return environment, nil
}

// isTopicARN accepts standard topics only. A FIFO topic (its name ends in
// .fifo) delivers to no mailbox and wants a message group that nobody sets.
func isTopicARN(arn string) bool {
	parts := strings.Split(arn, ":")
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "sns" {
		return false
	}
	partition, region, account, name := parts[1], parts[3], parts[4], parts[5]
	return (partition == "aws" || strings.HasPrefix(partition, "aws-")) &&
		onlyBytes(partition, isLowerOrDigitOrDash) &&
		region != "" && onlyBytes(region, isLowerOrDigitOrDash) &&
		len(account) == 12 && onlyBytes(account, isDigit) &&
		name != "" && len(name) <= 256 && onlyBytes(name, isTopicNameByte)
}

func isLowerOrDigitOrDash(c byte) bool { return 'a' <= c && c <= 'z' || isDigit(c) || c == '-' }

// The characters of a topic's name are those of the SNS API, CreateTopic.
func isTopicNameByte(c byte) bool { return isLetter(c) || isDigit(c) || c == '-' || c == '_' }

func onlyBytes(text string, allowed func(byte) bool) bool {
	for i := range len(text) {
		if !allowed(text[i]) {
			return false
		}
	}
	return true
}
