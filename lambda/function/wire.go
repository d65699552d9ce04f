package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"opsworks-maintenance/lambda/automation"
	"opsworks-maintenance/lambda/connect"
	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/notify"
	"opsworks-maintenance/lambda/opsworkscm"
	"opsworks-maintenance/lambda/settings"
)

// wire builds the handler from the environment: the only place where the parts meet. Every fault is reported at once.
func wire(getenv func(string) string, logger *slog.Logger, metrics io.Writer) (*Handler, *connections, error) {
	environment, envErr := settings.ReadEnvironment(getenv)
	doc, docErr := readSettings(environment.SettingsFile)
	nodes, runbookErr := nodes(doc, environment.Runbooks)
	connections := &connections{dialer: &connect.Dialer{Timeout: connectTimeout, Proxy: http.ProxyFromEnvironment}}
	config, awsErr := awsConfig(getenv, connections.dialer)
	if err := errors.Join(envErr, docErr, runbookErr, awsErr); err != nil {
		return nil, nil, &InitError{err}
	}
	endpoint := func(variable string, others ...string) aws.Config {
		return at(config, append(append([]string{getenv("AWS_ENDPOINT_URL_" + variable)}, others...), getenv("AWS_ENDPOINT_URL"))...)
	}
	servers := endpoint("OPSWORKSCM", doc.Endpoint)
	function := notify.Function{Name: getenv("AWS_LAMBDA_FUNCTION_NAME"), Region: config.Region, Endpoint: aws.ToString(servers.BaseEndpoint)}
	topics := notify.Topics{Text: environment.TopicARN, Records: environment.RecordsTopicARN, Chat: environment.ChatTopicARN}
	cm, ssm := opsworkscm.New(servers), automation.New(endpoint("SSM"), nodes)
	tables := endpoint("DYNAMODB")
	tables.HTTPClient = httpClient(connections.dialer, ledger.AttemptTimeout)
	runs, publisher := ledger.New(tables, environment.RunsTable), notify.New(endpoint("SNS"), topics, function)
	connections.services = []service{runs, publisher}
	if len(nodes) < len(doc.Servers) {
		connections.services = append(connections.services, cm)
	}
	if len(nodes) > 0 {
		connections.services = append(connections.services, ssm)
	}

	return &Handler{
		Settings: doc,
		Runner: &maintenance.Runner{
			Policy:        policies(doc),
			Backends:      map[string]maintenance.Backend{opsworkscm.Backend: cm, automation.Backend: ssm},
			Ledger:        runs,
			Notifier:      publisher,
			MaxConcurrent: doc.MaxConcurrent,
			Expected:      expected(doc),
			Now:           time.Now,
			NewRunID:      maintenance.NewRunID,
		},
		Log:     logger,
		Metrics: metrics,
		Now:     time.Now,
	}, connections, nil
}

// readSettings reads the settings document, by default settings.json beside the binary.
func readSettings(path string) (*settings.Settings, error) {
	if path == "" {
		binary, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find settings: %w", err)
		}
		path = filepath.Join(filepath.Dir(binary), "settings.json")
	}
	document, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	doc, err := settings.Parse(document)
	if err != nil {
		return nil, fmt.Errorf("read settings %s: %w", path, err)
	}
	return &doc, nil
}

// policies turns a server's settings into what the domain needs to know of them.
func policies(doc *settings.Settings) func(string) (maintenance.Policy, bool) {
	return func(name string) (maintenance.Policy, bool) {
		s, ok := doc.Server(name)
		if !ok {
			return maintenance.Policy{}, false
		}
		return maintenance.Policy{
			Backend:    string(s.Backend),
			Enabled:    s.Enabled,
			Window:     maintenance.Window{Hours: s.Window, Location: s.Timezone},
			StaleAfter: s.StaleAfter,
			Patience:   s.Patience,
			Cooldown:   s.Cooldown,
			DailyLimit: s.DailyLimit,
			Deadline:   s.Deadline,
		}, true
	}
}

// nodes are the servers of Systems Manager. A runbook of this project has the name it was deployed by.
func nodes(doc *settings.Settings, deployed map[string]string) (map[string]automation.Server, error) {
	nodes := map[string]automation.Server{}
	var faults []error
	if doc == nil {
		return nodes, nil
	}
	for _, s := range doc.Servers {
		if s.Backend != settings.BackendSSM {
			continue
		}
		node := automation.Server{TagKey: s.TagKey, Runbook: s.Runbook, Version: s.RunbookVersion, Parameters: s.Parameters, Calendars: s.Calendars}
		if variable, ours := settings.Runbooks()[s.Runbook]; ours {
			if node.Runbook = deployed[s.Runbook]; node.Runbook == "" {
				faults = append(faults, fmt.Errorf("%s is not set; it names the runbook %s of the server %s", variable, s.Runbook, s.Name))
			}
		}
		if s.Runbook == settings.RunbookChefAutomate {
			node.UpgradeParameter = "MajorUpgrade"
		}
		nodes[s.Name] = node
	}
	return nodes, errors.Join(faults...)
}

// expected are the servers that must have a successful run at least every so often.
func expected(doc *settings.Settings) map[string]time.Duration {
	every := map[string]time.Duration{}
	for _, s := range doc.Servers {
		if s.ExpectEvery > 0 && s.Enabled {
			every[s.Name] = s.ExpectEvery
		}
	}
	return every
}
