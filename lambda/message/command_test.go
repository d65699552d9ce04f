package message_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/message"
)

// commands are the lines of a text that are there to be typed.
func commands(r maintenance.Report) []string {
	var lines []string
	for line := range strings.Lines(message.Text(r, function).Body) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "echo ") || strings.HasPrefix(line, "aws ") {
			lines = append(lines, line)
		}
	}
	return lines
}

// An operator who follows the advice of an old message must not have the server maintained twice.
func TestText_ACommandNamesItsRun(t *testing.T) {
	orders := 0
	for name, r := range cases {
		body := message.Text(r, function).Body
		if strings.Contains(body, `"serverName"`) {
			t.Errorf("%s has a request with a bare server name:\n%s", name, body)
		}
		all := commands(r)
		said := strings.Count(body, "lambda invoke") + strings.Count(body, "aws ssm") + strings.Count(body, "aws opsworks-cm")
		if said != len(all) || len(all) > 2 {
			t.Errorf("%s: commands are at most two, each alone on its line; got %q", name, all)
		}
		for _, command := range all {
			if strings.HasPrefix(command, "echo ") {
				orders++
				if !strings.Contains(command, `{"runId":"`+runID+`"`) {
					t.Errorf("%s: %s", name, command)
				}
			}
		}
	}
	if orders == 0 {
		t.Error("no message offers anything")
	}
}

func TestText_ACommandWorksAsItStands(t *testing.T) {
	// The double takes what `aws lambda invoke` takes in version 1 and 2: what fileb:// names is the payload as it is (AWS CLI user
	// guide, "Load a parameter from a file"); tried by hand with 1.45.11 and 2.9.19.
	bin := t.TempDir()
	script := "#!/bin/sh\nfor a; do printf '%s\\n' \"$a\"; done\necho --\ncat \"${8#fileb://}\"\n"
	if err := os.WriteFile(filepath.Join(bin, "aws"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ report, payload string }{
		"start a run that waits for its window": {"waiting-outside-window", `{"start":{"runId":"` + runID + `","override":["window"]}}`},
		"approve a run that waits for that":     {"waiting-approval-needed", `{"approve":{"runId":"` + runID + `"}}`},
		"cancel a run that waits":               {"waiting-blocked", `{"stop":{"runId":"` + runID + `"}}`},
		"close a run that is overdue":           {"overdue-ssm", `{"close":{"runId":"` + runID + `"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			all := commands(cases[c.report])
			i := slices.IndexFunc(all, func(line string) bool { return strings.Contains(line, c.payload) })
			if i < 0 {
				t.Fatalf("none of %q sends %s", all, c.payload)
			}
			shell := exec.CommandContext(t.Context(), "sh", "-c", all[i])
			shell.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
			out, err := shell.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			args, payload, _ := strings.Cut(string(out), "--\n")
			want := "lambda invoke --function-name opsworks-maintenance:operators --region us-east-1 --payload fileb:///dev/stdin /dev/stdout"
			if args != strings.ReplaceAll(want, " ", "\n")+"\n" || strings.TrimSpace(payload) != c.payload || !json.Valid([]byte(payload)) {
				t.Errorf("got %s", out)
			}
		})
	}
}

func TestText_AdviceDoesNoHarm(t *testing.T) {
	for name, c := range map[string]struct {
		reports []string
		never   string
	}{
		"a server that is gone is not started":       {[]string{"failed-server-gone"}, "start"},
		"an execution that is gone is not looked at": {[]string{"failed-execution-gone"}, "/execution/"},
		"a hold, an order, a blocking alarm are respected": {
			[]string{"waiting-held", "waiting-after-running", "waiting-blocked"}, `"override"`},
		"what passes by itself is not forced": {
			[]string{"waiting-wrong-state", "waiting-unavailable", "waiting-not-found-ssm"}, `"start"`},
		"OpsWorks CM cannot stop maintenance":          {[]string{"overdue", "started-alarm"}, `"stop"`},
		"what has started is not offered to be closed": {[]string{"started-alarm", "started-schedule-ssm", "in-progress-alarm"}, `"close"`},
		"nothing is to be sent again where nothing was sent": {
			[]string{"refused-cooling-down", "refused-disabled", "missed-concurrency", "error-unavailable-follow"}, "Send "},
		"nobody is sent to do that, where there is no that": {
			[]string{"refused-held", "refused-outside-window", "error-throttled-manual"}, "when that is done"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, report := range c.reports {
				_, steps, _ := strings.Cut(message.Text(cases[report], function).Body, "What to do next\n")
				if steps == "" || strings.Contains(steps, c.never) {
					t.Errorf("%s:\n%s", report, steps)
				}
			}
		})
	}
}

func TestText_LinksForEveryPartition(t *testing.T) {
	const page = "/systems-manager/automation/execution/" + execution + "?region="
	for region, want := range map[string]string{
		"eu-central-1":   "https://eu-central-1.console.aws.amazon.com" + page + "eu-central-1\n",
		"cn-north-1":     "https://cn-north-1.console.amazonaws.cn" + page + "cn-north-1\n",
		"us-gov-west-1":  "https://us-gov-west-1.console.amazonaws-us-gov.com" + page + "us-gov-west-1\n",
		"us-iso-east-1":  "aws ssm get-automation-execution --automation-execution-id " + execution + " --region us-iso-east-1\n",
		"eusc-de-east-1": "aws ssm get-automation-execution --automation-execution-id " + execution + " --region eusc-de-east-1\n",
	} {
		t.Run(region, func(t *testing.T) {
			body := message.Text(cases["failed-ssm"], message.Function{Name: "f", Region: region}).Body
			if !strings.Contains(body, "  "+want) {
				t.Errorf("got:\n%s", body)
			}
		})
	}
}
