package check_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zones must not depend on the machine

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// parse fails the test if the document has a fault.
func parse(t testing.TB, document string) settings.Settings {
	t.Helper()
	parsed, err := check.Resolve([]byte(document), time.Time{})
	if err != nil {
		t.Fatalf("Resolve:\n%v\nof %s", err, document)
	}
	if faults := schemaFaults(t, "schema.json", []byte(document)); faults != nil {
		t.Errorf("the schema refuses what is right: %s\n%s", strings.Join(faults, "\n"), document)
	}
	return parsed
}

// faultsOf returns what is wrong with a document on 26 November 2026 at noon, one fault a line.
func faultsOf(t testing.TB, document string) []string {
	t.Helper()
	parsed, err := check.Resolve([]byte(document), time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC))
	if err == nil {
		return nil
	}
	var invalid *check.InvalidError
	if !errors.As(err, &invalid) {
		t.Fatalf("Resolve returned %T, want *InvalidError", err)
	}
	if !reflect.DeepEqual(parsed, settings.Settings{}) {
		t.Errorf("Resolve returned settings together with the error %v", err)
	}
	var lines []string
	for _, fault := range invalid.Faults {
		lines = append(lines, fault.String())
	}
	if got := strings.Join(lines, "\n"); got != err.Error() {
		t.Errorf("Error() = %q, want the faults one a line: %q", err, got)
	}
	return lines
}

// withServer is a document of one server with the given fields besides name and
// backend, such as `"cooldown": "1h"`.
func withServer(fields string) string {
	if fields != "" {
		fields = ", " + fields
	}
	return `{"servers": [{"name": "web", "backend": "opsworks-cm"` + fields + `}]}`
}

func TestResolve_Defaults(t *testing.T) {
	want := settings.Server{
		Name: "web", Backend: settings.BackendOpsWorksCM, Enabled: true, Timezone: "UTC", Location: time.UTC,
		Cooldown: 12 * time.Hour, StaleAfter: time.Hour, Deadline: 4 * time.Hour,
		ExpectEvery: 0, DailyLimit: 2,
	}

	t.Run("of the opsworks-cm backend", func(t *testing.T) {
		parsed := parse(t, withServer(""))
		if got := parsed.Servers; !reflect.DeepEqual(got, []settings.Server{want}) {
			t.Errorf("servers = %+v\nwant %+v", got, want)
		}
		if parsed.MaxConcurrent != 0 || parsed.Endpoint != "" || parsed.Notify != nil {
			t.Errorf("top level = %+v, want all empty", parsed)
		}
		if !parsed.Servers[0].Window.Always() {
			t.Error("the window has a limit, want none")
		}
	})
	t.Run("of the ssm backend", func(t *testing.T) {
		want := want
		want.Backend, want.TagKey, want.Runbook = settings.BackendSSM, "maintenance-server", "chef-automate"
		want.PublicParameters = []string{"BackupTo", "ProductVersion", "MajorUpgrade", "BackupTimeoutSeconds", "RebootOption", "MinimumFreeGiB",
			"StartTimeoutSeconds"}
		parsed := parse(t, `{"servers": [{"name": "web", "backend": "ssm", "runbook": "chef-automate"}]}`)
		if got := parsed.Servers; !reflect.DeepEqual(got, []settings.Server{want}) {
			t.Errorf("servers = %+v\nwant %+v", got, want)
		}
	})
}

func TestResolve_Everything(t *testing.T) {
	document, err := os.ReadFile(filepath.Join("testdata", "everything.json"))
	if err != nil {
		t.Fatal(err)
	}
	parsed := parse(t, string(document))
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	chef, puppet := parsed.Servers[0], parsed.Servers[1]
	if got := chef.Window.String(); got != "Sat, Sun 22:00–04:00" {
		t.Errorf("window = %s", got)
	}
	chef.Window = settings.Window{}
	if want := (settings.Server{
		Name: "automate-06", Backend: settings.BackendOpsWorksCM, Enabled: true,
		Alarms: []settings.Glob{"automate-06-*"}, Rules: []settings.Glob{"weekly-*"},
		Schedules: []settings.Schedule{{Name: "weekly", Expression: "cron(0 23 ? * SAT *)", Flexible: 15 * time.Minute}},
		Timezone:  "Europe/Berlin", Location: berlin,
		Cooldown: 0, ExpiresAfter: 26 * time.Hour, KeepWhenCleared: true, StaleAfter: 30 * time.Minute, Deadline: 36 * time.Hour,
		ExpectEvery: 8 * 24 * time.Hour, DailyLimit: 1,
		Approval: []maintenance.TriggerKind{maintenance.TriggerAlarm, maintenance.TriggerAfter}, After: "puppet-01",
		BlockedBy: []settings.Glob{"db-replication-*", "storage-*-full"},
	}); !reflect.DeepEqual(chef, want) {
		t.Errorf("chef = %+v\nwant %+v", chef, want)
	}
	if want := (settings.Server{
		Name: "puppet-01", Backend: settings.BackendSSM, Timezone: "UTC", Location: time.UTC,
		Alarms:   []settings.Glob{"puppet é \"01\""},
		Cooldown: 12 * time.Hour, StaleAfter: time.Hour, Deadline: 4 * time.Hour, DailyLimit: 2,
		Runbook: "arn:aws:ssm:eu-central-1:123456789012:document/Maintain", TagKey: "role",
		Parameters: map[string][]string{"Mode": {"full"}, "Targets": {"a", "b"}, "None": {}}, PublicParameters: []string{"Mode", "None"},
		Calendars: []string{"arn:aws:ssm:eu-central-1:123456789012:document/Holidays"},
	}); !reflect.DeepEqual(puppet, want) {
		t.Errorf("puppet = %+v\nwant %+v", puppet, want)
	}
	if want := []settings.Subscription{
		{Email: "ops@example.com", Only: []string{"error", "failed", "overdue", "missed"}}, {Chat: true}, {Records: true},
		{Slack: settings.Slack{Workspace: "T01AB2CD3", Channel: "C01AB2CD3"}},
	}; !reflect.DeepEqual(parsed.Notify, want) {
		t.Errorf("notify = %+v\nwant %+v", parsed.Notify, want)
	}
	if parsed.MaxConcurrent != 2 || parsed.Endpoint != "http://localhost:8080/cm" {
		t.Errorf("maxConcurrent, endpoint = %d, %s", parsed.MaxConcurrent, parsed.Endpoint)
	}
	if want := []settings.AlarmTrigger{settings.TriggerTag, settings.TriggerAction}; !reflect.DeepEqual(parsed.AlarmTriggers, want) {
		t.Errorf("alarmTriggers = %q, want %q", parsed.AlarmTriggers, want)
	}
	if want := []string{"arn:aws:sns:eu-central-1:123456789012:alarms"}; !reflect.DeepEqual(parsed.AlarmTopics, want) {
		t.Errorf("the topics are %q, want %q", parsed.AlarmTopics, want)
	}
}

// One document with nearly every fault there is: all are listed at once.
func TestResolve_AllFaultsAtOnce(t *testing.T) {
	document, err := os.ReadFile(filepath.Join("testdata", "all-faults.json"))
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(faultsOf(t, string(document)), "\n") + "\n"
	golden := filepath.Join("testdata", "all-faults.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("faults differ from %s (-update rewrites it):\n%s", golden, got)
	}
}
