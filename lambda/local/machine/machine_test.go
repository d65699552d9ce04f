package machine_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/opsworkscm"

	"opsworks-maintenance/lambda/local/machine"
)

// built is the function's binary, built once for all tests as the Makefile builds it.
var built string

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "function-")
	if err != nil {
		panic(err)
	}
	built = filepath.Join(folder, "bootstrap")
	command := exec.Command("go", "build", "-trimpath", "-tags", "lambda.norpc", "-o", built, "opsworks-maintenance/lambda")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		panic(string(output))
	}
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

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

func TestMachine_StartByAPerson(t *testing.T) {
	m := start(t, nil)
	result, err := m.Function.Invoke(t.Context(), []byte(`{"start": {"serverName": "automate-06"}}`))
	if err != nil {
		t.Fatal(err)
	}
	var response struct{ Outcome, ServerName, Cause, RunID, Message string }
	if err := json.Unmarshal(result.Payload, &response); err != nil {
		t.Fatal(err)
	}
	if response.Outcome != "started" || response.ServerName != "automate-06" || response.Cause != "manual" || response.RunID == "" || m.OpsWorksCM.Started("automate-06") != 1 {
		t.Errorf("got %+v", response)
	}
	message, ok := m.Receive(t.Context())
	if !ok || message.Subject != "Maintenance started: automate-06 (a person)" || message.Attributes["runId"] != response.RunID || message.Attributes["outcome"] != "started" {
		t.Errorf("got %+v", message)
	}
}
