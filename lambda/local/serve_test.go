package main

import (
	"bytes"
	"context"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// screen is what a program that goes on has printed so far.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// shows waits until the screen shows something.
func (s *screen) shows(t *testing.T, pattern string) string {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if found := regexp.MustCompile(pattern).FindString(s.String()); found != "" {
			return found
		}
	}
	t.Fatalf("%q does not come in:\n%s", pattern, s.String())
	return ""
}

// serve runs the program until the test ends, which is to be no error.
func serve(t *testing.T, args ...string) *screen {
	t.Helper()
	ctx, interrupt := context.WithCancel(t.Context())
	var out screen
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, append([]string{"-function", built, "-page", builtPage, "-serve", "127.0.0.1:0"}, args...), &out, t.Output())
	}()
	t.Cleanup(func() {
		interrupt()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(10 * time.Second):
			t.Error("it does not end")
		}
	})
	return &out
}

// send posts a request as curl would.
func send(t *testing.T, url string, headers ...string) string {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "curl", append([]string{"-sS", url}, headers...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v %s", err, output)
	}
	return string(output)
}

func TestServe(t *testing.T) {
	screen := serve(t, "-maintenance-time", "1s")
	url := screen.shows(t, `http://127\.0\.0\.1:\d+`)
	inOrder(t, screen.shows(t, `(?s)\A.*describe-automation-executions\n\n`), `Lambda, Systems Manager, OpsWorks CM, DynamoDB, SNS, SQS`,
		`until\s+you\s+press\s+Ctrl-C`, `servers    automate-06, puppet-01`)
	answer := send(t, url+"/2015-03-31/functions/opsworks-maintenance:operators/invocations", "-d", `{"serverName": "puppet-01"}`)
	if !strings.Contains(answer, `"outcome":"started"`) {
		t.Errorf("got %s", answer)
	}
	screen.shows(t, `(?s)asked     an operator asks for maintenance of puppet-01\n.*message   maintenance: puppet-01 maintenance started: .*`+
		`answer    started: Maintenance of puppet-01 was started\.\n`)
	send(t, url, "-d", "Action=SetAlarmState&Version=2010-08-01&AlarmName=automate-06-disk&StateValue=ALARM&StateReason=full")
	screen.shows(t, `(?s)asked     CloudWatch SetAlarmState: answered 200\n.*follow    waiting, concurrency-limit`)
	screen.shows(t, `event     alarm automate-06-disk goes into ALARM\n`)
	screen.shows(t, `sweep     started: Maintenance of automate-06 was started`)

	send(t, url, "-d", "Action=SetAlarmState&Version=2010-08-01&AlarmName=mail-01&StateValue=ALARM&StateReason=full")
	screen.shows(t, `asked     CloudWatch SetAlarmState: answered 404\n`)
	send(t, url+"/2015-03-31/functions/another/invocations", "-d", `{"status": {}}`)
	screen.shows(t, `answer    404 Function not found: another\n`)
	for service, request := range map[string][]string{
		"AWS JSON":           {"-H", "X-Amz-Target: TrentService.ListKeys", "-d", "{}"},
		"the query protocol": {"-d", "Action=GetCallerIdentity&Version=2011-06-15"},
	} {
		if answer := send(t, url, request...); !strings.Contains(answer, "There is no such service here. There are Lambda") {
			t.Errorf("%s: %s", service, answer)
		}
	}
}

// What it prints to try runs as it is printed, in a shell, with the AWS CLI that is there.
func TestServe_CommandsRunAsPrinted(t *testing.T) {
	for _, tool := range []string{"aws", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("needs %s", tool)
		}
	}
	screen := serve(t, "-settings", "cdk.json")
	printed := screen.shows(t, `(?s)  export AWS_DEFAULT_REGION.*:opsworks-cm\n\n`)
	for line := range strings.Lines(printed) {
		if len(line) > 81 {
			t.Errorf("more than 80 columns: %s", line)
		}
	}
	output, err := exec.CommandContext(t.Context(), "sh", "-e", "-c", printed).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	inOrder(t, string(output), `"outcome":"started"`, `"StatusCode": 200`, `puppet-01 maintenance started`, `"AutomationExecutionId"`,
		`"ServerName":"automate-06"`)
	screen.shows(t, `event     alarm puppet-01-health goes into ALARM`)
	screen.shows(t, `asked     Systems Manager DescribeAutomationExecutions: answered 200\n`)
	screen.shows(t, `asked     OpsWorks CM DescribeServers: answered 200\n`)
	if own := regexp.MustCompile(`asked +(DynamoDB|Systems Manager Start).*`).FindString(screen.String()); own != "" {
		t.Errorf("what the function or the machine asks is taken for a client's: %s", own)
	}
}
