package main

import (
	"encoding/json"
	"reflect"
	"testing"

	"opsworks-maintenance/lambda/ledger"
)

// Under the first edition's logical id an update would change or replace its table; under another one it makes a new table, and the old
// stays. The id is a contract from now on, as the table has no name.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
func TestStack_TableOfItsOwn(t *testing.T) {
	const first, second = "RunsTable96AAA230", "LedgerTable9343E4AA"
	for id, table := range synthesize(t, inCDKJSON(t)).of("AWS::DynamoDB::Table") {
		if id == first || id != second || table.Properties["TableName"] != nil {
			t.Errorf("the table is %s, named %v; want %s", id, table.Properties["TableName"], second)
		}
	}
}

func onlyRunsStay(t *testing.T, tmpl template) {
	for id, r := range tmpl.Resources {
		stays := r.DeletionPolicy == "Retain" || r.UpdateReplacePolicy == "Retain"
		if want := r.Type == "AWS::DynamoDB::Table"; stays != want {
			t.Errorf("%s (%s): DeletionPolicy %q, UpdateReplacePolicy %q", id, r.Type, r.DeletionPolicy, r.UpdateReplacePolicy)
		}
	}
}

func tableIsTheLedgers(t *testing.T, tmpl template) {
	table := tmpl.one(t, "AWS::DynamoDB::Table").Properties
	schema := ledger.Schema("runs")
	var want map[string]any
	b, err := json.Marshal(map[string]any{
		"KeySchema": schema.KeySchema, "GlobalSecondaryIndexes": schema.GlobalSecondaryIndexes, "BillingMode": schema.BillingMode,
	})
	if err == nil {
		err = json.Unmarshal(b, &want)
	}
	if err != nil {
		t.Fatal(err)
	}
	want = withoutNulls(want).(map[string]any)
	for key, value := range want {
		if !reflect.DeepEqual(table[key], value) {
			t.Errorf("%s is\n%v\nand in the ledger\n%v", key, table[key], value)
		}
	}
	got, defined := map[string]string{}, map[string]string{}
	for _, a := range table["AttributeDefinitions"].([]any) {
		got[dig(a, "AttributeName").(string)] = dig(a, "AttributeType").(string)
	}
	for _, a := range schema.AttributeDefinitions {
		defined[*a.AttributeName] = string(a.AttributeType)
	}
	if !reflect.DeepEqual(got, defined) {
		t.Errorf("attributes are %v, in the ledger %v", got, defined)
	}
	wantTTL := map[string]any{"AttributeName": ledger.TTLAttribute, "Enabled": true}
	if ttl := table["TimeToLiveSpecification"]; !reflect.DeepEqual(ttl, wantTTL) {
		t.Errorf("TTL is %v", ttl)
	}
	if dig(table, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled") != true {
		t.Error("the table cannot be brought back")
	}
	if table["SSESpecification"] != nil {
		t.Error("the table is encrypted with a key that may go before it")
	}
}

// withoutNulls leaves out what the SDK's types say about fields that are not set.
func withoutNulls(value any) any {
	switch value := value.(type) {
	case map[string]any:
		object := map[string]any{}
		for key, item := range value {
			if item != nil {
				object[key] = withoutNulls(item)
			}
		}
		return object
	case []any:
		list := make([]any, 0, len(value))
		for _, item := range value {
			list = append(list, withoutNulls(item))
		}
		return list
	}
	return value
}
