// Command bench measures the built function against a bare handler (testdata/barehandler) that makes three of its five calls, all
// but the two to the ledger: how large the two are, how fast they start, what an event costs. Both run as in Lambda, as processes
// behind the Runtime API, and both take turns in one run, so that whatever else the machine does strikes both alike. The ratios
// are the result.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures and writes the table. It writes none if a single event of the measurement went wrong.
func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	function := flags.String("function", "", "the function's `binary`")
	bare := flags.String("bare", "", "the bare handler's `binary`, built with the same flags")
	document := flags.String("settings", "testdata/settings.json", "the function's settings `document`, with the server "+serverName)
	cold := flags.Int("cold", 20, "cold starts of each binary")
	warm := flags.Int("warm", 300, "warm events of each binary, spread over several processes")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if *function == "" || *bare == "" || *cold < 1 || *warm < 1 || flags.NArg() > 0 {
		return fmt.Errorf("wants -function and -bare, and at least one event of each kind (-help tells more)")
	}

	aws, err := startServices()
	if err != nil {
		return err
	}
	defer aws.close()
	env, err := environment(aws, *document)
	if err != nil {
		return err
	}
	pair := [2]*subject{
		{
			file: *function, env: env, event: `{"start":{"serverName":"` + serverName + `"}}`,
			field: "outcome", value: "started", wanted: functionCalls,
		},
		{
			file: *bare, env: env, event: `{"serverName":"` + serverName + `"}`,
			field: "status", value: "UNDER_MAINTENANCE", wanted: bareCalls,
		},
	}
	build, err := inspect(pair)
	if err != nil {
		return err
	}
	perProcess, err := measure(ctx, aws, pair, *cold, *warm)
	if err != nil {
		return err
	}
	rows, err := tabulate(pair, perProcess)
	if err != nil {
		return err
	}
	return write(out, rows, legend{build: build, cold: *cold, warm: perProcess})
}
