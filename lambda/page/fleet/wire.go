package fleet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"opsworks-maintenance/lambda/connection"
	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/message"
	"opsworks-maintenance/lambda/settings"
)

// New builds the page from the environment. Every fault is reported at once.
func New(getenv func(string) string, logger *slog.Logger) (*Handler, error) {
	environment, envErr := settings.ReadPageEnvironment(getenv)
	doc, docErr := settings.Read(environment.SettingsFile)
	trusted := connection.Roots(getenv)
	config, awsErr := connection.Config(getenv, trusted)
	if err := errors.Join(envErr, docErr, awsErr); err != nil {
		return nil, fmt.Errorf("initialise page: %w", err)
	}
	config = connection.WithEndpoint(config, getenv("AWS_ENDPOINT_URL_DYNAMODB"), getenv("AWS_ENDPOINT_URL"))
	config.HTTPClient = connection.Client(trusted, ledger.AttemptTimeout)
	return &Handler{
		Settings: doc, Operators: environment.Operators, Log: logger, Now: time.Now,
		LogGroup: shared(getenv("AWS_LAMBDA_LOG_GROUP_NAME"), getenv("AWS_LAMBDA_FUNCTION_NAME")),
		// Of the domain only what looks is used; the page's role allows no more.
		Runner: &maintenance.Runner{Ledger: ledger.New(config, environment.RunsTable, rand.Text), MaxConcurrent: doc.MaxConcurrent,
			Now: time.Now, NewID: maintenance.NewID},
	}, nil
}

// Unable is a page that could not be built. It says so to who looks.
type Unable struct{ Err error }

// Invoke implements lambda.Handler.
func (u Unable) Invoke(context.Context, []byte) ([]byte, error) {
	var h message.HTML
	sentence(&h, "This page cannot be shown: "+u.Err.Error())
	return encode(h.String())
}

// shared is the page's log group where it is the function's too: it is, unless it is named by the page.
func shared(group, page string) string {
	if group == settings.LogGroupPrefix+page {
		return ""
	}
	return group
}

// functionOf is the function that an ARN of its alias is of, as messages name it.
func functionOf(operators string) message.Function {
	parts := strings.Split(operators, ":")
	if len(parts) < 7 {
		return message.Function{}
	}
	return message.Function{Region: parts[3], Account: parts[4], Name: parts[6], Usual: parts[6] == settings.DefaultName}
}
