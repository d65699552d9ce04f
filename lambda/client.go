package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"opsworks-maintenance/lambda/connect"
)

// attemptTimeout bounds the wait for one answer, so that one that does not come leaves time to try again, to look, and to tell. An
// answer that comes too slowly is bounded by the invocation's own budget. A connection is there in milliseconds, or not at all.
const (
	attemptTimeout = 5 * time.Second
	connectTimeout = 2 * time.Second
)

// aheadTimeout bounds what a start waits for connections. Without, the first calls make their own.
const aheadTimeout = time.Second

// connections are those to the services that the settings need.
type connections struct {
	dialer   *connect.Dialer
	services []service
}

type service interface {
	Endpoint(ctx context.Context) (string, error)
}

// ahead opens one to each service.
func (c *connections) ahead() {
	ctx, cancel := context.WithTimeout(context.Background(), aheadTimeout)
	defer cancel()
	var endpoints []string
	for _, s := range c.services {
		if endpoint, err := s.Endpoint(ctx); err == nil {
			endpoints = append(endpoints, endpoint)
		}
	}
	c.dialer.Ahead(ctx, endpoints...)
}

// awsConfig reads what Lambda sets: the Region and the role's credentials. The SDK's own config package would look for them
// in files and at other services too, and links four service clients for it, which every cold start would pay for.
func awsConfig(getenv func(string) string, dialer *connect.Dialer) (aws.Config, error) {
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
		Region: getenv("AWS_REGION"),
		HTTPClient: awshttp.NewBuildableClient().WithTransportOptions(dialer.Use, func(t *http.Transport) {
			t.ResponseHeaderTimeout = attemptTimeout
		}),
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
