package main

import (
	"cmp"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	gotypes "go/types"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"opsworks-maintenance/lambda/ledger"
)

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
	b, err := json.Marshal(table)
	got := &dynamodb.CreateTableInput{TableName: aws.String("runs")}
	if err == nil {
		err = json.Unmarshal(b, got) // both are in the words of the API
	}
	if err != nil {
		t.Fatal(err)
	}
	want := ledger.Schema("runs")
	for _, schema := range []*dynamodb.CreateTableInput{got, want} {
		slices.SortFunc(schema.AttributeDefinitions, func(a, b types.AttributeDefinition) int {
			return cmp.Compare(*a.AttributeName, *b.AttributeName)
		})
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the table is\n%s\nand in the ledger\n%+v", b, want)
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

// The function may do to the table what the ledger's source asks for, and no more. A transaction needs the permission of each of its
// parts: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
func TestStack_LedgerPermissions(t *testing.T) {
	files, err := filepath.Glob("../lambda/ledger/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	asked := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(node ast.Node) bool {
			if name, ok := node.(*ast.SelectorExpr); ok {
				_, call, _ := strings.Cut(gotypes.ExprString(name), ".")
				if !strings.HasPrefix(call, "api.") { // of whatever type of the package
					call = gotypes.ExprString(name)
				}
				for _, action := range ledgerActions[call] {
					asked["dynamodb:"+action] = true
				}
			}
			return true
		})
	}
	var allowed []string
	for _, s := range synthesize(t, inCDKJSON(t)).statements() {
		if s.Sid == "ReadWriteRuns" || s.Sid == "QueryRuns" {
			allowed = append(allowed, s.Actions...)
		}
	}
	slices.Sort(allowed)
	if want := slices.Sorted(maps.Keys(asked)); !slices.Equal(allowed, want) {
		t.Errorf("the function may %q, the ledger asks for %q", allowed, want)
	}
}

// ledgerActions are what an expression in the ledger's source needs. TransactWriteItems and TransactGetItems are no actions of IAM.
var ledgerActions = map[string][]string{
	"api.GetItem": {"GetItem"}, "api.BatchGetItem": {"BatchGetItem"}, "types.TransactGetItem": {"GetItem"},
	"api.Query": {"Query"}, "dynamodb.NewQueryPaginator": {"Query"}, "api.Scan": {"Scan"},
	"api.PutItem": {"PutItem"}, "types.Put": {"PutItem"}, "api.BatchWriteItem": {"BatchWriteItem"},
	"api.UpdateItem": {"UpdateItem"}, "types.Update": {"UpdateItem"},
	"api.DeleteItem": {"DeleteItem"}, "types.Delete": {"DeleteItem"}, "types.ConditionCheck": {"ConditionCheckItem"},
}
