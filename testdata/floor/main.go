// Command floor is the other thing lambda/local/bench measures the function against: the same three calls with the standard library
// alone, no SDK and nothing signed. What it costs is what Go, the Lambda runtime client and three requests cost; no AWS service
// would answer it.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/aws/aws-lambda-go/lambda"
)

type event struct {
	ServerName string `json:"serverName"`
}

type response struct {
	Status string `json:"status"`
}

type server struct{ ServerName, Status string }

func main() {
	lambda.Start(func(ctx context.Context, e event) (response, error) {
		var found struct{ Servers []server }
		if err := ask(ctx, "DescribeServers", e.ServerName, &found); err != nil {
			return response{}, err
		}
		if len(found.Servers) != 1 {
			return response{}, fmt.Errorf("%d servers are named %q", len(found.Servers), e.ServerName)
		}
		var started struct{ Server server }
		if err := ask(ctx, "StartMaintenance", e.ServerName, &started); err != nil {
			return response{}, err
		}
		return response{Status: started.Server.Status}, publish(ctx, "Maintenance started: "+e.ServerName,
			fmt.Sprintf("The server %s was %s, its maintenance has started.", e.ServerName, found.Servers[0].Status))
	})
}

// ask calls OpsWorks CM: AWS JSON 1.1.
func ask(ctx context.Context, operation, serverName string, answer any) error {
	body, err := json.Marshal(map[string]string{"ServerName": serverName})
	if err != nil {
		return err
	}
	header := http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amz-Target": {"OpsWorksCM_V2016_11_01." + operation}}
	got, err := post(ctx, os.Getenv("AWS_ENDPOINT_URL_OPSWORKSCM"), header, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	return json.Unmarshal(got, answer)
}

// publish calls SNS: the AWS query protocol.
func publish(ctx context.Context, subject, message string) error {
	form := url.Values{"Action": {"Publish"}, "Version": {"2010-03-31"}, "TopicArn": {os.Getenv("TOPIC_ARN")}, "Subject": {subject},
		"Message": {message}}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	if _, err := post(ctx, os.Getenv("AWS_ENDPOINT_URL_SNS"), header, strings.NewReader(form.Encode())); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

func post(ctx context.Context, address string, header http.Header, body io.Reader) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, body)
	if err != nil {
		return nil, err
	}
	request.Header = header
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	got, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", answer.Status, got)
	}
	return got, err
}
