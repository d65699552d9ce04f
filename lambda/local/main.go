// Command local shows the whole system working on one machine: it gives an event to the function's real binary and tells what
// happens until the server is healthy again. It needs no account, no network and no container.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"opsworks-maintenance/lambda/local/machine"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintf(os.Stderr, "local: %v\n", err)
		stop()
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	backend         string
	events          []string
	settings        string
	function        string
	maintenanceTime time.Duration
	fail            bool
	fault           string
	timeout         time.Duration
	serve           string
	json            bool
	node            localNode
}

// usualTime is what a maintenance takes where it is only played.
const usualTime = 3 * time.Second

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.SetOutput(stderr)
	const event = "give the function the event in `FILE`; repeatable" +
		" (default: alarm.json of testdata/events three times, then alarm-by-dimension.json)"
	flags.Func("event", event, func(file string) error {
		o.events = append(o.events, file)
		return nil
	})
	flags.StringVar(&o.backend, "backend", "ssm", "backend of the servers: ssm, or opsworks-cm")
	flags.StringVar(&o.settings, "settings", "",
		"settings document in `FILE` (default: testdata/settings-ssm.json, with -backend opsworks-cm testdata/settings.json)")
	flags.StringVar(&o.function, "function", "dist/local/bootstrap", "the function's binary for this machine, in `FILE`")
	flags.DurationVar(&o.maintenanceTime, "maintenance-time", usualTime, "how long a maintenance takes")
	flags.BoolVar(&o.fail, "fail", false, "let maintenance fail")
	flags.StringVar(&o.fault, "fault", "", "what goes wrong, of ssm: "+strings.Join(faults("ssm"), ", ")+
		"; of opsworks-cm: "+strings.Join(faults("opsworks-cm"), ", ")+"; a topic may be named: topic-gone:chat")
	flags.DurationVar(&o.timeout, "timeout", 30*time.Second, "the function's timeout")
	flags.StringVar(&o.serve, "serve", "", "stay up at `ADDR`, such as 127.0.0.1:4000, for any AWS client")
	flags.BoolVar(&o.json, "json", false, "print JSON lines")
	o.node.flags(flags)
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("what is %q? flags only", flags.Arg(0))
	}
	if err := o.node.prepare(&o); err != nil {
		return o, err
	}
	file, ok := map[string]string{"opsworks-cm": "testdata/settings.json", "ssm": "testdata/settings-ssm.json"}[o.backend]
	if !ok {
		return o, fmt.Errorf("-backend %s is neither ssm nor opsworks-cm", o.backend)
	}
	if o.settings == "" {
		o.settings = file
	}
	if err := knownFault(o); err != nil {
		return o, err
	}
	if o.maintenanceTime <= 0 {
		return o, fmt.Errorf("-maintenance-time %s is no time at all", o.maintenanceTime)
	}
	if len(o.events) == 0 && o.serve == "" {
		// An alarm delivered three times, and another server that has to wait for its turn.
		o.events = []string{"testdata/events/alarm.json", "testdata/events/alarm.json", "testdata/events/alarm.json",
			"testdata/events/alarm-by-dimension.json"}
	}
	return o, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	document, err := os.ReadFile(o.settings)
	if err != nil {
		return fmt.Errorf("read settings: %w", err)
	}
	if _, err := os.Stat(o.function); err != nil {
		return fmt.Errorf("find the function: %w; make run builds it", err)
	}
	payloads := make([][]byte, len(o.events))
	for i, file := range o.events {
		if payloads[i], err = os.ReadFile(file); err != nil {
			return fmt.Errorf("read event: %w", err)
		}
	}

	s := newScenario(stdout, o.json)
	m, err := machine.Start(machine.Config{
		Function: o.function, Settings: document, Address: o.serve, MaintenanceTime: o.maintenanceTime, Timeout: o.timeout,
		SweepEvery: sweepEvery, QueueTime: queueTime(o),
		Log: &s.log, OnCall: s.call, OnTransition: s.transition, OnExecution: s.execution,
		OnEvent: func(event []byte) { s.finished(ctx, event) },
	})
	if err != nil {
		return err
	}
	s.machine = m
	defer func() { _ = m.Close() }()
	if err := inject(m, o); err != nil {
		return err
	}
	if err := o.node.attach(m); err != nil {
		return err
	}

	if o.serve != "" {
		s.introduce(m)
	} else {
		go s.subscribe(ctx, m)
	}
	for i, payload := range payloads {
		if err := s.play(ctx, m, filepath.Base(o.events[i]), payload); err != nil {
			return err
		}
	}
	if o.serve != "" {
		return s.serve(ctx, m)
	}
	return s.end(ctx, m, o)
}
