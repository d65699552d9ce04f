package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"opsworks-maintenance/lambda/automation"
	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/notify"
	"opsworks-maintenance/lambda/opsworkscm"
	"opsworks-maintenance/lambda/settings"
)

// attemptTimeout bounds the wait for one answer, so that one that does not come leaves time to try again, to look, and to tell. An
// answer that comes too slowly is bounded by the invocation's own budget.
const attemptTimeout = 5 * time.Second

// wire builds the handler from the environment: the only place where the parts meet. Every fault is reported at once.
func wire(getenv func(string) string, logger *slog.Logger, metrics io.Writer) (*Handler, error) {
	environment, envErr := settings.ReadEnvironment(getenv)
	doc, docErr := readSettings(environment.SettingsFile)
	nodes, runbookErr := nodes(doc, environment.Runbooks)
	config, awsErr := awsConfig(getenv)
	if err := errors.Join(envErr, docErr, runbookErr, awsErr); err != nil {
		return nil, &InitError{err}
	}
	servers := at(config, getenv("AWS_ENDPOINT_URL_OPSWORKSCM"), doc.Endpoint, getenv("AWS_ENDPOINT_URL"))
	function := notify.Function{Name: getenv("AWS_LAMBDA_FUNCTION_NAME"), Region: config.Region, Endpoint: aws.ToString(servers.BaseEndpoint)}
	topics := notify.Topics{Text: environment.TopicARN, Records: environment.RecordsTopicARN, Chat: environment.ChatTopicARN}

	return &Handler{
		Settings: doc,
		Runner: &maintenance.Runner{
			Policy: policies(doc),
			Backends: map[string]maintenance.Backend{
				opsworkscm.Backend: opsworkscm.New(servers),
				automation.Backend: automation.New(at(config, getenv("AWS_ENDPOINT_URL_SSM"), getenv("AWS_ENDPOINT_URL")), nodes),
			},
			Ledger:        ledger.New(at(config, getenv("AWS_ENDPOINT_URL_DYNAMODB"), getenv("AWS_ENDPOINT_URL")), environment.RunsTable),
			Notifier:      notify.New(at(config, getenv("AWS_ENDPOINT_URL_SNS"), getenv("AWS_ENDPOINT_URL")), topics, function),
			MaxConcurrent: doc.MaxConcurrent,
			Expected:      expected(doc),
			Now:           time.Now,
			NewRunID:      maintenance.NewRunID,
		},
		Log:     logger,
		Metrics: metrics,
		Now:     time.Now,
	}, nil
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

// awsConfig reads what Lambda sets: the Region and the role's credentials. The SDK's own config package would look for them
// in files and at other services too, and links four service clients for it, which every cold start would pay for.
func awsConfig(getenv func(string) string) (aws.Config, error) {
	var faults []error
	for _, name := range []string{"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		if getenv(name) == "" {
			faults = append(faults, fmt.Errorf("%s is not set; Lambda sets it", name))
		}
	}
	credentials := aws.Credentials{
		AccessKeyID:     getenv("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    getenv("AWS_SESSION_TOKEN"),
		Source:          "environment",
	}
	return aws.Config{
		Region:     getenv("AWS_REGION"),
		HTTPClient: awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) { t.ResponseHeaderTimeout = attemptTimeout }),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return credentials, nil
		}),
	}, errors.Join(faults...)
}

// at is the configuration with the first endpoint that is given; AWS's own if none is.
func at(config aws.Config, endpoints ...string) aws.Config {
	for _, endpoint := range endpoints {
		if endpoint != "" {
			config.BaseEndpoint = aws.String(endpoint)
			break
		}
	}
	return config
}
