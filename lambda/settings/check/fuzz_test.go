package check_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
)

// The rule of the OpsWorks CM API, written as the API writes it.
var serverName = regexp.MustCompile(`\A[a-zA-Z][a-zA-Z0-9\-]*\z`)

func FuzzResolve(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.json"))
	if err != nil || len(files) == 0 {
		f.Fatal("no documents to begin with", err)
	}
	for _, file := range files {
		document, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(document)
	}
	f.Add([]byte(`{"servers":[{"name":"a","backend":"ssm","alarms":["x\ud800*"],"cooldown":"1d"}]}`))
	f.Add([]byte(`{"servers":[{"name":"a","backend":"ssm","alarms":["x*"]},{"name":"b","backend":"ssm","alarms":["*y"]}]}`))
	f.Add([]byte(`{"servers":[{"name":"a","backend":"opsworks-cm","schedules":[{"name":"s","expression":"cron(0 22-2 L-3 2 ? 2027)"}]}]}`))
	f.Add([]byte(" null \n}"))
	f.Add([]byte("\"\\"))

	f.Fuzz(func(t *testing.T, document []byte) {
		first, err := check.Read(document, time.Time{})
		second, errAgain := check.Read(document, time.Time{})
		if err != nil {
			if errAgain == nil || err.Error() != errAgain.Error() {
				t.Fatalf("two answers:\n%v\n%v", err, errAgain)
			}
			checkError(t, err)
			return
		}
		if errAgain != nil || !reflect.DeepEqual(first, second) {
			t.Fatalf("two answers:\n%+v\n%+v (%v)", first, second, errAgain)
		}
		checkSettings(t, first.Settings, first.Deployment.Name)
		if faults := schemaFaults(t, "schema.json", document); faults != nil {
			t.Errorf("the schema refuses what is right: %q", faults)
		}
		// What is right for the function is right for a deployment, but for schedules that never fire again.
		if _, err := check.Resolve(document, time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)); err != nil {
			checkError(t, err)
			for line := range strings.Lines(err.Error()) {
				if !strings.Contains(line, " never fires again") {
					t.Errorf("a fault of that date alone: %s", line)
				}
			}
		}
	})
}

func checkError(t *testing.T, err error) {
	invalid, ok := err.(*check.InvalidError)
	if !ok || len(invalid.Faults) == 0 {
		t.Fatalf("%T without faults", err)
	}
	for _, fault := range invalid.Faults {
		if fault.Path == "" || fault.Problem == "" || strings.ContainsAny(fault.String(), "\n\r\x1b\x00") {
			t.Errorf("fault = %q", fault)
		}
	}
}

func checkSettings(t *testing.T, parsed settings.Settings, name string) {
	if len(parsed.Servers) == 0 {
		t.Error("no servers")
	}
	for i := range parsed.Servers {
		server := &parsed.Servers[i]
		if !serverName.MatchString(server.Name) || len(server.Name) > 40 {
			t.Errorf("name %q", server.Name)
		}
		if found, ok := parsed.Server(server.Name); !ok || found != server {
			t.Errorf("%s is not found by its name", server.Name)
		}
		if server.Location == nil || server.DailyLimit < 1 || server.Deadline <= 0 || server.StaleAfter <= 0 ||
			server.Cooldown < 0 || server.ExpiresAfter < 0 || server.ExpectEvery < 0 {
			t.Errorf("%s has a value out of range: %+v", server.Name, server)
		}
		if (server.Backend == settings.BackendSSM) != (server.TagKey != "") {
			t.Errorf("%s has backend %s and tag key %q", server.Name, server.Backend, server.TagKey)
		}
		for _, glob := range server.Alarms {
			sample := strings.ReplaceAll(string(glob), "*", "")
			if got := parsed.ForAlarm(sample); len(got) != 1 || got[0] != server {
				t.Errorf("%d servers have alarm %q, want %s alone", len(got), sample, server.Name)
			}
			if glob.Match(name + "-\x00") {
				t.Errorf("%q matches our own alarms", glob)
			}
		}
		for _, schedule := range server.Schedules {
			if schedule.Flexible < 0 || schedule.Flexible > 24*time.Hour || schedule.Flexible%time.Minute != 0 {
				t.Errorf("schedule %+v", schedule)
			}
		}
	}
}
