package ledger

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// The indexes of the table. Both show whole items, sorted by creation: IndexOpen the runs that are not closed, IndexServer a
// server's runs.
const (
	IndexOpen   = "open"
	IndexServer = "server"
)

// TTLAttribute is the attribute by which DynamoDB removes items, to be switched on where the table is made. Nothing rests on
// when it does: whatever matters is in conditions.
const TTLAttribute = attrExpires

// CreateTable makes the table for tests and the local machine. The deployed one is made by infra, to the same schema.
func CreateTable(ctx context.Context, config aws.Config, table string) error {
	_, err := dynamodb.NewFromConfig(config).CreateTable(ctx, Schema(table))
	if err != nil {
		return fmt.Errorf("create table %s: %w", table, err)
	}
	return nil
}

// Schema is the table as this package needs it.
func Schema(table string) *dynamodb.CreateTableInput {
	attribute := func(name string, kind types.ScalarAttributeType) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: kind}
	}
	return &dynamodb.CreateTableInput{
		TableName:   aws.String(table),
		BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			attribute(attrKey, types.ScalarAttributeTypeS), attribute(attrOpen, types.ScalarAttributeTypeS),
			attribute(attrServer, types.ScalarAttributeTypeS), attribute(attrCreated, types.ScalarAttributeTypeN),
		},
		KeySchema:              []types.KeySchemaElement{{AttributeName: aws.String(attrKey), KeyType: types.KeyTypeHash}},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{index(IndexOpen, attrOpen), index(IndexServer, attrServer)},
	}
}

func index(name, hash string) types.GlobalSecondaryIndex {
	return types.GlobalSecondaryIndex{
		IndexName: aws.String(name),
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String(hash), KeyType: types.KeyTypeHash}, {AttributeName: aws.String(attrCreated), KeyType: types.KeyTypeRange},
		},
		Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
	}
}
