// Package machine puts the whole system together on one machine: the built function behind the Lambda Runtime API, the OpsWorks CM
// and Systems Manager simulators, DynamoDB, and SNS with a subscriber. Everything is reached at one address, so that AWS_ENDPOINT_URL is
// all a client needs.
package machine

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"opsworks-maintenance/lambda/function"
	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/local/runtimeapi"
	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/local/simulator/cloudwatch"
	"opsworks-maintenance/lambda/local/simulator/opsworkscm"
	"opsworks-maintenance/lambda/local/simulator/ssm"
	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
)

// The account, Region and names everything here has.
const (
	Account      = "123456789012"
	Region       = "us-east-1"
	FunctionName = "opsworks-maintenance"
	FunctionARN  = "arn:aws:lambda:" + Region + ":" + Account + ":function:" + FunctionName
	PageName     = settings.PagePrefix + FunctionName
	PageARN      = "arn:aws:lambda:" + Region + ":" + Account + ":function:" + PageName
)

// Config says what to put together.
type Config struct {
	// Function is the path of the function's binary, built for this machine.
	Function string
	// Page is that of the page function's. Without it there is no page.
	Page string
	// Settings is the document that people write. Each of its servers exists, healthy, in the simulator of its backend; so do the runbooks
	// and calendars that it names.
	Settings []byte
	// Runbooks are what the settings' own runbooks do, by the names there. One that is missing has one step.
	Runbooks map[string]Runbook
	// Address to listen at; by default a free port of the loopback interface.
	Address string
	// MaintenanceTime is how long a maintenance takes; zero is until the simulator's Complete.
	MaintenanceTime time.Duration
	// QueueTime is how long Systems Manager keeps an execution Pending.
	QueueTime time.Duration
	// Timeout of an invocation, by default 30 s as deployed.
	Timeout time.Duration
	// SweepEvery is what the function takes for the period of its sweeps, by default a minute as deployed. Who uses the machine sweeps.
	SweepEvery time.Duration
	// Log receives the function's output, whole lines.
	Log io.Writer
	// Concurrency is how many processes of the function there may be at the same time, by default one.
	Concurrency int
	// OnCall hears of every call to OpsWorks CM and Systems Manager once it is answered, OnTransition of every change of a server's
	// state, OnExecution of every change of an execution's.
	OnCall       func(service, operation string, status int)
	OnTransition func(opsworkscm.Transition)
	OnExecution  func(ssm.ExecutionChange)
	// OnRequest hears of every request of a client, and of what the function publishes; never of the machine's own.
	OnRequest Hearing
	// OnEvent gets the events that executions have ended and alarms have changed; by default they are handed to the function, as
	// EventBridge would.
	OnEvent func(event []byte)
	// Decide, if set, says what goes wrong with each call of the function, named as in "DynamoDB TransactWriteItems".
	Decide func(call string) simulator.Kind
}

// TableName is the table of runs.
const TableName = "maintenance-runs"

// Machine is the system, running. There may be several in a process.
type Machine struct {
	URL        string
	OpsWorksCM *opsworkscm.Service
	SSM        *ssm.Service
	Function   *runtimeapi.Function
	// Page is the page function; nil without one.
	Page *runtimeapi.Function
	// Faults are what goes wrong with the function's calls, to any service, before that has them.
	Faults simulator.Injector
	// Servers are the names of the servers in the simulators, Nodes the managed nodes of those in Systems Manager.
	Servers []string
	Nodes   map[string]string
	// Queue is the name of the subscriber's queue.
	Queue string
	// Environment is the function's, as it is started with.
	Environment []string
	// Ledger is the table of runs, for looking.
	Ledger *ledger.Ledger

	server      *http.Server
	connections atomic.Int64
	folder      string
	topics      topics
	alarms      *cloudwatch.Service
	firstSteps  map[string]string // by server: where its maintenance fails
}

// Start puts the system together. The function's process starts with its first event, as in Lambda.
func Start(config Config) (*Machine, error) {
	document, err := check.Resolve(config.Settings, time.Time{})
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	binary, err := filepath.Abs(config.Function)
	if err != nil {
		return nil, fmt.Errorf("find the function: %w", err)
	}
	config.Timeout = cmp.Or(config.Timeout, 30*time.Second)
	config.SweepEvery = cmp.Or(config.SweepEvery, time.Minute)
	m := &Machine{Nodes: map[string]string{}, firstSteps: map[string]string{}}
	if err := m.startSimulators(config, document); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", cmp.Or(config.Address, "127.0.0.1:0"))
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if m.folder, err = os.MkdirTemp("", "opsworks-maintenance-"); err != nil {
		return nil, err
	}
	file := filepath.Join(m.folder, "settings.json")
	resolved, err := settings.Encode(document)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(file, resolved, 0o600); err != nil {
		return nil, err
	}

	m.URL = "http://" + listener.Addr().String()
	m.topics = startTopics(listener.Addr(), document)
	m.Queue = m.topics.queue
	m.Environment = append(m.Environment, m.environment(file, config.SweepEvery)...)
	m.Function = runtimeapi.New(runtimeapi.Config{
		Binary: binary, Env: m.Environment, FunctionARN: FunctionARN, Aliases: []string{function.AliasOperators},
		Timeout: config.Timeout, Output: config.Log, Concurrency: config.Concurrency,
	})
	if err := m.startPage(config, file); err != nil {
		return nil, err
	}
	m.Faults.Decide = config.Decide
	m.server = &http.Server{Handler: m.Faults.Handler(m.route(config), functionsCall), ErrorLog: log.New(io.Discard, "", 0),
		ConnState: m.connection}
	go func() { _ = m.server.Serve(listener) }()

	if err := ledger.CreateTable(context.Background(), m.Config(), TableName); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	m.Ledger = ledger.New(m.Config(), TableName, rand.Text)
	return m, nil
}

// startPage makes the page function, with the same settings and table.
func (m *Machine) startPage(config Config, settingsFile string) error {
	if config.Page == "" {
		return nil
	}
	binary, err := filepath.Abs(config.Page)
	if err != nil {
		return fmt.Errorf("find the page: %w", err)
	}
	m.Page = runtimeapi.New(runtimeapi.Config{Binary: binary, FunctionARN: PageARN, Timeout: config.Timeout, Output: config.Log, Env: []string{
		"AWS_REGION=" + Region, "AWS_ACCESS_KEY_ID=" + functionKey, "AWS_SECRET_ACCESS_KEY=local", "AWS_ENDPOINT_URL=" + m.URL,
		settings.EnvSettingsFile + "=" + settingsFile, settings.EnvRunsTable + "=" + TableName,
		settings.EnvOperators + "=" + FunctionARN + ":" + settings.OperatorsAlias,
	}})
	return nil
}

// startSimulators makes the services that the settings' servers are in, and the alarms that ask for them.
func (m *Machine) startSimulators(config Config, document settings.Settings) error {
	m.OpsWorksCM = opsworkscm.New(opsworkscm.Config{
		Region: Region, Account: Account, MaintenanceTime: config.MaintenanceTime, OnTransition: config.OnTransition,
	})
	if config.OnEvent == nil {
		config.OnEvent = func(event []byte) { _, _ = m.Function.InvokeAsync(event) }
	}
	m.SSM = ssm.New(ssm.Config{
		Region: Region, Account: Account, ExecutionTime: config.MaintenanceTime, QueueTime: config.QueueTime,
		OnStatus: config.OnExecution, OnEvent: config.OnEvent,
	})
	m.alarms = newAlarms(document, config.OnEvent)
	return m.addServers(document, config.Runbooks)
}

// addServers makes the servers of the settings known to the simulators of their backends.
func (m *Machine) addServers(document settings.Settings, own map[string]Runbook) (err error) {
	for i := range document.Servers {
		server := &document.Servers[i]
		if server.Backend == settings.BackendSSM {
			err = m.addNode(i, server)
		} else {
			err = m.OpsWorksCM.AddServer(opsworkscm.Server{Name: server.Name, Engine: engine(server.Name), MaintenanceStatus: "SUCCESS"})
		}
		if err != nil {
			return err
		}
		m.Servers = append(m.Servers, server.Name)
	}
	return m.addRunbooks(document, own)
}

// environment is what the function's process is started with, but for the names of the runbooks.
func (m *Machine) environment(settingsFile string, sweepEvery time.Duration) []string {
	return append([]string{
		"AWS_REGION=" + Region, "AWS_ACCESS_KEY_ID=" + functionKey, "AWS_SECRET_ACCESS_KEY=local",
		"AWS_ENDPOINT_URL=" + m.URL, "AWS_ENDPOINT_URL_OPSWORKSCM=" + m.URL,
		"AWS_LAMBDA_FUNCTION_NAME=" + FunctionName,
		settings.EnvSettingsFile + "=" + settingsFile, settings.EnvRunsTable + "=" + TableName,
		settings.EnvMaxProcs + "=" + settings.MaxProcs,
		settings.EnvSweepEvery + "=" + sweepEvery.String(),
	}, m.topics.environment...)
}

// own is the HTTP client of the one who looks at the machine. It keeps no connection, so that those which last are the function's.
var own = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// Config is a client's for the services of the machine.
func (m *Machine) Config() aws.Config {
	return aws.Config{Region: Region, BaseEndpoint: aws.String(m.URL), HTTPClient: own, Credentials: aws.CredentialsProviderFunc(
		func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
		})}
}

func (m *Machine) connection(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		m.connections.Add(1)
	case http.StateClosed, http.StateHijacked:
		m.connections.Add(-1)
	}
}

// Quiet waits until nobody is connected any more: what a process had sent before it was killed has been served by then. It returns
// false when ctx ends.
func (m *Machine) Quiet(ctx context.Context) bool {
	for m.connections.Load() > 0 {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(time.Millisecond):
		}
	}
	return true
}

// Close ends the function's process and everything that hangs.
func (m *Machine) Close() error {
	m.OpsWorksCM.Close()
	m.SSM.Close()
	err := m.Function.Close()
	if m.Page != nil {
		err = errors.Join(err, m.Page.Close())
	}
	_ = m.server.Close()
	m.topics.stop()
	_ = os.RemoveAll(m.folder)
	return err
}

// engine makes Puppet servers of those that are named so, and Chef servers of all others.
func engine(name string) string {
	if strings.Contains(strings.ToLower(name), "puppet") {
		return "Puppet"
	}
	return "ChefAutomate"
}
