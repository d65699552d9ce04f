package ledger

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// The indexes of the table. An item is in an index only if it has the index's keys.
const (
	IndexDue       = "due"       // runs by the queue they stand in and their next look
	IndexServer    = "server"    // a server's runs by their creation
	IndexReference = "reference" // a run by its backend's reference
)

// The attributes that are keys. A run's others are the fields of maintenance.Run under their JSON names.
const (
	AttrPK        = "pk"
	AttrQueue     = "queue"
	AttrNext      = "next" // in milliseconds, rounded up
	AttrServer    = "server"
	AttrCreatedMs = "createdMs"
	AttrReference = "reference"
)

// TTLAttribute is the attribute by which DynamoDB removes items, to be switched on where the table is made. Nothing rests on when it
// does: what matters is in conditions.
const TTLAttribute = attrExpires

// DueAttributes are what the index of due runs shows of them beside its keys.
func DueAttributes() []string {
	return []string{attrVersion, attrEdition, attrState, attrBackend, attrLook}
}

// CreateTable makes the table for tests and the local machine. The deployed one is made by infra, to the same schema.
func CreateTable(ctx context.Context, config aws.Config, table string) error {
	if _, err := dynamodb.NewFromConfig(config).CreateTable(ctx, Schema(table)); err != nil {
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
			attribute(AttrPK, types.ScalarAttributeTypeS), attribute(AttrQueue, types.ScalarAttributeTypeS),
			attribute(AttrNext, types.ScalarAttributeTypeN), attribute(AttrServer, types.ScalarAttributeTypeS),
			attribute(AttrCreatedMs, types.ScalarAttributeTypeN), attribute(AttrReference, types.ScalarAttributeTypeS),
		},
		KeySchema: keySchema(AttrPK, ""),
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{
			index(IndexDue, AttrQueue, AttrNext, &types.Projection{
				ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: DueAttributes(),
			}),
			index(IndexServer, AttrServer, AttrCreatedMs, &types.Projection{ProjectionType: types.ProjectionTypeAll}),
			index(IndexReference, AttrReference, "", &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly}),
		},
	}
}

func index(name, hash, sort string, projection *types.Projection) types.GlobalSecondaryIndex {
	return types.GlobalSecondaryIndex{IndexName: aws.String(name), KeySchema: keySchema(hash, sort), Projection: projection}
}

func keySchema(hash, sort string) []types.KeySchemaElement {
	schema := []types.KeySchemaElement{{AttributeName: aws.String(hash), KeyType: types.KeyTypeHash}}
	if sort != "" {
		schema = append(schema, types.KeySchemaElement{AttributeName: aws.String(sort), KeyType: types.KeyTypeRange})
	}
	return schema
}
