package e2e_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/settings/check"
)

// TestOpenRuns deploys change after change while runs are open. The function of each deployment, with its role, follows to its end what
// another has started, though the settings have neither the server any more, nor its runbook, nor its backend.
func TestOpenRuns(t *testing.T) {
	if os.Getenv("E2E") != "1" {
		t.Skip("make e2e runs this: it deploys the stack to an emulator")
	}
	const puppet = `{"name": "node-1", "backend": "ssm", "runbook": "puppet-server", "alarms": [%s], ` +
		`"parameters": {"BackupTo": ["s3://backups/1"]}}`
	const chef = `{"name": "node-2", "backend": "ssm", "runbook": "chef-automate", "parameters": {"BackupTo": ["s3://backups/2"]}}`
	const other = `{"name": "cm-1", "backend": "opsworks-cm"}`
	d := &deployment{folder: t.TempDir()}
	d.emulator = newEmulator(t)
	d.bootstrap(t)
	var open []answer
	for i, change := range []struct {
		what, servers string
		starts, ends  []string
	}{
		{"two nodes", strings.Join([]string{fmt.Sprintf(puppet, `"a", "c"`), chef, other}, ","), []string{"node-1", "node-2"}, nil},
		{"an alarm in the middle", strings.Join([]string{fmt.Sprintf(puppet, `"a", "b", "c"`), chef, other}, ","), nil, nil},
		{"a node and its runbook leave", chef + "," + other, nil, []string{"node-1"}},
		{"Systems Manager leaves", other, nil, []string{"node-2"}},
	} {
		f := d.change(t, fmt.Sprintf("change-%d", i), change.servers)
		t.Logf("deployed: %s", change.what)
		for _, name := range change.starts {
			started := f.ask(fmt.Sprintf(`{"start":{"serverName":%q}}`, name))
			if started.Outcome != "started" {
				t.Fatalf("it answered %+v", started)
			}
			open = append(open, started)
		}
		f.sweepsOn()
		for _, name := range change.ends {
			if err := f.nodes.Complete(f.nodes.of[name]); err != nil {
				t.Fatal(err)
			}
			f.sweepUntil(open[0].RunID, "succeeded")
			open = open[1:]
		}
		if len(change.starts)+len(change.ends) > 0 {
			d.permitted(t, f)
		}
	}
	none(t, ledger.New(d.config, d.stack.Outputs["RunsTable"], rand.Text))
}

// change deploys these servers and starts the function that comes of it.
func (d *deployment) change(t *testing.T, name, servers string) *function {
	t.Helper()
	document := `{"servers": [` + servers + `]}`
	var err error
	if d.settings, err = check.Resolve([]byte(document), time.Time{}); err == nil {
		err = json.Unmarshal([]byte(document), &d.document)
	}
	if err != nil {
		t.Fatal(err)
	}
	d.stack = d.cdkDeploy(t, name, "-c", "maintenance="+document)
	if d.nodes != nil {
		d.nodes.since = len(d.nodes.Calls())
	}
	return d.start(t, "cm-1")
}

// sweepsOn sweeps while runs go on, which none of the sweeps may take for ended.
func (f *function) sweepsOn() {
	f.t.Helper()
	for range 3 {
		for _, a := range f.invoke([]byte(`{"sweep":true}`)) {
			f.t.Errorf("a sweep came to %+v while the runs go on", a)
		}
		time.Sleep(sweepEvery)
	}
}
