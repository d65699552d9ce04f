// Command function is what the tests run: a Lambda function that misbehaves on request.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type request struct {
	Mode string
	Text string
}

type teapotError struct{ error }

var calls int

func main() {
	switch os.Getenv("INIT") {
	case "error":
		fmt.Println("reporting an init error")
		post("/2018-06-01/runtime/init/error", `{"errorMessage":"no settings","errorType":"SettingsError","stackTrace":[]}`)
		os.Exit(1)
	case "exit":
		os.Exit(7)
	case "exit-cleanly":
		return
	case "hang":
		time.Sleep(time.Hour)
	}
	lambda.Start(handle)
}

func handle(ctx context.Context, in request) (any, error) {
	calls++
	invocation, _ := lambdacontext.FromContext(ctx)
	if os.Getenv("LOG_EACH") != "" {
		fmt.Println("invocation", invocation.AwsRequestID)
	}
	switch in.Mode {
	case "error":
		return nil, teapotError{errors.New(in.Text)}
	case "panic":
		panic(in.Text)
	case "exit":
		os.Exit(3)
	case "sleep":
		pause, err := time.ParseDuration(in.Text)
		if err != nil {
			return nil, err
		}
		time.Sleep(pause) // deaf to its deadline
	case "print":
		fmt.Print("first line\nsecond line\nno end")
		fmt.Fprintln(os.Stderr, "!")
	case "large":
		return strings.Repeat("x", 7<<20), nil
	case "burn":
		for end := time.Now().Add(50 * time.Millisecond); time.Now().Before(end); {
		}
	case "probe":
		return probe(), nil
	}
	deadline, _ := ctx.Deadline()
	folder, _ := os.Getwd()
	return map[string]any{
		"text": in.Text, "calls": calls, "pid": os.Getpid(), "left": time.Until(deadline).Milliseconds(),
		"id": invocation.AwsRequestID, "arn": invocation.InvokedFunctionArn, "trace": os.Getenv("_X_AMZN_TRACE_ID"),
		"environment": len(os.Environ()), "folder": folder,
	}, nil
}

// probe asks the Runtime API for what it must refuse while an invocation is under way.
func probe() map[string]string {
	const invocations = "/2018-06-01/runtime/invocation/"
	return map[string]string{
		"response to an unknown id": post(invocations+"nobody/response", `{}`),
		"error of an unknown id":    post(invocations+"nobody/error", `{}`),
		"a second next":             call(http.MethodGet, invocations+"next", ""),
		"a late init error":         post("/2018-06-01/runtime/init/error", `{}`),
		"another path":              post("/2018-06-01/runtime/exit", `{}`),
		"another method":            call(http.MethodPut, invocations+"next", ""),
	}
}

func post(path, body string) string { return call(http.MethodPost, path, body) }

func call(method, path, body string) string {
	r, err := http.NewRequest(method, "http://"+os.Getenv("AWS_LAMBDA_RUNTIME_API")+path, strings.NewReader(body))
	if err != nil {
		return err.Error()
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err.Error()
	}
	text, _ := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	return fmt.Sprint(answer.StatusCode, " ", strings.TrimSpace(string(text)))
}
