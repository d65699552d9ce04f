package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"opsworks-maintenance/lambda/local/machine"
)

// options are the flags.
type options struct {
	backend         string
	events          []string
	settings        string
	runbooks        map[string]machine.Runbook
	function        string
	page            string
	fleet           bool
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

// define gives the flags their names and words.
func (o *options) define(flags *flag.FlagSet) {
	flags.Func("event", "give the function the event in `FILE`; repeatable (default: an alarm that fits the settings, three times, "+
		"then another server's)", func(file string) error {
		o.events = append(o.events, file)
		return nil
	})
	flags.StringVar(&o.backend, "backend", "ssm", "backend of the servers: ssm, or opsworks-cm")
	flags.StringVar(&o.settings, "settings", "", "settings document in `FILE`, or a cdk.json that has it "+
		"(default: testdata/settings-ssm.json, with -backend opsworks-cm testdata/settings.json)")
	flags.Func("runbook", "play the steps of a runbook of your own, `NAME=FILE`: its name in the settings, its document as JSON; repeatable "+
		"(default: one step)", o.readRunbook)
	flags.StringVar(&o.function, "function", "dist/local/bootstrap", "the function's binary for this machine, in `FILE`")
	flags.StringVar(&o.page, "page", "dist/local/page", "the page function's binary for this machine, in `FILE`; with -serve")
	o.maintenanceTime, o.timeout = usualTime, 30*time.Second
	flags.Func("maintenance-time", "how long a maintenance takes, a `TIME` such as 10s or 5m (default 3s)", duration(&o.maintenanceTime))
	flags.BoolVar(&o.fail, "fail", false, "let maintenance fail")
	flags.StringVar(&o.fault, "fault", "", "what goes wrong, a `NAME`, of ssm: "+strings.Join(faults("ssm"), ", ")+
		"; of opsworks-cm: "+strings.Join(faults("opsworks-cm"), ", ")+"; a topic may be named: topic-gone:chat")
	flags.Func("timeout", "the function's timeout, a `TIME` such as 2s (default 30s)", duration(&o.timeout))
	flags.StringVar(&o.serve, "serve", "", "stay up at `ADDR`, such as 127.0.0.1:4000, for any AWS client")
	flags.BoolVar(&o.fleet, "fleet", false, "with -serve, a fleet to look at: testdata/settings-fleet.json, two weeks of made-up runs, "+
		"alarms, a hold, maintenances that take ten minutes")
	flags.BoolVar(&o.json, "json", false, "print JSON lines")
	o.node.flags(flags)
}

// prepareFleet gives the flags that nobody gave what suits a fleet to look at.
func (o *options) prepareFleet() error {
	switch {
	case !o.fleet:
		return nil
	case o.serve == "" || o.backend != "ssm":
		return errors.New("-fleet goes with -serve, and -backend ssm")
	}
	if o.settings == "" {
		o.settings = "testdata/settings-fleet.json"
	}
	if o.maintenanceTime == usualTime {
		o.maintenanceTime = 10 * time.Minute
	}
	return nil
}

// duration reads a time that something takes.
func duration(into *time.Duration) func(string) error {
	return func(text string) error {
		d, err := time.ParseDuration(text)
		switch {
		case err != nil:
			return fmt.Errorf("write a number with its unit, such as 10s or 5m")
		case d <= 0:
			return fmt.Errorf("that is no time at all; write for example 10s")
		}
		*into = d
		return nil
	}
}

// readRunbook is one -runbook.
func (o *options) readRunbook(given string) error {
	name, file, ok := strings.Cut(given, "=")
	if !ok || name == "" || file == "" {
		return fmt.Errorf("write NAME=FILE, the name as in the settings")
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	runbook, err := machine.ReadRunbook(content)
	if err != nil {
		return err
	}
	if o.runbooks == nil {
		o.runbooks = map[string]machine.Runbook{}
	}
	o.runbooks[name] = runbook
	return nil
}

// parse reads the flags. -h prints them to stderr.
func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	var usage bytes.Buffer
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	o.define(flags)
	flags.Usage = func() { // also called at a mistake, which its own sentence is enough for
		flags.SetOutput(&usage)
		flags.PrintDefaults()
		flags.SetOutput(io.Discard)
	}
	err := flags.Parse(args)
	switch {
	case err == flag.ErrHelp:
		_, _ = fmt.Fprintln(stderr, "The flags of make run, in ARGS=\"…\":")
		for line := range strings.Lines(usage.String()) {
			text := strings.TrimSpace(line)
			indent := len("      ")
			if strings.HasPrefix(text, "-") {
				indent = len("  ")
			}
			_, _ = fmt.Fprint(stderr, indented(text, indent, widest))
		}
		return o, err
	case err != nil:
		return o, err
	case flags.NArg() > 0:
		return o, fmt.Errorf("what is %q? flags only", flags.Arg(0))
	}
	if err := o.node.prepare(&o); err != nil {
		return o, err
	}
	if err := o.prepareFleet(); err != nil {
		return o, err
	}
	file, ok := map[string]string{"opsworks-cm": "testdata/settings.json", "ssm": "testdata/settings-ssm.json"}[o.backend]
	if !ok {
		return o, fmt.Errorf("-backend %s is neither ssm nor opsworks-cm", o.backend)
	}
	if o.settings == "" {
		o.settings = file
	}
	return o, knownFault(o)
}
