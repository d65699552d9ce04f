package machine_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/opsworkscm"

	"opsworks-maintenance/lambda/function"
	"opsworks-maintenance/lambda/local/machine"
	"opsworks-maintenance/lambda/local/runtimeapi"
)

// built is the function's binary, built once for all tests as the Makefile builds it.
var built string

func TestMain(m *testing.M) { os.Exit(machine.WithFunction(&built, m.Run)) }

func start(t *testing.T, change func(*machine.Config)) *machine.Machine {
	t.Helper()
	document, err := os.ReadFile("../../../testdata/settings.json")
	if err != nil {
		t.Fatal(err)
	}
	c := machine.Config{Function: built, Settings: document, MaintenanceTime: 50 * time.Millisecond, Log: t.Output()}
	if change != nil {
		change(&c)
	}
	m, err := machine.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

// A stock Go client, configured as its users configure it, needs nothing but AWS_ENDPOINT_URL.
func TestMachine_StockGoClient(t *testing.T) {
	m := start(t, nil)
	t.Setenv("AWS_ENDPOINT_URL", m.URL)
	t.Setenv("AWS_REGION", machine.Region)
	t.Setenv("AWS_ACCESS_KEY_ID", "local")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "local")
	stock, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out, err := opsworkscm.NewFromConfig(stock).DescribeServers(t.Context(), &opsworkscm.DescribeServersInput{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range out.Servers {
		names = append(names, aws.ToString(s.ServerName)+" "+aws.ToString(s.Engine)+" "+string(s.Status))
	}
	if got := strings.Join(names, ", "); got != "automate-06 ChefAutomate HEALTHY, puppet-01 Puppet HEALTHY" {
		t.Errorf("got %s", got)
	}
}

func TestMachine_StartByAnOperator(t *testing.T) {
	m := start(t, nil)
	result, err := m.Function.InvokeAlias(t.Context(), function.AliasOperators, []byte(`{"start": {"serverName": "automate-06"}}`))
	if err != nil {
		t.Fatal(err)
	}
	var response struct{ Outcome, ServerName, Trigger, RunID, Message string }
	if err := json.Unmarshal(result.Payload, &response); err != nil {
		t.Fatal(err)
	}
	if response.Outcome != "started" || response.ServerName != "automate-06" || response.Trigger != "manual" || response.RunID == "" ||
		m.OpsWorksCM.Started("automate-06") != 1 {
		t.Errorf("got %+v", response)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	message, ok := m.Receive(ctx)
	if !ok || message.Subject != "automate-06 maintenance started: an operator" || message.Attributes["runId"] != response.RunID ||
		message.Attributes["outcome"] != "started" {
		t.Errorf("got %+v", message)
	}
}

// Machines beside each other have their own subscribers; the first has the plain names, which are what is documented.
func TestMachine_SeveralAtATime(t *testing.T) {
	first, second := start(t, nil), start(t, nil)
	if first.Queue != "subscriber" || second.Queue == first.Queue {
		t.Errorf("queues %s and %s", first.Queue, second.Queue)
	}
	for m, server := range map[*machine.Machine]string{first: "automate-06", second: "puppet-01"} {
		if _, err := m.Function.InvokeAlias(t.Context(), function.AliasOperators, []byte(`{"start": {"serverName": "`+server+`"}}`)); err != nil {
			t.Fatal(err)
		}
	}
	receives := func(m *machine.Machine, want string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		var servers []string
		for message, ok := m.Receive(ctx); ok; message, ok = m.Receive(ctx) {
			servers = append(servers, message.Attributes["server"])
		}
		if got := strings.Join(servers, " "); got != want {
			t.Errorf("messages about %q, want %q", got, want)
		}
	}
	receives(first, "automate-06")
	_ = first.Close()
	third := start(t, nil)
	_ = first.Close() // a second time, which is none of the third's business
	if third.Queue != "subscriber" {
		t.Errorf("queue %s", third.Queue)
	}
	receives(second, "puppet-01")
	receives(third, "")
}

// broken is the function started with some variables of its environment changed; empty takes one away.
func broken(t *testing.T, m *machine.Machine, change map[string]string) runtimeapi.Result {
	t.Helper()
	var environment []string
	for _, variable := range m.Environment {
		name, _, _ := strings.Cut(variable, "=")
		if value, ok := change[name]; !ok {
			environment = append(environment, variable)
		} else if value != "" {
			environment = append(environment, name+"="+value)
		}
	}
	f := runtimeapi.New(runtimeapi.Config{Binary: built, Env: environment, FunctionARN: machine.FunctionARN, Output: t.Output()})
	defer func() { _ = f.Close() }()
	result, err := f.InvokeAlias(t.Context(), function.AliasOperators, []byte(`{"start": {"serverName": "automate-06"}}`))
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// What is wrong with its environment the function says at once, where Lambda shows it, and serves nothing.
func TestFunction_InitErrors(t *testing.T) {
	m := start(t, nil)
	settings := func(document string) string {
		file := filepath.Join(t.TempDir(), "settings.json")
		if err := os.WriteFile(file, []byte(document), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for _, tt := range []struct {
		name   string
		change map[string]string
		want   []string
	}{
		{"no topic", map[string]string{"TOPIC_ARN": ""}, []string{"TOPIC_ARN"}},
		{"no settings file", map[string]string{"SETTINGS_FILE": "/nowhere/settings.json"},
			[]string{"read settings: open /nowhere/settings.json"}},
		{"settings that are no JSON", map[string]string{"SETTINGS_FILE": settings(`{"servers": [`)}, []string{"not resolved settings"}},
		{"settings as people write them",
			map[string]string{"SETTINGS_FILE": settings(`{"servers": [{"name": "automate-06", "backend": "opsworks-cm"}]}`)},
			[]string{"the settings have version 0"}},
		{"no Region", map[string]string{"AWS_REGION": ""}, []string{"AWS_REGION is not set"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			result := broken(t, m, tt.change)
			if result.Error == nil || result.Error.Type != "InitError" {
				t.Fatalf("got %+v %s", result.Error, result.Payload)
			}
			for _, want := range tt.want {
				if !strings.Contains(result.Error.Message, want) {
					t.Errorf("%q is not in %q", want, result.Error.Message)
				}
			}
		})
	}
	if n := len(m.OpsWorksCM.Calls()); n != 0 {
		t.Errorf("%d calls were made", n)
	}
}
