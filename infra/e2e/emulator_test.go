package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
)

// emulator is moto, running, with a client for each service.
type emulator struct {
	URL    string
	config aws.Config

	stacks *cloudformation.Client
	lambda *lambda.Client
	events *eventbridge.Client
	topics *sns.Client
	queues *sqs.Client
	tables *dynamodb.Client
	roles  *iam.Client
}

// What has to be installed, and how.
const (
	installMoto = "moto_server is not installed: pip install 'moto[server]==5.2.1'"
	installNode = "npx is not installed, it comes with Node: nvm install 22"
)

// guarded runs a command until our end of the pipe closes, which it does however this process ends, and waits for it to be gone.
const guarded = `trap : TERM; "$@" & read -r _; kill 0; wait`

// newEmulator starts moto on a free port. It is gone when the test is, or when this process is.
func newEmulator(t *testing.T) *emulator {
	t.Helper()
	if _, err := exec.LookPath("moto_server"); err != nil {
		t.Fatal(installMoto)
	}
	if _, err := exec.LookPath("npx"); err != nil {
		t.Fatal(installNode)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	_ = listener.Close()

	output, err := os.Create(filepath.Join(t.TempDir(), "moto.log"))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("sh", "-c", guarded, "sh", "moto_server", "-p", port)
	command.Stdout, command.Stderr = output, output
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // the group that guarded kills
	pipe, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = pipe.Close()
		_ = command.Wait()
		_ = output.Close()
		if b, err := os.ReadFile(output.Name()); err == nil && t.Failed() {
			t.Logf("the emulator's last words:\n%s", tail(string(b), 15))
		}
	})

	// localhost by name: buckets are reached as hosts under it.
	e := &emulator{URL: "http://localhost:" + port}
	e.connect()
	e.await(t)
	t.Logf("moto listens at %s", e.URL)
	return e
}

func (e *emulator) connect() {
	e.config = aws.Config{Region: region, BaseEndpoint: aws.String(e.URL), Credentials: aws.CredentialsProviderFunc(
		func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "emulator", SecretAccessKey: "emulator"}, nil
		})}
	e.stacks, e.lambda, e.events = cloudformation.NewFromConfig(e.config), lambda.NewFromConfig(e.config), eventbridge.NewFromConfig(e.config)
	e.topics, e.queues, e.tables = sns.NewFromConfig(e.config), sqs.NewFromConfig(e.config), dynamodb.NewFromConfig(e.config)
	e.roles = iam.NewFromConfig(e.config)
}

func (e *emulator) await(t *testing.T) {
	t.Helper()
	var last error
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		answer, err := http.Get(e.URL + "/moto-api/data.json")
		if last = err; err == nil {
			_ = answer.Body.Close()
			return
		}
	}
	t.Fatalf("moto_server does not answer: %v", last)
}

// raw is a call of a service that the repository has no client of, in its JSON protocol.
func (e *emulator) raw(ctx context.Context, service, operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	b, err := e.send(ctx, http.MethodPost, "/", service, operation, body)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, out)
}

// object is an object in S3.
func (e *emulator) object(ctx context.Context, bucket, key string) ([]byte, error) {
	return e.send(ctx, http.MethodGet, "/"+bucket+"/"+key, "s3", "", nil)
}

// send tells the emulator the service as it knows it: by the scope of the signature, which it does not check.
func (e *emulator) send(ctx context.Context, method, path, service, operation string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, e.URL+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", fmt.Sprintf(
		"AWS4-HMAC-SHA256 Credential=emulator/20260101/%s/%s/aws4_request, SignedHeaders=host, Signature=none", region, service))
	if operation != "" {
		request.Header.Set("X-Amz-Target", operation)
		request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	b, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode == http.StatusOK {
		return b, err
	}
	var fault struct {
		Type    string `json:"__type"`
		Message string
	}
	_ = json.Unmarshal(b, &fault) // S3 answers with XML, or nothing
	return nil, &smithy.GenericAPIError{Code: fault.Type,
		Message: fmt.Sprintf("%s %s: %s %s", service, operation, answer.Status, fault.Message)}
}

// gone tells whether a call failed because what it asks for does not exist, in the words of any service.
func gone(err error) bool {
	var fault smithy.APIError
	if !errors.As(err, &fault) {
		return false
	}
	for _, word := range []string{"NotFound", "NoSuch", "NonExistent", "DoesNotExist", "InvalidDocument"} {
		if strings.Contains(fault.ErrorCode(), word) {
			return true
		}
	}
	return false
}

func tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
