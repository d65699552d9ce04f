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

// commands are what a text says is to be typed.
func commands(r maintenance.Report) []string { return typed(message.Text(r, function).Body) }

// An operator who follows the advice of an old message must not have the server maintained twice: what is sent names the run, or looks.
func TestText_ACommandNamesItsRun(t *testing.T) {
	orders := 0
	for name, r := range cases {
		for _, command := range typed(message.Text(r, function).Body) {
			switch {
			case r.Outcome == maintenance.OutcomeHeld: // a hold is a server's, or the fleet's
				if !strings.Contains(command, "release") {
					t.Errorf("%s: %s", name, command)
				}
			case strings.HasPrefix(command, `echo '{"plan":{"serverName":"automate-06"}}'`),
				command == "opsm plan -server automate-06 -region us-east-1":
			case strings.HasPrefix(command, "opsm start -server automate-06"),
				strings.HasPrefix(command, `echo '{"start":{"serverName":"automate-06"`):
				if r.State != maintenance.RunOver {
					t.Errorf("%s offers a start of a server whose run is %s", name, r.State)
				}
			default:
				orders++
				if !strings.Contains(command, r.RunID) || strings.Contains(command, "erver") && !strings.Contains(command, "-run ") &&
					!strings.Contains(command, `"runId"`) {
					t.Errorf("%s: %s", name, command)
				}
			}
		}
	}
	if orders == 0 {
		t.Error("no message offers anything")
	}
}

// What is typed must not go to the stack beside the one that wrote it.
func TestText_ACommandGoesWhereItsMessageComesFrom(t *testing.T) {
	for name, r := range cases {
		for _, command := range typed(message.Text(r, message.Function{Name: "second", Region: "eu-west-1"}).Body) {
			if !strings.HasSuffix(command, " -function second -region eu-west-1") &&
				!strings.Contains(command, " --function-name second:operators --region eu-west-1 ") {
				t.Errorf("%s: %s", name, command)
			}
		}
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
		"cancel a run that waits":               {"waiting-held", `{"stop":{"runId":"` + runID + `"}}`},
		"close a run that is overdue":           {"overdue", `{"close":{"runId":"` + runID + `"}}`},
		"see what would happen":                 {"failed-ssm", `{"plan":{"serverName":"automate-06"}}`},
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
		"a server that is gone is not started":       {[]string{"failed-server-gone"}, "opsm start"},
		"an execution that is gone is not looked at": {[]string{"failed-execution-gone"}, "/execution/"},
		"a hold is respected":                        {[]string{"waiting-held"}, "-override"},
		"what passes by itself is not forced": {
			[]string{"waiting-wrong-state", "waiting-unavailable", "waiting-not-found-ssm"}, "opsm start"},
		"OpsWorks CM cannot stop maintenance":          {[]string{"overdue", "started-alarm"}, "opsm stop"},
		"what has started is not offered to be closed": {[]string{"started-alarm", "started-schedule-ssm", "in-progress-alarm"}, "opsm close"},
		"nothing is to be sent again where nothing was sent": {
			[]string{"refused-cooling-down", "refused-not-allowed", "missed-concurrency", "error-unavailable-follow"}, "Send "},
		"nobody is sent to do that, where there is no that": {
			[]string{"refused-concurrency", "refused-outside-window"}, "when that is done"},
		"a node is not offline, and the server only where that was seen": {
			[]string{"started-schedule-ssm", "started-second-attempt", "overdue-ssm"}, "offline"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, report := range c.reports {
				if body := message.Text(cases[report], function).Body; strings.Contains(body, c.never) {
					t.Errorf("%s:\n%s", report, body)
				}
			}
		})
	}
}

// A run that counts more triggers than it holds is not called off by the alarms that it holds.
func TestText_CallsOffOnlyWhatItKnows(t *testing.T) {
	r := cases["waiting-outside-window"]
	for more, want := range map[int]bool{0: true, 1: false} {
		r.More = more
		if body := message.Text(r, function).Body; strings.Contains(body, "returns to OK") != want {
			t.Errorf("%d more: %s", more, body)
		}
	}
}

func TestText_SaysTheFigureThatDecides(t *testing.T) {
	for name, want := range map[string][]string{
		"waiting-outside-window": {"when its window opens, Tue 1 Dec 07:00", "in 2 days"},
		"refused-stale":          {"the alarm is 26h old; the limit is 1h"},
		"refused-stale-future":   {"the alarm is dated 20m in the future; the limit is 5m"},
		"refused-cooling-down":   {"ended Sat 28 Nov 23:00 CET", "the cooldown (12h) lasts until Sun 29 Nov 11:00"},
		"refused-daily-limit":    {"2 times today"},
		"missed-concurrency":     {"the concurrency limit (1) is reached by", holder},
		"refused-concurrency":    {"the concurrency limit (5) is reached by", holder, "and 3 more"},
		"started-second-attempt": {"at the second attempt; the first started nothing"},
		"overdue-ssm":            {"Sun 29 Nov 04:00 CET", "step Backup goes on", "opsm stop", "opsm close"},
		"failed-ssm":             {"failed in its step Backup", "the disk is full", "It took 50m"},
		"failed-stopped-ssm":     {"An operator asked it to stop Sun 29 Nov 00:40 CET"},
		"started-schedule-ssm":   {"agent online"},
	} {
		body := strings.Join(strings.Fields(message.Text(cases[name], function).Body), " ")
		for _, figure := range want {
			if !strings.Contains(body, figure) {
				t.Errorf("%s does not say %q:\n%s", name, figure, body)
			}
		}
	}
}

func TestText_LinksForEveryPartition(t *testing.T) {
	for region, domain := range map[string]string{
		"eu-central-1": "console.aws.amazon.com", "cn-north-1": "console.amazonaws.cn", "us-gov-west-1": "console.amazonaws-us-gov.com",
		"eusc-de-east-1": "console.amazonaws-eusc.eu", "us-iso-east-1": "", "us-isob-east-1": "",
	} {
		for name, page := range map[string]string{
			"failed-ssm":                  "/systems-manager/automation/execution/" + execution + "?region=" + region + " (execution)\n",
			"error-start-unconfirmed-ssm": "/systems-manager/automation/executions?region=" + region + " (executions)\n",
			"failed":                      "/cloudwatch/home?region=" + region + "#dashboards/dashboard/f (dashboard)\n",
			"error-unexpected": "/cloudwatch/home?region=" + region + "#logsV2:log-groups/log-group/$252Faws$252Flambda$252Ff/log-events" +
				"$3FfilterPattern$3D$2522" + runID + "$2522 (log)\n",
		} {
			body := message.Text(cases[name], message.Function{Name: "f", Region: region}).Body
			if want := "https://" + region + "." + domain + page; domain != "" && !strings.Contains(body, want) {
				t.Errorf("%s lacks %s:\n%s", name, want, body)
			}
			if domain == "" && strings.Contains(body, "https:") {
				t.Errorf("%s has a link where none is public:\n%s", name, body)
			}
		}
	}
}
