// Package connection is how a function reaches AWS: by what Lambda sets, over HTTP/1.1, and trusting no more than it has to read.
package connection

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// attemptTimeout bounds the wait for one answer, so that one that does not come leaves time to try again, to look, and to notify. An
// answer that comes too slowly is bounded by the invocation's own budget. A connection is there in milliseconds, or not at all.
const (
	attemptTimeout = 5 * time.Second
	connectTimeout = 2 * time.Second
)

// Config reads what Lambda sets: the Region and the role's credentials. The SDK's own config package would look for them
// in files and at other services too, and links four service clients for it, which every cold start would pay for.
func Config(getenv func(string) string, trusted *x509.CertPool) (aws.Config, error) {
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
		HTTPClient: Client(trusted, attemptTimeout),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return credentials, nil
		}),
	}, errors.Join(faults...)
}

// Client speaks HTTP/1.1, as the services do, and waits so long for an answer's header. nil trusts whom Go does.
func Client(trusted *x509.CertPool, wait time.Duration) aws.HTTPClient {
	return inMemory{awshttp.NewBuildableClient().
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = connectTimeout }).
		WithTransportOptions(func(t *http.Transport) {
			t.TLSClientConfig, t.ForceAttemptHTTP2 = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: trusted}, false
			t.TLSHandshakeTimeout, t.ResponseHeaderTimeout = connectTimeout, wait
		})}
}

// inMemory gives net/http bodies of a type that it knows to be in memory: it then sends header and body in one write. The SDK's own type
// (smithy-go v1.28.9, safeWriteToReadCloser) costs two, and fails the second if the answer comes before it has returned, which breaks
// the connection under that answer.
type inMemory struct{ client *awshttp.BuildableClient }

// Do implements aws.HTTPClient.
func (c inMemory) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.ContentLength > 0 {
		body := make([]byte, r.ContentLength)
		if _, err := io.ReadFull(r.Body, body); err != nil {
			return nil, fmt.Errorf("read the request: %w", err)
		}
		known := *r
		known.Body = io.NopCloser(bytes.NewReader(body))
		r = &known
	}
	return c.client.Do(r)
}

// WithEndpoint is the configuration with the first endpoint that is given; AWS's own if none is.
func WithEndpoint(config aws.Config, endpoints ...string) aws.Config {
	for _, endpoint := range endpoints {
		if endpoint != "" {
			config.BaseEndpoint = aws.String(endpoint)
			break
		}
	}
	return config
}
