// Command barehandler is what lambda/local/bench measures the function against: the three calls, by the SDK's own introductions,
// as one would write it in an afternoon. It is not a function to deploy: it knows no settings, no gates and no retries of its own.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/opsworkscm"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

type event struct {
	ServerName string `json:"serverName"`
}

type response struct {
	Status string `json:"status"`
}

func main() {
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	servers, topics := opsworkscm.NewFromConfig(cfg), sns.NewFromConfig(cfg)

	lambda.Start(func(ctx context.Context, e event) (response, error) {
		found, err := servers.DescribeServers(ctx, &opsworkscm.DescribeServersInput{ServerName: aws.String(e.ServerName)})
		if err != nil {
			return response{}, err
		}
		if len(found.Servers) != 1 {
			return response{}, fmt.Errorf("%d servers are named %q", len(found.Servers), e.ServerName)
		}
		started, err := servers.StartMaintenance(ctx, &opsworkscm.StartMaintenanceInput{ServerName: aws.String(e.ServerName)})
		if err != nil {
			return response{}, err
		}
		_, err = topics.Publish(ctx, &sns.PublishInput{
			TopicArn: aws.String(os.Getenv("TOPIC_ARN")),
			Subject:  aws.String("Maintenance started: " + e.ServerName),
			Message:  aws.String(fmt.Sprintf("The server %s was %s, its maintenance has started.", e.ServerName, found.Servers[0].Status)),
		})
		return response{Status: string(started.Server.Status)}, err
	})
}
