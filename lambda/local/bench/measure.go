package main

import (
	"context"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"time"

	"opsworks-maintenance/lambda/local/runtimeapi"
)

const functionARN = "arn:aws:lambda:us-east-1:123456789012:function:opsworks-maintenance"

// The calls one event must make, no more and no fewer. The function's two to DynamoDB are its ledger: the claim and, once the start
// is told, the running run.
var (
	bareCalls     = calls{"OpsWorksCM DescribeServers": 1, "OpsWorksCM StartMaintenance": 1, "SNS Publish": 1}
	functionCalls = calls{
		"OpsWorksCM DescribeServers": 1, "DynamoDB TransactWriteItems": 1, "OpsWorksCM StartMaintenance": 1, "SNS Publish": 1, "DynamoDB PutItem": 1,
	}
)

// subject is a binary, the event it gets, what its answer must say, the calls it must make, and what was measured of it. Times are
// in milliseconds, memory is in megabytes.
type subject struct {
	file         string
	env          []string
	event        string
	field, value string
	wanted       calls

	size                             float64
	events, calls                    int
	start, init, startCPU, startPeak []float64 // an element for each cold start
	warm                             []float64 // for each warm event
	processCPU, processPeak          []float64 // for each process that served warm events
}

// inspect notes the sizes and says what the binaries were built for. Binaries of different compilers are no fair match.
func inspect(pair [2]*subject) (string, error) {
	var builds [2]string
	for i, s := range pair {
		file, err := os.Stat(s.file)
		if err != nil {
			return "", err
		}
		s.size = float64(file.Size()) / 1e6
		info, err := buildinfo.ReadFile(s.file)
		if err != nil {
			return "", err
		}
		target := map[string]string{}
		for _, setting := range info.Settings {
			target[setting.Key] = setting.Value
		}
		builds[i] = fmt.Sprintf("%s/%s, %s", target["GOOS"], target["GOARCH"], info.GoVersion)
	}
	if builds[0] != builds[1] {
		return "", fmt.Errorf("the binaries are built differently: %s is for %s, %s for %s", pair[0].file, builds[0], pair[1].file, builds[1])
	}
	return builds[0], nil
}

// warmProcesses is how many processes share a binary's warm events, so that the luck of one process (where its memory came to
// lie, when its collector ran) is not the result.
const warmProcesses = 5

// measure runs both subjects in turns, A B B A A B …, and returns how many warm events each process served.
func measure(ctx context.Context, aws *services, pair [2]*subject, cold, warm int) (int, error) {
	// One start of each is not counted: it reads the binary from the disk, which Lambda does elsewhere and not as we would.
	for _, s := range pair {
		unmeasured := *s
		if err := unmeasured.coldStart(ctx, aws); err != nil {
			return 0, err
		}
	}
	for i := range 2 * cold {
		if err := turn(pair, i).coldStart(ctx, aws); err != nil {
			return 0, err
		}
	}
	perProcess := (warm + warmProcesses - 1) / warmProcesses
	for range warmProcesses {
		if err := warmRound(ctx, aws, pair, perProcess); err != nil {
			return 0, err
		}
	}
	return perProcess, nil
}

// turn is whose turn i is: 0 1 1 0 0 1 1 0 …
func turn(pair [2]*subject, i int) *subject { return pair[(i+1)/2%2] }

// coldStart measures a process from its start to its first answer, and what it used for that.
func (s *subject) coldStart(ctx context.Context, aws *services) error {
	process := s.process()
	result, err := s.send(ctx, aws, process, true)
	if err = errors.Join(err, process.Close()); err != nil {
		return err
	}
	used, err := s.usage(process)
	if err != nil {
		return err
	}
	s.init = append(s.init, milliseconds(result.Init))
	s.start = append(s.start, milliseconds(result.Init+result.Duration))
	s.startCPU = append(s.startCPU, milliseconds(used.CPU))
	s.startPeak = append(s.startPeak, float64(used.PeakRSS)/1e6)
	return nil
}

// warmRound measures events of one process of each subject. Only a process's first event is left out, it is a cold start and
// measured as one. Nothing else is: a process of this function lives for a few events, and its collections and whatever an
// early event does for the later ones are part of what they cost.
func warmRound(ctx context.Context, aws *services, pair [2]*subject, events int) (err error) {
	processes := map[*subject]*runtimeapi.Function{}
	for _, s := range pair {
		processes[s] = s.process()
		defer func() { _ = processes[s].Close() }() // for the returns below; closing twice is harmless
		if _, err := s.send(ctx, aws, processes[s], true); err != nil {
			return err
		}
	}
	for i := range 2 * events {
		s := turn(pair, i)
		result, err := s.send(ctx, aws, processes[s], false)
		if err != nil {
			return err
		}
		s.warm = append(s.warm, milliseconds(result.Duration))
	}
	for _, s := range pair {
		if err := processes[s].Close(); err != nil {
			return err
		}
		used, err := s.usage(processes[s])
		if err != nil {
			return err
		}
		s.processCPU = append(s.processCPU, milliseconds(used.CPU))
		s.processPeak = append(s.processPeak, float64(used.PeakRSS)/1e6)
	}
	return nil
}

func (s *subject) process() *runtimeapi.Function {
	return runtimeapi.New(runtimeapi.Config{Binary: s.file, Env: s.env, FunctionARN: functionARN, Timeout: 30 * time.Second})
}

// usage is that of the one process there must have been.
func (s *subject) usage(process *runtimeapi.Function) (runtimeapi.Usage, error) {
	all := process.Usage()
	if len(all) != 1 {
		return runtimeapi.Usage{}, fmt.Errorf("%s: %d processes ran where one should have", s.file, len(all))
	}
	return all[0], nil
}

// send gives the process one event, and looks whether it did its work: what was not done must not count as done fast. The
// server is healthy again afterwards, for the next event.
func (s *subject) send(ctx context.Context, aws *services, process *runtimeapi.Function, cold bool) (runtimeapi.Result, error) {
	aws.take()
	before := aws.simulator.Started(serverName)
	result, err := process.Invoke(ctx, []byte(s.event))
	if err != nil {
		return result, fmt.Errorf("%s: %w", s.file, err)
	}
	made := aws.take()
	var answer map[string]any
	notJSON := json.Unmarshal(result.Payload, &answer) != nil
	switch started := aws.simulator.Started(serverName) - before; {
	case result.Error != nil || notJSON || answer[s.field] != s.value:
		return result, fmt.Errorf("%s answered %s, wanted %s %q", s.file, result.Payload, s.field, s.value)
	case !maps.Equal(made, s.wanted):
		return result, fmt.Errorf("%s made the calls %v for an event, wanted %v", s.file, made, s.wanted)
	case started != 1:
		return result, fmt.Errorf("%s started %d maintenances, wanted 1", s.file, started)
	case result.Cold != cold:
		return result, fmt.Errorf("%s: a process ended between two events", s.file)
	}
	s.events++
	for _, n := range made {
		s.calls += n
	}
	return result, aws.simulator.Complete(serverName)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
