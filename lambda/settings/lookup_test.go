package settings_test

import (
	"reflect"
	"testing"
	"time"

	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
)

func namesOf(servers []*settings.Server) []string {
	var names []string
	for _, server := range servers {
		names = append(names, server.Name)
	}
	return names
}

func TestSettings_Lookups(t *testing.T) {
	parsed, err := check.Resolve([]byte(`{"servers": [
		{"name": "a", "backend": "ssm", "runbook": "Maintain", "alarms": ["a-*"], "rules": ["weekly", "a-*"],
		 "schedules": [{"name": "s", "expression": "rate(7 days)"}]},
		{"name": "b", "backend": "ssm", "runbook": "Maintain", "enabled": false, "alarms": ["b-*"], "rules": ["weekly"],
		 "schedules": [{"name": "s", "expression": "rate(7 days)"}, {"name": "t", "expression": "rate(1 day)"}]}]}`), time.Time{})
	if err != nil {
		t.Fatal(err)
	}

	for _, test := range []struct {
		name string
		got  []*settings.Server
		want []string
	}{
		{"an alarm of one server", parsed.ForAlarm("a-cpu"), []string{"a"}},
		{"an alarm of a server that is not enabled", parsed.ForAlarm("b-cpu"), []string{"b"}},
		{"an alarm of no server", parsed.ForAlarm("c-cpu"), nil},
		{"a rule of both", parsed.ForRule("weekly"), []string{"a", "b"}},
		{"a rule by glob", parsed.ForRule("a-nightly"), []string{"a"}},
		{"a schedule of both", parsed.ForSchedule("s"), []string{"a", "b"}},
		{"a schedule of one", parsed.ForSchedule("t"), []string{"b"}},
		{"a schedule of none", parsed.ForSchedule("weekly"), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := namesOf(test.got); !reflect.DeepEqual(got, test.want) {
				t.Errorf("servers = %v, want %v", got, test.want)
			}
		})
	}

	t.Run("a server by name", func(t *testing.T) {
		if server, found := parsed.Server("b"); !found || server != &parsed.Servers[1] {
			t.Errorf("Server(b) = %v, %t", server, found)
		}
		if server, found := parsed.Server("c"); found || server != nil {
			t.Errorf("Server(c) = %v, %t", server, found)
		}
	})
}
