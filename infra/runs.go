package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/settings"
)

// Runs is the table of runs. It is the one thing that stays when the stack goes: what it knows keeps maintenance from starting
// twice.
type Runs struct {
	constructs.Construct
	Table   awsdynamodb.Table
	Indexes []string
}

// NewRuns makes the table to the schema of lambda/ledger, which a test holds it to. Its key is DynamoDB's own: the table must
// stay readable when the stack's key goes.
func NewRuns(scope constructs.Construct, id string) *Runs {
	r := &Runs{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	r.Table = awsdynamodb.NewTable(r.Construct, jsii.String("Table"), &awsdynamodb.TableProps{
		PartitionKey:                     stringKey(ledger.AttrPK),
		BillingMode:                      awsdynamodb.BillingMode_PAY_PER_REQUEST,
		TimeToLiveAttribute:              jsii.String(ledger.TTLAttribute),
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: jsii.Bool(true)},
		RemovalPolicy:                    awscdk.RemovalPolicy_RETAIN,
	})
	r.addIndex(&awsdynamodb.GlobalSecondaryIndexProps{
		IndexName: jsii.String(ledger.IndexDue), PartitionKey: stringKey(ledger.AttrQueue), SortKey: numberKey(ledger.AttrNext),
		ProjectionType: awsdynamodb.ProjectionType_INCLUDE, NonKeyAttributes: jsii.Strings(ledger.DueAttributes()...),
	})
	r.addIndex(&awsdynamodb.GlobalSecondaryIndexProps{
		IndexName: jsii.String(ledger.IndexServer), PartitionKey: stringKey(ledger.AttrServer), SortKey: numberKey(ledger.AttrCreatedMs),
	})
	r.addIndex(&awsdynamodb.GlobalSecondaryIndexProps{
		IndexName: jsii.String(ledger.IndexReference), PartitionKey: stringKey(ledger.AttrReference),
		ProjectionType: awsdynamodb.ProjectionType_KEYS_ONLY,
	})
	return r
}

func (r *Runs) addIndex(props *awsdynamodb.GlobalSecondaryIndexProps) {
	r.Table.AddGlobalSecondaryIndex(props)
	r.Indexes = append(r.Indexes, *props.IndexName)
}

func stringKey(attribute string) *awsdynamodb.Attribute {
	return &awsdynamodb.Attribute{Name: jsii.String(attribute), Type: awsdynamodb.AttributeType_STRING}
}

func numberKey(attribute string) *awsdynamodb.Attribute {
	return &awsdynamodb.Attribute{Name: jsii.String(attribute), Type: awsdynamodb.AttributeType_NUMBER}
}

// GrantRead lets the page look at runs: at items of the table, at what is due, and at a server's history. It writes nothing.
func (r *Runs) GrantRead(policy awsiam.Policy) {
	allow(policy, "ReadRunsForPage", []string{"dynamodb:GetItem", "dynamodb:BatchGetItem"}, []*string{r.Table.TableArn()}, nil)
	allow(policy, "QueryRunsForPage", []string{"dynamodb:Query"}, r.indexARNs(ledger.IndexDue, ledger.IndexServer), nil)
}

func (r *Runs) indexARNs(names ...string) []*string {
	var arns []*string
	for _, name := range names {
		arns = append(arns, jsii.String(*r.Table.TableArn()+"/index/"+name))
	}
	return arns
}

// GrantTo lets the function keep runs: writes, transactions and look-ups on the table; on the indexes, lists of what is due, of a
// server's runs and of references.
func (r *Runs) GrantTo(f *Function) {
	f.Allow("ReadWriteRuns", []string{
		"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem",
	}, []*string{r.Table.TableArn()}, nil)
	f.Allow("QueryRuns", []string{"dynamodb:Query"}, r.indexARNs(r.Indexes...), nil)
	f.SetEnvironment(settings.EnvRunsTable, r.Table.TableName())
}
