// Package e2e_test deploys the stack to an emulator of AWS (moto), reads back what was made, sends it events, runs the function
// with what was deployed, deploys again with other settings, and destroys the stack. make e2e runs it.
//
// The emulator is no AWS: it checks no permission, runs no function and makes only some of the resources. What it leaves out is
// checked on the template instead, and the function runs here, behind the Lambda Runtime API, with the environment, the settings
// and the addresses that the deployment gave it.
package e2e_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
)

// The account and Region of the emulator, and the names that people know the deployment by.
const (
	account   = "123456789012"
	region    = "us-east-1"
	stackName = "opsworks-maintenance"
	root      = "../.." // of the repository
)

// deployment is what the steps share.
type deployment struct {
	*emulator
	document map[string]any    // the settings in cdk.json
	settings settings.Settings // the same, read
	folder   string
	stack    *stack // as it was deployed last
	rules    map[string]string
	nodes    *nodes // of the first function that was started, and of those after it
}

func TestDeployment(t *testing.T) {
	if os.Getenv("E2E") != "1" {
		t.Skip("make e2e runs this: it deploys the stack to an emulator")
	}
	begin := time.Now()
	d := &deployment{folder: t.TempDir()}
	d.document, d.settings = inCDKJSON(t)
	d.emulator = newEmulator(t)

	for _, step := range []struct {
		name string
		play func(*testing.T)
		// needed are the steps without which the next ones make no sense.
		needed bool
	}{
		{"1 an empty account is bootstrapped", d.bootstrap, true},
		{"2 cdk deploy", d.deploy, true},
		{"3 what is there is what the template asks for", d.readBack, false},
		{"4 the rules deliver the events that concern us", d.deliver, false},
		{"5 a second cdk deploy changes the settings, and nothing else", d.redeploy, true},
		{"6 an alarm has a server maintained by what was deployed", d.maintain, false},
		{"7 cdk destroy leaves the table of runs, and nothing else", d.destroy, true},
		{"8 wrong settings deploy nothing", d.refuse, false},
	} {
		if !t.Run(step.name, step.play) && step.needed {
			t.Fatal("the next steps need this one")
		}
	}
	t.Logf("all of it took %s", time.Since(begin).Round(time.Second))
}

// inCDKJSON is what the repository deploys.
func inCDKJSON(t *testing.T) (map[string]any, settings.Settings) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, "cdk.json"))
	if err != nil {
		t.Fatal(err)
	}
	var app struct {
		Context struct{ Maintenance json.RawMessage }
	}
	if err := json.Unmarshal(b, &app); err != nil {
		t.Fatal(err)
	}
	read, err := check.Resolve(app.Context.Maintenance, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := json.Unmarshal(app.Context.Maintenance, &document); err != nil {
		t.Fatal(err)
	}
	return document, read
}
