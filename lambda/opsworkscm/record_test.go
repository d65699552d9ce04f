package opsworkscm_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// fields are the 24 members of the Server shape in the API model, 2016-11-01.
var fields = strings.Fields(`AssociatePublicIpAddress BackupRetentionCount CloudFormationStackArn CreatedAt CustomDomain
	DisableAutomatedBackup Endpoint Engine EngineAttributes EngineModel EngineVersion InstanceProfileArn InstanceType KeyPair
	MaintenanceStatus PreferredBackupWindow PreferredMaintenanceWindow SecurityGroupIds ServerArn ServerName
	
	ServiceRoleArn Status StatusReason SubnetIds`)

// recordOf is the record of a start whose answer is this server.
func recordOf(t *testing.T, server string) string {
	t.Helper()
	c := answering(t, func(string) (int, string) { return 200, `{"Server": ` + server + `}` })
	answer := c.Start(t.Context(), claimed(time.Now()), chef, nil)
	must(t, answer.Err)
	if len(answer.Record) > 6<<10 {
		t.Errorf("%d bytes", len(answer.Record))
	}
	return answer.Record
}

func decoded(t *testing.T, record string) map[string]any {
	t.Helper()
	var got map[string]any
	must(t, json.Unmarshal([]byte(record), &got))
	return got
}

// Each field that the answer has is in the record, by the API's name, and no other. Core issue, row 23.
func TestClient_StartRecord(t *testing.T) {
	full := map[string]any{}
	for _, field := range fields {
		switch field {
		case "AssociatePublicIpAddress", "DisableAutomatedBackup":
			full[field] = false
		case "BackupRetentionCount":
			full[field] = 0
		case "CreatedAt":
			full[field] = 1469799527.52
		case "SecurityGroupIds", "SubnetIds":
			full[field] = []string{"first of " + field, "second"}
		case "EngineAttributes":
			full[field] = []map[string]string{{"Name": "CHEF_DELIVERY_ADMIN_PASSWORD", "Value": "1Password1"},
				{"Name": "CHEF_PIVOTAL_KEY", "Value": "k3y"}}
		case "ServerName":
			full[field] = "automate-06"
		default:
			full[field] = "the " + field
		}
	}
	body, err := json.Marshal(full)
	must(t, err)
	record := recordOf(t, string(body))
	got := decoded(t, record)
	if len(got) != 24 || strings.Contains(record, "1Password1") || strings.Contains(record, "k3y") || strings.Contains(record, "Value") {
		t.Errorf("%d fields: %s", len(got), record)
	}
	full["CreatedAt"] = "2016-07-29T13:38:47.52Z"
	full["EngineAttributes"] = []map[string]string{{"Name": "CHEF_DELIVERY_ADMIN_PASSWORD"}, {"Name": "CHEF_PIVOTAL_KEY"}}
	for _, field := range fields {
		if fmt.Sprint(got[field]) != fmt.Sprint(full[field]) {
			t.Errorf("%s is %v, want %v", field, got[field], full[field])
		}
	}
	for name, server := range map[string]string{
		"what was not there is not there":      `{"ServerName":"automate-06"}`,
		"what was there and empty is there":    `{"EngineAttributes":[],"KeyPair":"","ServerName":"automate-06","SubnetIds":[]}`,
		"an attribute may have a name or none": `{"EngineAttributes":[{}],"ServerName":"automate-06"}`,
	} {
		if record := recordOf(t, server); record != server {
			t.Errorf("%s: %s, want %s", name, record, server)
		}
	}
}

// What the simulator answers has every field but the two that a server need not have, and the one before the first maintenance.
func TestClient_StartRecordOfTheSimulator(t *testing.T) {
	_, c := service(t)
	answer := c.Start(t.Context(), claimed(time.Now()), chef, nil)
	must(t, answer.Err)
	got := decoded(t, answer.Record)
	for _, field := range fields {
		if _, has := got[field]; has == slices.Contains([]string{"CustomDomain", "KeyPair", "StatusReason"}, field) {
			t.Errorf("%s: %v", field, has)
		}
	}
}

// What is too long is cut, the longest first, and stays JSON that says so.
func TestClient_StartRecordIsBounded(t *testing.T) {
	server := func(change func(map[string]any)) string {
		full := map[string]any{"ServerName": "automate-06", "Endpoint": "automate-06.example.com", "Status": "HEALTHY"}
		change(full)
		body, err := json.Marshal(full)
		must(t, err)
		return string(body)
	}
	t.Run("one long text", func(t *testing.T) {
		got := decoded(t, recordOf(t, server(func(s map[string]any) { s["StatusReason"] = "x" + strings.Repeat("ü<", 5000) })))
		reason, _ := got["StatusReason"].(string)
		if !strings.HasSuffix(reason, "… (cut)") || len(reason) < 1000 || strings.ContainsRune(reason, '\uFFFD') {
			t.Errorf("reason of %d bytes: %.20s", len(reason), reason)
		}
		if got["Endpoint"] != "automate-06.example.com" || got["Status"] != "HEALTHY" {
			t.Errorf("what is short was cut: %v", got)
		}
	})
	t.Run("a text as long as what the others are cut to stays whole", func(t *testing.T) {
		whole := strings.Repeat("a", 2500)
		got := decoded(t, recordOf(t, server(func(s map[string]any) { s["EngineModel"], s["StatusReason"] = whole, strings.Repeat("b", 5000) })))
		if got["EngineModel"] != whole || got["StatusReason"] != strings.Repeat("b", 2500)+"… (cut)" {
			t.Errorf("of 2500 and 5000 bytes stay %.2500s… and %.2500s…", got["EngineModel"], got["StatusReason"])
		}
	})
	t.Run("long lists", func(t *testing.T) {
		got := decoded(t, recordOf(t, server(func(s map[string]any) {
			var groups []string
			var attributes []map[string]string
			for i := range 3000 {
				groups = append(groups, fmt.Sprintf("sg-%017d", i))
				attributes = append(attributes, map[string]string{"Name": fmt.Sprintf("ATTRIBUTE_%d", i), "Value": "s3cret"})
			}
			s["SecurityGroupIds"], s["EngineAttributes"] = groups, attributes
		})))
		groups, _ := got["SecurityGroupIds"].([]any)
		attributes, _ := got["EngineAttributes"].([]any)
		cut := fmt.Sprintf("… (cut: %d more)", 3000-len(groups)+1)
		if len(groups) != 79 || groups[0] != "sg-00000000000000000" || groups[len(groups)-1] != cut {
			t.Errorf("groups %v", groups)
		}
		last, _ := attributes[len(attributes)-1].(map[string]any)
		if name, _ := last["Name"].(string); !strings.HasPrefix(name, "… (cut: ") {
			t.Errorf("attributes %v", attributes)
		}
	})
	t.Run("everything at its longest", func(t *testing.T) {
		got := decoded(t, recordOf(t, server(func(s map[string]any) {
			for _, field := range fields {
				switch field {
				case "AssociatePublicIpAddress", "BackupRetentionCount", "CreatedAt", "DisableAutomatedBackup", "EngineAttributes",
					"SecurityGroupIds", "SubnetIds", "ServerName":
				default:
					s[field] = strings.Repeat("&", 10_000)
				}
			}
		})))
		if got["ServerName"] != "automate-06" || got["Endpoint"] == nil {
			t.Errorf("got %v", got)
		}
	})
}
