// Command lambda is the function: woken by an alarm, a schedule or an operator, it starts maintenance of the server the event
// names, follows it to its end and notifies of what came of it.
package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"time"
	_ "time/tzdata" // provided.al2023 has no time zones

	"github.com/aws/aws-lambda-go/lambda"

	"opsworks-maintenance/lambda/function"
)

// version is stamped by the build: go build -ldflags "-X main.version=…".
var version = "dev"

func main() {
	logger := slog.New(slog.NewJSONHandler(os.Stdout, nil)).With("version", version)
	handler, err := function.New(os.Getenv, logger, os.Stdout)
	if err != nil {
		fail(logger, err)
		os.Exit(1)
	}
	handler.Version = version
	lambda.StartWithOptions(handler)
}

// fail says why the function cannot start, in the log and to the Runtime API, which passes it on to who invoked it.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-initerror
func fail(logger *slog.Logger, err error) {
	logger.Error("function cannot start", "error", err.Error())
	api := os.Getenv("AWS_LAMBDA_RUNTIME_API")
	if api == "" {
		return
	}
	body, _ := json.Marshal(map[string]any{"errorMessage": err.Error(), "errorType": "InitError", "stackTrace": []string{}})
	request, err := http.NewRequest(http.MethodPost, "http://"+api+"/2018-06-01/runtime/init/error", bytes.NewReader(body))
	if err != nil {
		logger.Error("init error not reported", "error", err.Error())
		return
	}
	request.Header.Set("Lambda-Runtime-Function-Error-Type", "InitError")
	response, err := (&http.Client{Timeout: 2 * time.Second}).Do(request)
	if err != nil {
		logger.Error("init error not reported", "error", err.Error())
		return
	}
	_ = response.Body.Close()
}
