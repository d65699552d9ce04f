// Command bench measures the built function against two handlers that make three of its calls, all but those to the ledger: a bare one
// of the SDK's defaults (testdata/barehandler), and a floor without the SDK (testdata/floor). How large they are, how fast they start,
// what an event costs. All run as in Lambda, as processes behind the Runtime API, and take turns in one run, so that whatever else the
// machine does strikes all alike. The ratios are the result.
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
	"slices"
	"time"

	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
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
	floor := flags.String("floor", "", "the floor's `binary`, built with the same flags")
	document := flags.String("settings", "lambda/local/bench/testdata/settings.json",
		"the function's settings `document`, with the server "+serverName)
	overTLS := flags.Bool("tls", false, "TLS endpoints, as AWS's are (Linux: on macOS Go does not read SSL_CERT_FILE)")
	alike := flags.Bool("alike", false, "give the other two the function's "+settings.EnvMaxProcs+" too, which they are not deployed with")
	cold := flags.Int("cold", 300, "cold starts of each binary")
	warm := flags.Int("warm", 3000, "warm events of each binary, spread over several processes")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if *function == "" || *bare == "" || *floor == "" || *cold < 1 || *warm < 1 || flags.NArg() > 0 {
		return fmt.Errorf("wants -function, -bare and -floor, and at least one event of each kind (-help tells more)")
	}

	folder, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	resolved := filepath.Join(folder, "settings.json")
	limit, err := resolve(*document, resolved)
	if err != nil {
		return err
	}
	aws, err := startServices(*overTLS, limit)
	if err != nil {
		return err
	}
	defer aws.close()
	env := environment(aws, resolved)
	deployed := append(slices.Clone(env), settings.EnvMaxProcs+"="+settings.MaxProcs)
	if *alike {
		env = deployed
	}
	measured := binaries(*function, *bare, *floor, env, deployed, limit)
	build, err := inspect(measured)
	if err != nil {
		return err
	}
	perProcess, err := measure(ctx, aws, measured, *cold, *warm)
	if err != nil {
		return err
	}
	rows, err := tabulate(measured, perProcess)
	if err != nil {
		return err
	}
	return write(out, measured, rows, legend{build: build, cold: *cold, warm: perProcess, tls: *overTLS, alike: *alike})
}

// resolve writes the settings of a document as the function loads them, and gives their concurrency limit; 0 is none.
func resolve(path, to string) (int, error) {
	document, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("read the settings: %w", err)
	}
	doc, err := check.Resolve(document, time.Time{})
	if err != nil {
		return 0, fmt.Errorf("read the settings %s: %w", path, err)
	}
	resolved, err := settings.Encode(doc)
	if err != nil {
		return 0, fmt.Errorf("write the settings: %w", err)
	}
	return doc.MaxConcurrent, os.WriteFile(to, resolved, 0o600)
}

// binaries are what is measured: the function, and the two that make its calls to the servers and nothing else.
func binaries(function, bare, floor string, env, deployed []string, limit int) []*subject {
	threeCalls := subject{env: env, event: `{"serverName":"` + serverName + `"}`,
		field: "status", value: "UNDER_MAINTENANCE", wanted: bareCalls}
	bareHandler, floorHandler := threeCalls, threeCalls
	bareHandler.name, bareHandler.file = "bare handler", bare
	floorHandler.name, floorHandler.file = "floor", floor
	return []*subject{
		{
			name: "function", file: function, env: deployed, alias: settings.OperatorsAlias,
			event: `{"start":{"serverName":"` + serverName + `"}}`, field: "outcome", value: "started", wanted: functionCalls(limit),
		},
		&bareHandler,
		&floorHandler,
	}
}
