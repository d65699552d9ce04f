package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Runs is the table of runs. It is the one thing that stays when the stack goes: what it knows keeps maintenance from starting
// twice.
type Runs struct {
	Table   awsdynamodb.Table
	Indexes []string
}

// NewRuns makes the table to the schema of lambda/ledger, which a test holds it to. Its key is DynamoDB's own: the table must
// stay readable when the stack's key goes.
func NewRuns(parent constructs.Construct) *Runs {
	scope := constructs.NewConstruct(parent, jsii.String("Runs"))
	r := &Runs{Table: awsdynamodb.NewTable(scope, jsii.String("Table"), &awsdynamodb.TableProps{
		PartitionKey:                     &awsdynamodb.Attribute{Name: jsii.String("pk"), Type: awsdynamodb.AttributeType_STRING},
		BillingMode:                      awsdynamodb.BillingMode_PAY_PER_REQUEST,
		TimeToLiveAttribute:              jsii.String("expires"),
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: jsii.Bool(true)},
		RemovalPolicy:                    awscdk.RemovalPolicy_RETAIN,
	})}
	for _, index := range []string{"open", "server"} {
		r.Indexes = append(r.Indexes, index)
		r.Table.AddGlobalSecondaryIndex(&awsdynamodb.GlobalSecondaryIndexProps{
			IndexName:    jsii.String(index),
			PartitionKey: &awsdynamodb.Attribute{Name: jsii.String(index), Type: awsdynamodb.AttributeType_STRING},
			SortKey:      &awsdynamodb.Attribute{Name: jsii.String("created"), Type: awsdynamodb.AttributeType_NUMBER},
		})
	}
	return r
}
