package message_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// all24 has every field of Server in the API model, 2016-11-01 (API_Server), the values of EngineAttributes left out.
const all24 = `{"AssociatePublicIpAddress":true,"BackupRetentionCount":8,"ServerName":"automate-06","CreatedAt":1469799527.52,` +
	`"CloudFormationStackArn":"arn:aws:cloudformation:us-east-1:123456789012:stack/x/1","CustomDomain":"chef.example.com",` +
	`"DisableAutomatedBackup":true,"Endpoint":"automate-06.us-east-1.opsworks-cm.io","Engine":"ChefAutomate","EngineModel":"Single",` +
	`"EngineAttributes":[{"Name":"CHEF_AUTOMATE_API_TOKEN"}],"EngineVersion":"2",` +
	`"InstanceProfileArn":"arn:aws:iam::123456789012:instance-profile/x",` +
	`"InstanceType":"m4.large","KeyPair":"","MaintenanceStatus":"SUCCESS","PreferredMaintenanceWindow":"Mon:09:15",` +
	`"PreferredBackupWindow":"Mon:08:00",` +
	`"SecurityGroupIds":["sg-1a24c270"],"ServiceRoleArn":"arn:aws:iam::123456789012:role/x","Status":"UNDER_MAINTENANCE","StatusReason":"",` +
	`"SubnetIds":["subnet-49436a18"],"ServerArn":"arn:aws:opsworks-cm:us-east-1:123456789012:server/automate-06/2b3c"}`

func decoded(t *testing.T, r maintenance.Report) map[string]any {
	t.Helper()
	var record map[string]any
	if err := json.Unmarshal([]byte(render(t, r).record.Body), &record); err != nil {
		t.Fatal(err)
	}
	return record
}

func TestRecord_HasTheAnswerOfStartMaintenance(t *testing.T) {
	with := func(answer string) maintenance.Report {
		r := cases["started-alarm"]
		r.Answer = answer
		return r
	}
	t.Run("OK: all 24 fields, by the API's names, as they were", func(t *testing.T) {
		var want any
		if err := json.Unmarshal([]byte(all24), &want); err != nil {
			t.Fatal(err)
		}
		if got := decoded(t, with(all24))["answer"]; !reflect.DeepEqual(got, want) || len(want.(map[string]any)) != 24 {
			t.Errorf("got %v", got)
		}
	})
	t.Run("OK: what is no HTML is not escaped as such", func(t *testing.T) {
		r := with("{}")
		r.Detail = "<a> & b"
		if body := render(t, r).record.Body; !strings.Contains(body, r.Detail) {
			t.Errorf("got %s", body)
		}
	})
	t.Run("OK: a number stays as it was written", func(t *testing.T) {
		const answer = `{"CreatedAt":1469799527.520,"N":12345678901234567890}`
		if body := render(t, with(answer)).record.Body; !strings.Contains(body, `"answer":`+answer) {
			t.Errorf("got %s", body)
		}
	})
	for name, answer := range map[string]string{
		"none": "", "no JSON": "{", "no object": `["a"]`, "null": "null", "two": "{}{}",
		"forty kilobytes": `{"a":["` + strings.Repeat(strings.Repeat("x", 8000)+`","`, 5) + `"]}`,
		"a megabyte":      `{"a":["` + strings.Repeat(`x","`, 1<<18) + `"]}`,
	} {
		t.Run("what is no answer is left out: "+name, func(t *testing.T) {
			if got, ok := decoded(t, with(answer))["answer"]; ok {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestRecord_SaysTriggerAndExpires(t *testing.T) {
	r := cases["waiting-outside-window"]
	r.Trigger, r.Triggers = weekly, []maintenance.Trigger{alarm, weekly}
	record := decoded(t, r)
	if record["version"] != 2.0 || record["expires"] != "2026-12-01T11:00:01Z" || record["mayStart"] != "2026-12-01T06:00:01Z" {
		t.Errorf("got %v", record)
	}
	asked := record["trigger"].(map[string]any)
	if asked["kind"] != "schedule" || asked["name"] != "weekly" || asked["time"] != "2026-11-28T23:00:00Z" ||
		asked["key"] != weekly.Key("automate-06") {
		t.Errorf("trigger %v", asked)
	}
	held := record["triggers"].([]any)
	if len(held) != 2 || held[0].(map[string]any)["name"] != alarm.Name || held[0].(map[string]any)["reason"] != alarm.Reason {
		t.Errorf("triggers %v", held)
	}
	for _, old := range []string{"cause", "patienceEnds"} {
		if _, ok := record[old]; ok {
			t.Errorf("it still has %s", old)
		}
	}
}

// A time that RFC 3339 cannot write must not keep a record from being published.
func TestRecord_ATimeBeyondTheCalendar(t *testing.T) {
	r := cases["started-alarm"]
	r.Trigger.Time = time.Date(9999, 12, 31, 23, 59, 0, 0, time.FixedZone("west", -3600))
	if got, ok := decoded(t, r)["trigger"].(map[string]any)["time"]; ok {
		t.Errorf("got %v", got)
	}
}
