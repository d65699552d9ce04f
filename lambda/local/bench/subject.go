package main

import (
	"archive/zip"
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

// The calls one event must make, no more and no fewer. The function's to DynamoDB are its ledger: what is kept is read and the start
// claimed before it is sent; after it the run is written, and written again once the start has been notified.
var bareCalls = calls{"OpsWorksCM DescribeServers": 1, startCall: 1, "SNS Publish": 1}

// functionCalls: where there is a concurrency limit, it is also read who has the slots and whether others wait for one.
func functionCalls(limit int) calls {
	wanted := maps.Clone(bareCalls)
	wanted["DynamoDB BatchGetItem"], wanted["DynamoDB TransactWriteItems"], wanted["DynamoDB UpdateItem"] = 1, 1, 2
	if limit > 0 {
		wanted["DynamoDB BatchGetItem"], wanted["DynamoDB Query"] = 2, 1
	}
	return wanted
}

// subject is a binary, the event it gets, what its answer must say, the calls it must make, and what was measured of it. Times are
// in milliseconds, sizes and memory are in megabytes.
type subject struct {
	name         string // its column
	file         string
	env          []string
	alias        string // by which it is invoked; empty is the function itself
	event        string
	field, value string
	wanted       calls

	size, zip                          float64
	events, calls, until, lost         int
	ready, answer, startCPU, startPeak []float64 // an element for each cold start
	startAsked                         []float64
	warm, warmAsked                    []float64 // for each warm event
	processCPU, processPeak            []float64 // for each process that served warm events
}

// inspect notes the sizes and says what the binaries were built for. Binaries of different compilers are no fair match.
func inspect(subjects []*subject) (string, error) {
	var first string
	for i, s := range subjects {
		if err := s.weigh(); err != nil {
			return "", err
		}
		info, err := buildinfo.ReadFile(s.file)
		if err != nil {
			return "", err
		}
		target := map[string]string{}
		for _, setting := range info.Settings {
			target[setting.Key] = setting.Value
		}
		build := fmt.Sprintf("%s/%s, %s", target["GOOS"], target["GOARCH"], info.GoVersion)
		if i == 0 {
			first = build
		} else if build != first {
			return "", fmt.Errorf("the binaries are built differently: %s is for %s, %s for %s", subjects[0].file, first, s.file, build)
		}
	}
	return first, nil
}

// weigh notes how large the binary is, and how large alone in a deployment package.
func (s *subject) weigh() error {
	binary, err := os.ReadFile(s.file)
	if err != nil {
		return err
	}
	var size counter
	archive := zip.NewWriter(&size)
	file, err := archive.Create("bootstrap")
	if err != nil {
		return err
	}
	if _, err := file.Write(binary); err != nil {
		return err
	}
	if err := archive.Close(); err != nil {
		return err
	}
	s.size, s.zip = float64(len(binary))/1e6, float64(size)/1e6
	return nil
}

// counter counts what is written to it.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func (s *subject) process() *runtimeapi.Function {
	return runtimeapi.New(runtimeapi.Config{Binary: s.file, Env: s.env, FunctionARN: functionARN, Aliases: []string{s.alias},
		Timeout: 30 * time.Second})
}

// usage is that of the one process there must have been.
func (s *subject) usage(process *runtimeapi.Function) (runtimeapi.Usage, error) {
	all := process.Usage()
	if len(all) != 1 {
		return runtimeapi.Usage{}, fmt.Errorf("%s: %d processes ran where one should have", s.file, len(all))
	}
	return all[0], nil
}

// sent is what one event came to, and how long it took until StartMaintenance was asked for.
type sent struct {
	runtimeapi.Result
	asked time.Duration
}

// send gives the process one event, and looks whether it did its work: what was not done must not count as done fast. The
// server is healthy again afterwards, for the next event.
func (s *subject) send(ctx context.Context, aws *services, process *runtimeapi.Function, cold bool) (sent, error) {
	aws.take()
	before, begin := aws.simulator.Started(serverName), time.Now()
	result, err := process.InvokeAlias(ctx, s.alias, []byte(s.event))
	if err != nil {
		return sent{}, fmt.Errorf("%s: %w", s.file, err)
	}
	made, started := aws.take(), aws.simulator.Started(serverName)-before
	var answer map[string]any
	notJSON := json.Unmarshal(result.Payload, &answer) != nil
	switch {
	case made.calls.repeat(s.wanted):
		if err := aws.simulator.Complete(serverName); err != nil {
			return sent{}, err
		}
		return sent{}, s.lose(made.calls)
	case result.Error != nil || notJSON || answer[s.field] != s.value:
		return sent{}, fmt.Errorf("%s answered %s, wanted %s %q", s.file, result.Payload, s.field, s.value)
	case !maps.Equal(made.calls, s.wanted):
		return sent{}, fmt.Errorf("%s made the calls %v for an event, wanted %v", s.file, made.calls, s.wanted)
	case started != 1:
		return sent{}, fmt.Errorf("%s started %d maintenances, wanted 1", s.file, started)
	case result.Cold != cold:
		return sent{}, fmt.Errorf("%s: a process ended between two events", s.file)
	}
	s.events++
	s.until += made.until
	for _, n := range made.calls {
		s.calls += n
	}
	return sent{result, made.asked.Sub(begin)}, aws.simulator.Complete(serverName)
}

// errLost says that an event does not count and is to be sent once more. Where an answer comes sooner than the client has returned
// from sending, as local ones over TLS sometimes do, smithy-go (v1.28.9) may close the connection under it: its request bodies,
// once closed, answer WriteTo with io.EOF, which net/http takes for a failure. The SDK then calls again, after up to a second.
var errLost = errors.New("an answer was lost")

// lose takes an event for lost. It happens to a few events of a thousand; at one of fifty it is the subject's own doing.
func (s *subject) lose(made calls) error {
	if s.lost++; s.lost > 5+s.events/50 {
		return fmt.Errorf("%s made the calls %v for an event, wanted %v; so it did for %d events", s.file, made, s.wanted, s.lost)
	}
	return errLost
}

// repeat says whether a wanted call was made more often than wanted.
func (c calls) repeat(wanted calls) bool {
	for call, n := range wanted {
		if c[call] > n {
			return true
		}
	}
	return false
}
