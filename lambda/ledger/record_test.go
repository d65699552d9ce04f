package ledger_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/maintenance"
)

var update = flag.Bool("update", false, "write the golden files anew")

// filled is a run with every field set, so that none can be lost or renamed unseen.
func filled() maintenance.Run {
	var run maintenance.Run
	fill(reflect.ValueOf(&run).Elem(), "")
	run.State, run.Version = maintenance.RunStarting, 0
	run.Slot, run.Counted = false, ""
	return run
}

func fill(v reflect.Value, name string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("the " + name)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), name)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(now))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), v.Type().Field(i).Name)
		}
	default:
		panic("fill cannot fill " + v.Type().String())
	}
}

func storedRecord(t *testing.T, s *store, id string) []byte {
	t.Helper()
	out, err := s.api.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String(tableName), Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "run#" + id}}})
	if err != nil {
		t.Fatal(err)
	}
	return []byte(out.Item["record"].(*types.AttributeValueMemberS).Value)
}

// The fields' names are the schema of records that are kept for 90 days: a rename loses what is in the table.
func TestRecord_Golden(t *testing.T) {
	s, l := open(t)
	run := must[maintenance.Run](t)(l.Claim(t.Context(), filled(), limits()))
	var got bytes.Buffer
	if err := json.Indent(&got, storedRecord(t, s, run.ID), "", "  "); err != nil {
		t.Fatal(err)
	}
	got.WriteByte('\n')
	const golden = "testdata/record.golden"
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("the record is not that of %s (-update writes it; old records must stay readable):\n%s", golden, got.Bytes())
	}
}

// A run has the names of engine attributes and no place for their values.
func TestRecord_HoldsNoValues(t *testing.T) {
	s, l := open(t)
	secret := maintenance.EngineAttribute{Name: "CHEF_MAJOR_UPGRADE", Value: "s3cret"}
	run := newRun("r1", "automate-06")
	run.Attributes = []string{secret.Name}
	must[maintenance.Run](t)(l.Claim(t.Context(), run, limits()))
	record := string(storedRecord(t, s, "r1"))
	if strings.Contains(record, secret.Value) || !strings.Contains(record, `"Attributes":["CHEF_MAJOR_UPGRADE"]`) {
		t.Errorf("the record: %s", record)
	}
	if holds(reflect.TypeFor[maintenance.Run](), reflect.TypeFor[maintenance.EngineAttribute]()) {
		t.Error("a run has a field that holds values")
	}
}

func holds(in, what reflect.Type) bool {
	switch in.Kind() {
	case reflect.Slice, reflect.Pointer, reflect.Map, reflect.Array:
		return holds(in.Elem(), what)
	case reflect.Struct:
		for i := range in.NumField() {
			if holds(in.Field(i).Type, what) {
				return true
			}
		}
	}
	return in == what
}

func TestSchema(t *testing.T) {
	schema := ledger.Schema("runs")
	var got []string
	for _, i := range schema.GlobalSecondaryIndexes {
		got = append(got, fmt.Sprintf("%s: %s, %s, %s", *i.IndexName, *i.KeySchema[0].AttributeName, *i.KeySchema[1].AttributeName, i.Projection.ProjectionType))
	}
	if want := []string{"open: open, created, ALL", "server: server, created, ALL"}; !slices.Equal(got, want) {
		t.Errorf("indexes %q, want %q", got, want)
	}
	if len(schema.KeySchema) != 1 || *schema.KeySchema[0].AttributeName != "pk" || schema.BillingMode != types.BillingModePayPerRequest || ledger.TTLAttribute != "expires" {
		t.Errorf("the schema: %+v", schema)
	}
	t.Run("ErrExists", func(t *testing.T) {
		s, _ := open(t)
		_, err := s.api.CreateTable(t.Context(), schema)
		if err == nil {
			t.Error("made twice")
		}
	})
}
