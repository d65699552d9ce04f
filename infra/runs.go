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
//
// The first edition's table was Runs/Table. This one has another logical id and no name of its own, so that an update makes a new
// table beside the old, which is retained.
func NewRuns(parent constructs.Construct) *Runs {
	scope := constructs.NewConstruct(parent, jsii.String("Ledger"))
	r := &Runs{Table: awsdynamodb.NewTable(scope, jsii.String("Table"), &awsdynamodb.TableProps{
		PartitionKey:                     text("pk"),
		BillingMode:                      awsdynamodb.BillingMode_PAY_PER_REQUEST,
		TimeToLiveAttribute:              jsii.String("expires"),
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: jsii.Bool(true)},
		RemovalPolicy:                    awscdk.RemovalPolicy_RETAIN,
	})}
	r.index(&awsdynamodb.GlobalSecondaryIndexProps{
		IndexName: jsii.String("due"), PartitionKey: text("queue"), SortKey: number("next"),
		ProjectionType: awsdynamodb.ProjectionType_INCLUDE, NonKeyAttributes: jsii.Strings("version", "edition", "state", "backend", "look"),
	})
	r.index(&awsdynamodb.GlobalSecondaryIndexProps{
		IndexName: jsii.String("server"), PartitionKey: text("server"), SortKey: number("createdMs"),
	})
	r.index(&awsdynamodb.GlobalSecondaryIndexProps{
		IndexName: jsii.String("reference"), PartitionKey: text("reference"), ProjectionType: awsdynamodb.ProjectionType_KEYS_ONLY,
	})
	return r
}

func (r *Runs) index(props *awsdynamodb.GlobalSecondaryIndexProps) {
	r.Table.AddGlobalSecondaryIndex(props)
	r.Indexes = append(r.Indexes, *props.IndexName)
}

func text(attribute string) *awsdynamodb.Attribute {
	return &awsdynamodb.Attribute{Name: jsii.String(attribute), Type: awsdynamodb.AttributeType_STRING}
}

func number(attribute string) *awsdynamodb.Attribute {
	return &awsdynamodb.Attribute{Name: jsii.String(attribute), Type: awsdynamodb.AttributeType_NUMBER}
}
