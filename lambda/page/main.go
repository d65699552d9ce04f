// Command page is the page function: a CloudWatch custom widget that shows the fleet. It reads the table of runs and can do nothing else;
// its buttons call the function that acts.
package main

import (
	"log/slog"
	"os"
	_ "time/tzdata" // provided.al2023 has no time zones

	"github.com/aws/aws-lambda-go/lambda"

	"opsworks-maintenance/lambda/page/fleet"
)

func main() {
	logger := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	handler, err := fleet.New(os.Getenv, logger)
	if err != nil {
		logger.Error("page cannot start", "error", err.Error())
		lambda.StartWithOptions(fleet.Unable{Err: err}) // who looks at the page is told
		return
	}
	lambda.StartWithOptions(handler)
}
