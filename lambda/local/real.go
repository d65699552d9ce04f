package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"opsworks-maintenance/lambda/local/machine"
	"opsworks-maintenance/lambda/local/node"
	"opsworks-maintenance/lambda/local/simulator/ssm"
)

// localNode is what the flags say about a node that is this very machine: the steps of its runbook really run, as the SSM Agent runs them.
type localNode struct {
	which, server, runbook, bin, patch string
	env                                []string
}

func (n *localNode) flags(flags *flag.FlagSet) {
	flags.StringVar(&n.which, "node", "",
		`with -backend ssm: "local" runs the steps of one server's runbook on THIS MACHINE, as root, for real`)
	flags.StringVar(&n.server, "node-server", "puppet-01", "the `SERVER` of the settings that is this machine")
	flags.StringVar(&n.runbook, "node-runbook", "dist/local/puppet-server.json", "its runbook, as JSON, in `FILE`; make run writes it")
	flags.StringVar(&n.bin, "node-bin", "", "commands that stand in for missing ones (aws, systemctl), in `FOLDER`")
	flags.Func("node-env", "a `VARIABLE=value` for them; repeatable", func(variable string) error {
		n.env = append(n.env, variable)
		return nil
	})
	flags.StringVar(&n.patch, "node-patch", "true", "the `COMMAND` in place of AWS-RunPatchBaseline, which is AWS's own")
}

// prepare checks the flags, and gives those that nobody gave what suits one server that is maintained in earnest.
func (n localNode) prepare(o *options) error {
	switch {
	case n.which == "":
		return nil
	case n.which != "local":
		return fmt.Errorf("-node %s is not local", n.which)
	case o.backend != "ssm":
		return errors.New("-node local goes with -backend ssm")
	}
	if o.settings == "" {
		o.settings = "testdata/settings-node.json"
		if len(o.events) == 0 && o.serve == "" {
			o.events = []string{"testdata/events/alarm-by-dimension.json"}
		}
	}
	if o.maintenanceTime == usualTime {
		o.maintenanceTime = 30 * time.Minute
	}
	return nil
}

// attach lets the simulated Systems Manager carry out the server's executions here.
func (n localNode) attach(m *machine.Machine) error {
	if n.which == "" {
		return nil
	}
	id, ok := m.Nodes[n.server]
	if !ok {
		return fmt.Errorf("-node-server %s is no server of Systems Manager in the settings", n.server)
	}
	content, err := os.ReadFile(n.runbook)
	if err != nil {
		return fmt.Errorf("read the runbook: %w; make run writes it", err)
	}
	document, err := node.Read(content)
	if err != nil {
		return err
	}
	agent := node.Agent{Region: machine.Region, InstanceID: id, Env: n.env}
	if n.bin != "" {
		if agent.Bin, err = filepath.Abs(n.bin); err != nil {
			return fmt.Errorf("find -node-bin: %w", err)
		}
	}
	m.SSM.ExecuteOn(id, n.executor(document, agent))
	return nil
}

func (n localNode) executor(document node.Document, agent node.Agent) ssm.Executor {
	return func(ctx context.Context, e ssm.Execution, progress func(step, status, failure string)) (string, map[string][]string) {
		given := map[string]string{}
		for name, values := range e.Parameters {
			given[name] = strings.Join(values, ",")
		}
		automation := node.Automation{
			Agent: agent,
			Patch: func(ctx context.Context, _ map[string]string) (string, error) {
				output, err := exec.CommandContext(ctx, "sh", "-c", n.patch).CombinedOutput()
				return string(output), err
			},
			Begins: func(step string) { progress(step, "InProgress", "") },
			Ends:   func(r node.StepResult) { progress(r.Name, r.Status, failure(r)) },
		}
		result, err := automation.Execute(ctx, document, e.ID, given)
		if err != nil {
			progress(document.MainSteps[0].Name, node.Failed, err.Error())
			return node.Failed, nil
		}
		return result.Status, result.Outputs(document)
	}
}

// failure is what Automation would say of a step that did not succeed: ours begin with their verdict.
func failure(r node.StepResult) string {
	if r.Status == node.Success {
		return ""
	}
	verdict, _, _ := strings.Cut(r.Output, "\n")
	if verdict == "" {
		verdict = "it was killed and said nothing"
	}
	return verdict
}
