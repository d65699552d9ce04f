package function

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"opsworks-maintenance/lambda/alarms"
	"opsworks-maintenance/lambda/automation"
	"opsworks-maintenance/lambda/connection"
	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/message"
	"opsworks-maintenance/lambda/notify"
	"opsworks-maintenance/lambda/opsworkscm"
	"opsworks-maintenance/lambda/settings"
)

// InitError is why the function cannot serve any event. Lambda shows the type's name as errorType.
type InitError struct{ Err error }

func (e *InitError) Error() string { return fmt.Sprintf("initialise function: %v", e.Err) }

// Unwrap gives what is wrong, with every fault at once.
func (e *InitError) Unwrap() error { return e.Err }

// New builds the handler from the environment: the only place where the parts meet. Every fault is reported at once.
func New(getenv func(string) string, logger *slog.Logger, metrics io.Writer) (*Handler, error) {
	environment, envErr := settings.ReadEnvironment(getenv)
	doc, docErr := settings.Read(environment.SettingsFile)
	nodes, runbookErr := nodes(doc, environment.Runbooks)
	trusted := connection.Roots(getenv)
	config, awsErr := connection.Config(getenv, trusted)
	if err := errors.Join(envErr, docErr, runbookErr, awsErr); err != nil {
		return nil, &InitError{err}
	}
	endpoint := func(variable string, others ...string) aws.Config {
		others = append([]string{getenv("AWS_ENDPOINT_URL_" + variable)}, others...)
		return connection.WithEndpoint(config, append(others, getenv("AWS_ENDPOINT_URL"))...)
	}
	servers := endpoint("OPSWORKSCM", doc.Endpoint)
	function := message.Function{
		Name: getenv("AWS_LAMBDA_FUNCTION_NAME"), Region: config.Region, Account: accountOf(environment.TopicARN),
		LogGroup: getenv("AWS_LAMBDA_LOG_GROUP_NAME"), Usual: getenv("AWS_LAMBDA_FUNCTION_NAME") == settings.DefaultName,
	}
	topics := notify.Topics{Text: environment.TopicARN, Records: environment.RecordsTopicARN, Chat: environment.ChatTopicARN}
	cm, ssm := opsworkscm.New(servers, time.Now), automation.New(endpoint("SSM"), nodes, time.Now)
	tables := endpoint("DYNAMODB")
	tables.HTTPClient = connection.Client(trusted, ledger.AttemptTimeout)
	runs, publisher := ledger.New(tables, environment.RunsTable, rand.Text), notify.New(endpoint("SNS"), topics, function)
	runner := &maintenance.Runner{
		Policy:        asDeployed(policies(doc, function.Name), environment.Runbooks),
		Backends:      map[string]maintenance.Backend{opsworkscm.Backend: cm, automation.Backend: ssm},
		Ledger:        runs,
		Notifier:      publisher,
		Alarms:        alarms.New(endpoint("CLOUDWATCH"), time.Now),
		MaxConcurrent: doc.MaxConcurrent,
		Tick:          environment.SweepEvery,
		Expected:      expected(doc),
		Followers:     followers(doc),
		Now:           time.Now,
		NewID:         maintenance.NewID,
	}
	return &Handler{Name: function.Name, Settings: doc, Runner: runner, Log: logger, Metrics: metrics, Now: time.Now}, nil
}

// accountOf is the account in an ARN. Lambda tells a function its Region when it starts, its account only with an event; the topic for
// text is the stack's own, so its account is the function's.
func accountOf(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) > 4 {
		return parts[4]
	}
	return ""
}
