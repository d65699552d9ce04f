package opsworkscm_test

import (
	"encoding/json"
	"slices"
	"testing"

	"opsworks-maintenance/lambda/local/simulator/opsworkscm"
	"opsworks-maintenance/lambda/local/simulator/simulatortest"
)

// FuzzService sends anything to the handler: it answers JSON with a known status, and nothing but a StartMaintenance that
// names the server begins a maintenance.
func FuzzService(f *testing.F) {
	const prefix = "OpsWorksCM_V2016_11_01."
	for _, operation := range []string{"DescribeServers", "DescribeEvents", "StartMaintenance", "DescribeAccountAttributes", "CreateBackup"} {
		for _, body := range []string{
			``, `{}`, `null`, `[]`, `{"ServerName":"automate-06"}`, `{"ServerName":"automate-06","NextToken":"AAAAAAAAAAE="}`,
			`{"ServerName":"automate-06","MaxResults":-1}`,
			`{"ServerName":"automate-06","EngineAttributes":[{"Name":"CHEF_MAJOR_UPGRADE","Value":"true"}]}`,
			`{"ServerName":"automate-06","EngineAttributes":[null,{}]}`, `{"ServerName":"\ud800"}`, "{\"ServerName\":\"\xff\"}", `{"a":{"a":[`,
		} {
			f.Add(prefix+operation, body)
		}
	}
	f.Fuzz(func(t *testing.T, target, body string) {
		service := opsworkscm.New(opsworkscm.Config{})
		add(t, service, opsworkscm.Server{Name: "automate-06", MaintenanceStatus: "SUCCESS"})
		got := simulatortest.Send(service, "POST", "/", target, authorization, body)
		if !slices.Contains([]int{200, 400, 413}, got.Code) {
			t.Fatalf("status %d", got.Code)
		}
		if !json.Valid(got.Body.Bytes()) {
			t.Fatalf("no JSON: %q", got.Body)
		}
		var in map[string]any
		_ = json.Unmarshal([]byte(body), &in)
		asked := target == prefix+"StartMaintenance" && in["ServerName"] == "automate-06"
		if started := service.Started("automate-06"); started != 0 && (!asked || got.Code != 200) {
			t.Fatalf("%d maintenances began by %q %q, status %d", started, target, body, got.Code)
		}
	})
}
