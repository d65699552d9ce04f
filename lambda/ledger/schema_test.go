package ledger_test

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"testing"

	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/local/table"
	"opsworks-maintenance/lambda/maintenance"
)

// Over a socket it is no different.
func TestLedger_HTTP(t *testing.T) {
	server := httptest.NewServer(table.New())
	t.Cleanup(server.Close)
	c := config(server.Client())
	c.BaseEndpoint = &server.URL
	if err := ledger.CreateTable(t.Context(), c, tableName); err != nil {
		t.Fatal(err)
	}
	l := ledger.New(c, tableName, tokens())
	run := must[maintenance.Run](t)(l.Commit(t.Context(), start(claimed(waiting("r1", "automate-06"), 1, "i-1"))))
	if snapshot := must[maintenance.Snapshot](t)(l.Read(t.Context(), "automate-06")); snapshot.Open.ID != run.ID {
		t.Errorf("kept: %+v", snapshot)
	}
	if err := ledger.CreateTable(t.Context(), config(server.Client()), tableName); err == nil {
		t.Error("a table was made where nothing is")
	}
}

func TestSchema(t *testing.T) {
	schema := ledger.Schema("runs")
	var got []string
	for _, i := range schema.GlobalSecondaryIndexes {
		keys := []string{*i.IndexName}
		for _, k := range i.KeySchema {
			keys = append(keys, *k.AttributeName)
		}
		got = append(got, fmt.Sprint(keys, i.Projection.ProjectionType, i.Projection.NonKeyAttributes))
	}
	want := []string{"[due queue next]INCLUDE[version edition state backend look]",
		"[server server createdMs]ALL[]", "[reference reference]KEYS_ONLY[]"}
	if !slices.Equal(got, want) {
		t.Errorf("indexes %q, want %q", got, want)
	}
	if len(schema.KeySchema) != 1 || *schema.KeySchema[0].AttributeName != ledger.AttrPK || ledger.TTLAttribute != "expires" {
		t.Errorf("the schema: %+v", schema)
	}
	s, _ := open(t)
	if err := ledger.CreateTable(t.Context(), config(direct{s.Service}), tableName); err == nil {
		t.Error("made twice")
	}
}
