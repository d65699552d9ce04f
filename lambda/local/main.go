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
	"slices"
	"syscall"
	"time"

	"opsworks-maintenance/lambda/local/machine"
	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprint(os.Stderr, indented("make run: "+err.Error(), 0, widest))
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	content, err := readSettings(o.settings)
	if err != nil {
		return err
	}
	document, err := check.Resolve(content, time.Time{})
	if err != nil {
		return fmt.Errorf("read settings: %w", err)
	}
	if err := known(o, document); err != nil {
		return err
	}
	if err := isBuilt(o); err != nil {
		return err
	}

	s := newScenario(stdout, o.json)
	for _, server := range document.Servers {
		if s.zones[server.Name], err = time.LoadLocation(server.Timezone); err != nil {
			return err
		}
	}
	occasions, err := story(o, document, s.begin)
	if err != nil {
		return err
	}
	m, err := s.start(ctx, o, content)
	if err != nil {
		return err
	}
	defer func() { _ = m.Close() }()
	if err := prepare(ctx, m, o, document); err != nil {
		return err
	}

	if o.serve != "" {
		s.introduce(m, document)
	} else {
		go s.subscribe(ctx, m)
	}
	for _, occasion := range occasions {
		if err := s.play(ctx, m, occasion); err != nil {
			return err
		}
	}
	if o.serve != "" {
		defer takeTerminal()()
		return s.serve(ctx, m)
	}
	return s.end(ctx, m, o)
}

// prepare makes the machine as the flags want it.
func prepare(ctx context.Context, m *machine.Machine, o options, document settings.Settings) error {
	if err := inject(m, o); err != nil {
		return err
	}
	if err := o.node.attach(m); err != nil || !o.fleet {
		return err
	}
	return m.Remember(ctx, document.Servers, time.Now())
}

// isBuilt checks that what is run is there: with -serve, the page too.
func isBuilt(o options) error {
	_, err := os.Stat(o.function)
	if err == nil && o.serve != "" {
		_, err = os.Stat(o.page)
	}
	if err != nil {
		return fmt.Errorf("find the function: %w; make run builds it", err)
	}
	return nil
}

// start puts together what the story is played on.
func (s *scenario) start(ctx context.Context, o options, content []byte) (m *machine.Machine, err error) {
	config := machine.Config{
		Function: o.function, Settings: content, Runbooks: o.runbooks, Address: o.serve, MaintenanceTime: o.maintenanceTime, Timeout: o.timeout,
		SweepEvery: sweepEvery, QueueTime: queueTime(o),
		Log: &s.log, OnCall: s.call, OnTransition: s.transition, OnExecution: s.execution,
		OnEvent: func(event []byte) { s.happened(ctx, event) },
	}
	if o.serve != "" {
		config.Page, config.OnRequest = o.page, s.request
	}
	s.machine, err = machine.Start(config)
	return s.machine, err
}

// known checks that the settings have what the flags name.
func known(o options, document settings.Settings) error {
	for name := range o.runbooks {
		if !slices.ContainsFunc(document.Servers, func(server settings.Server) bool { return server.Runbook == name }) {
			return fmt.Errorf("-runbook %s is no server's runbook in %s", name, o.settings)
		}
	}
	return nil
}
