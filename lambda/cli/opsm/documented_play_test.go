package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"opsworks-maintenance/lambda/local/machine"
	"opsworks-maintenance/lambda/local/simulator"
)

// stage is a local system in a certain state: settings that both servers have, and what brings them there.
type stage struct {
	settings string
	set      func(t *testing.T, m *machine.Machine, server string) (run string)
}

// tomorrow is the TIME of a command, and the end of each hold.
var tomorrow = time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)

var stages = map[string]stage{
	"idle": {"", nothing},
	// closed is a server outside its window, waiting one whose run waits for it.
	"closed":  {window, nothing},
	"waiting": {window, asked},
	"calendar": {`, "calendars": ["freeze"]`, func(t *testing.T, m *machine.Machine, server string) string {
		m.SSM.SetCalendar("freeze", false, time.Time{})
		return asked(t, m, server)
	}},
	// throttled is a run that waits for what has passed meanwhile.
	"throttled": {"", func(t *testing.T, m *machine.Machine, server string) string {
		m.Faults.Inject(simulator.Fault{Operation: "SSM DescribeInstanceInformation", Kind: simulator.Throttle})
		defer m.Faults.ClearFaults()
		return asked(t, m, server)
	}},
	"running": {"", running},
	// approval is a run that waits for one, held and fleet what may not start.
	"approval": {`, "approval": ["schedule"]`, asked},
	"held": {"", func(t *testing.T, m *machine.Machine, server string) string {
		return invoke(t, m, "operators", `{"hold": {"serverName": "`+server+`", "until": "`+tomorrow+`"}}`, "held")
	}},
	"fleet": {"", func(t *testing.T, m *machine.Machine, _ string) string {
		return invoke(t, m, "operators", `{"hold": {"until": "`+tomorrow+`"}}`, "held")
	}},
	// late is a run past its deadline.
	"late": {`, "deadline": "1s"`, func(t *testing.T, m *machine.Machine, server string) string {
		run := running(t, m, server)
		time.Sleep(1100 * time.Millisecond)
		return run
	}},
	// letters are an event and an operator's request in the dead-letter queue.
	"letters": {"", func(t *testing.T, m *machine.Machine, server string) string {
		queue, url := sqs.NewFromConfig(m.Config()), m.URL+"/"+machine.Account+"/"+machine.FunctionName+"-dead-letters"
		for _, body := range []string{schedule(server), `{"stop": {"serverName": "` + server + `"}}`} {
			if _, err := queue.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body}); err != nil {
				t.Fatal(err)
			}
		}
		return ""
	}},
}

// window is one that opens in three days.
var window = fmt.Sprintf(`, "window": {"days": [%q], "start": "10:00", "end": "14:00"}`, time.Now().UTC().AddDate(0, 0, 3).Format("Mon"))

func nothing(*testing.T, *machine.Machine, string) string { return "" }

func schedule(server string) string {
	return fmt.Sprintf(`{"schedule": {"name": "weekly", "time": %q}, "serverNames": [%q]}`, time.Now().UTC().Format(time.RFC3339), server)
}

// asked is the run that a schedule asked for.
func asked(t *testing.T, m *machine.Machine, server string) string {
	return invoke(t, m, "", schedule(server), "waiting")
}

// running is a run that an operator started.
func running(t *testing.T, m *machine.Machine, server string) string {
	return invoke(t, m, "operators", `{"start": {"serverName": "`+server+`"}}`, "started")
}

func invoke(t *testing.T, m *machine.Machine, alias, payload, outcome string) string {
	t.Helper()
	s := &session{options: options{Endpoint: m.URL, Function: machine.FunctionName}}
	if err := s.connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	var a answer
	if raw, err := s.invoke(t.Context(), alias, []byte(payload), &a); err != nil || a.Outcome != outcome {
		t.Fatalf("%s came to %s, %v", payload, raw, err)
	}
	return a.RunID
}

// TestDocumented_Commands types each command that a README or a message says to type, on a laptop whose AWS is the local system, with
// the id of a run that is there: it ends as it should, and does what stands beside it.
func TestDocumented_Commands(t *testing.T) {
	for command := range documented(t) {
		for _, scene := range played[general(command)] {
			t.Run(scene.finds+": "+command, func(t *testing.T) {
				for _, tool := range regexp.MustCompile(`\b(make|aws)\b`).FindAllString(command, -1) {
					needed(t, tool)
				}
				server := "puppet-01"
				if strings.Contains(command, "automate-06") {
					server = "automate-06"
				}
				address, run := set(t, stages[scene.finds], server)
				typed := strings.NewReplacer("ID", run, "NAME", server, "TEXT", "release", "TIME", tomorrow).Replace(command)
				exit, out := typeIn(t, address, typed)
				if exit != scene.exit || !regexp.MustCompile(scene.says).MatchString(out) {
					t.Errorf("%s\nexit code %d, want %d, and %s in\n%s", typed, exit, scene.exit, scene.says, out)
				}
			})
		}
	}
}

// What only AWS itself can answer, the AWS CLI takes as it stands: it finds nobody to talk to.
func TestDocumented_AWSItself(t *testing.T) {
	for command, where := range documented(t) {
		reason := elsewhere(general(command))
		if !strings.HasPrefix(command, "aws ") || slices.Contains([]string{"", named, restore, filled}, reason) {
			continue
		}
		needed(t, "aws")
		if _, out := typeIn(t, "http://127.0.0.1:1", command); !strings.Contains(out, "Could not connect to the endpoint URL") {
			t.Errorf("%s: %s\n%s", where, command, out)
		}
	}
}

// needed skips where a tool is missing, and fails where it may not be.
func needed(t *testing.T, tool string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		if os.Getenv("NEED_AWS") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

// set starts a local system with the server in a state, and returns its address and the server's run, if it has one.
func set(t *testing.T, on stage, server string) (address, run string) {
	t.Helper()
	var servers []string
	for _, name := range []string{"automate-06", "puppet-01"} {
		servers = append(servers,
			fmt.Sprintf(`{"name": %q, "backend": "ssm", "runbook": "Maintain", "alarms": ["%s-*"]%s}`, name, name, on.settings))
	}
	m, err := machine.Start(machine.Config{
		Function: built, Settings: []byte(`{"servers": [` + strings.Join(servers, ", ") + `]}`), MaintenanceTime: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m.URL, on.set(t, m, server)
}

// typeIn runs a command at the top of the repository, where AWS is at an address, and returns how it ends and what it prints.
func typeIn(t *testing.T, address, command string) (int, string) {
	t.Helper()
	shell := exec.CommandContext(t.Context(), "sh", "-c", command)
	shell.Dir = "../../.."
	shell.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+address, "AWS_REGION="+machine.Region, "AWS_DEFAULT_REGION="+machine.Region,
		"AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
		"AWS_PAGER=", "AWS_MAX_ATTEMPTS=1", "MAKEFLAGS=", "MAKELEVEL=0", "OPSM_FUNCTION="+machine.FunctionName)
	out, err := shell.CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	return shell.ProcessState.ExitCode(), string(out)
}
