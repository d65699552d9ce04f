package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	dynamodb "github.com/truora/minidyn/server"

	"opsworks-maintenance/lambda/automation"
	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/opsworkscm"
	"opsworks-maintenance/lambda/settings"
)

// envTables makes the test binary an emulator of DynamoDB. It copies its table for every transaction, so that what it uses is
// quadratic and must not be taken for the function's: it is a process of its own.
const envTables = "GROWTH_TABLES"

func TestMain(m *testing.M) {
	if os.Getenv(envTables) != "" {
		server := httptest.NewServer(dynamodb.NewServer())
		fmt.Println(server.URL)
		_, _ = io.Copy(io.Discard, os.Stdin) // until whoever started it ends
		return
	}
	os.Exit(m.Run())
}

func tablesElsewhere(t *testing.T) string {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), envTables+"=1")
	stdin, err := command.StdinPipe()
	do(t, err)
	stdout, err := command.StdoutPipe()
	do(t, err)
	do(t, command.Start())
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = command.Wait()
	})
	url, err := bufio.NewReader(stdout).ReadString('\n')
	do(t, err)
	return strings.TrimSpace(url)
}

// counted counts the calls of the function.
type counted struct {
	*awshttp.BuildableClient
	calls atomic.Int64
}

func (c *counted) Do(r *http.Request) (*http.Response, error) {
	c.calls.Add(1)
	return c.BuildableClient.Do(r)
}

// world is a fleet with an open run for each server: a half runs and a half waits, on both backends.
type world struct {
	t        *testing.T
	runner   *maintenance.Runner
	notifier *notifier
	client   *counted
	opsworks *simulator.OpsWorksCM
	ssm      *simulator.SSM
	running  int
}

func newWorld(t *testing.T, n int) *world {
	t.Helper()
	w := &world{t: t, notifier: &notifier{}, client: &counted{BuildableClient: awshttp.NewBuildableClient()},
		opsworks: simulator.NewOpsWorksCM(simulator.Config{}), ssm: simulator.NewSSM(simulator.SSMConfig{})}
	w.ssm.LimitExecutions(n)
	reach := func(url string) aws.Config {
		config := reaching(url)
		config.HTTPClient, config.Retryer = w.client, nil
		return config
	}
	tables := reach(tablesElsewhere(t))
	do(t, ledger.CreateTable(t.Context(), tables, "runs"))
	doc := growthSettings(t, n)
	nodes, err := nodes(doc, nil)
	do(t, err)
	w.runner = &maintenance.Runner{
		Policy: policies(doc), Ledger: ledger.New(tables, "runs"), Notifier: w.notifier, Now: time.Now, NewRunID: maintenance.NewRunID,
		Backends: map[string]maintenance.Backend{
			opsworkscm.Backend: opsworkscm.New(reach(serving(t, w.opsworks, w.opsworks.ServeHTTP))),
			automation.Backend: automation.New(reach(serving(t, w.ssm, w.ssm.ServeHTTP)), nodes),
		},
	}
	do(t, w.ssm.AddRunbook("Maintain", 1, []simulator.RunbookParameter{{Name: "InstanceId"}}, []string{"Maintain"}))
	for i := range n {
		_, err := w.runner.Ledger.Save(t.Context(), w.run(i))
		do(t, err)
	}
	w.sweep() // from here on nothing is new
	return w
}

// run is the open run of a server, and how the world got there: the ledger may be written to directly, since a claim for each would
// cost the emulator a copy of its table.
func (w *world) run(i int) maintenance.Run {
	name, backend, now := growthName(i), opsworkscm.Backend, time.Now()
	if i%2 == 1 {
		backend = automation.Backend
		do(w.t, w.ssm.AddNode(simulator.Node{ID: growthNode(i), Tags: map[string]string{settings.DefaultTagKey: name}}))
	} else {
		do(w.t, w.opsworks.AddServer(simulator.Server{Name: name, MaintenanceStatus: "SUCCESS"}))
	}
	run := maintenance.Run{
		ID: maintenance.NewRunID(name, now), ServerName: name, Backend: backend, Created: now, PatienceEnds: now.AddDate(0, 0, 7),
		Cause: maintenance.Cause{Kind: maintenance.CauseSchedule, Name: "weekly", Time: now}, Key: name, State: maintenance.RunWaiting, WaitingTold: true,
	}
	switch i % 4 {
	case 0, 1:
		run.State, run.Accepted, run.Claimed, run.Started, run.Deadline = maintenance.RunRunning, true, now, now, now.Add(time.Hour)
		w.running++
	case 2:
		run.Reason = maintenance.WrongState
		do(w.t, w.opsworks.SetStatus(name, "BACKING_UP"))
	case 3:
		if run.Reason = maintenance.OutsideWindow; i%8 == 7 {
			run.Reason = maintenance.WrongState
			do(w.t, w.ssm.SetPing(growthNode(i), "ConnectionLost"))
		}
	}
	switch i % 4 {
	case 0:
		do(w.t, w.opsworks.SetStatus(name, "UNDER_MAINTENANCE"))
	case 1:
		id, err := w.ssm.StartByHand("Maintain", map[string][]string{"InstanceId": {growthNode(i)}})
		do(w.t, err)
		run.Node, run.Runbook, run.Reference = growthNode(i), "Maintain", id
	}
	return run
}

func growthNode(i int) string { return fmt.Sprintf("i-%017x", i+1) }

// sweep has more time than a Lambda function: it must come to its end.
func (w *world) sweep() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Minute)
	defer cancel()
	reports, err := w.runner.Sweep(ctx)
	do(w.t, err)
	for _, r := range reports {
		if r.Outcome == maintenance.Errored || r.LedgerErr != nil {
			w.t.Fatalf("%+v", r)
		}
	}
}

// end ends everything that runs.
func (w *world) end(n int) {
	for i := range n {
		switch i % 4 {
		case 0:
			do(w.t, w.opsworks.Complete(growthName(i)))
		case 1:
			do(w.t, w.ssm.Complete(growthNode(i)))
		}
	}
}

// sweepGrowth measures sweeps that find nothing new, and the one in which everything that runs has ended.
func sweepGrowth(t *testing.T) (rows []growth, notes string) {
	t.Helper()
	rows = []growth{{what: "sweep, nothing new: a half runs, a half waits"}, {what: "sweep, all that runs has ended"}}
	var worlds [len(sizes)]*world
	var calls [2][len(sizes)]float64
	var rates [2]string
	rows[0].measure(t, func(t *testing.T, n int) func() {
		w := newWorld(t, n)
		for i := range sizes {
			if sizes[i] == n {
				worlds[i] = w
			}
		}
		return w.sweep
	})
	for i, n := range sizes {
		w := worlds[i]
		calls[0][i], rates[0] = w.count(n, w.sweep)
		w.end(n)
		rows[1].time[i], rows[1].bytes[i] = usage(func() { calls[1][i], rates[1] = w.count(n, w.sweep) })
		if got := len(w.notifier.reports); got != w.running {
			t.Errorf("of %d runs that ended %d were told", w.running, got)
		}
	}
	for i, row := range rows {
		notes += fmt.Sprintf("%s: %.2f, %.2f, %.2f calls for a run; with 1000 runs %s.\n", row.what, calls[i][0], calls[i][1], calls[i][2], rates[i])
		if calls[i][2] > 1.2*calls[i][1] {
			t.Errorf("%s: %.2f calls for a run of 100, %.2f of 1000", row.what, calls[i][1], calls[i][2])
		}
	}
	return rows, notes
}

// count gives the calls for each run and the runs in a second.
func (w *world) count(n int, sweep func()) (calls float64, rate string) {
	before, begin := w.client.calls.Load(), time.Now()
	sweep()
	took := time.Since(begin)
	rate = fmt.Sprintf("%.0f runs a second, the services on the same machine", float64(n)/took.Seconds())
	return float64(w.client.calls.Load()-before) / float64(n), rate
}
