// Package main is the CDK app: the stack that runs the function in an account. The CDK CLI runs it, as cdk.json says; run by
// itself it writes the template and what belongs to it to dist/cdk.out.
package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// The paths of the build, from the top of the repository, which is where cdk.json lies and the CLI runs the app.
const (
	bootstrapFile = "dist/bootstrap"
	assetFolder   = "dist/asset"
	outFolder     = "dist/cdk.out"
)

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run synthesizes the stack. Nothing is written before the settings, the binary and the limits of the services are known to
// be in order, so a wrong setting leaves nothing half-deployed.
func run(out io.Writer) error {
	defer jsii.Close()
	context := recommendedFlags()
	props := &awscdk.AppProps{AnalyticsReporting: jsii.Bool(false), Context: &context}
	withoutCLI := os.Getenv("CDK_OUTDIR") == ""
	if withoutCLI {
		written, err := readContext("cdk.json")
		if err != nil {
			return err
		}
		maps.Copy(context, written)
		props.Outdir = jsii.String(outFolder)
	}
	app := awscdk.NewApp(props)
	plan, err := newPlan(app.Node().TryGetContext(jsii.String(contextKey)), time.Now())
	if err != nil {
		return fmt.Errorf("%s in the context of cdk.json:\n%w", contextKey, err)
	}
	architecture, err := stage(assetFolder, bootstrapFile, plan.SettingsJSON)
	if err != nil {
		return err
	}
	stack := NewStack(app, stackName, &StackProps{Plan: plan, Architecture: architecture, Asset: assetFolder})
	if err := synth(app); err != nil {
		return err
	}
	if !withoutCLI {
		return nil // the CLI shows warnings itself
	}
	if stack.Warning != "" {
		_, _ = fmt.Fprintf(out, "warning: %s\n", stack.Warning)
	}
	_, err = fmt.Fprintf(out, "%s/%s.template.json\n", outFolder, stackName)
	return err
}

// synth gives back what the CDK throws: its rules, which it has listed by then, may refuse the template.
func synth(app awscdk.App) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("synthesize the stack: %v", fault)
		}
	}()
	app.Synth(nil)
	return nil
}

// flags is recommended-feature-flags.json of the CDK's version in go.mod; a test holds it to that.
//
//go:embed flags.json
var flags []byte

// recommendedFlags are the feature flags that the CDK recommends for a new project. What cdk.json says counts more.
func recommendedFlags() map[string]any {
	context := map[string]any{}
	if err := json.Unmarshal(flags, &context); err != nil {
		panic(err) // it is part of the program
	}
	return context
}

// readContext reads what the CLI would hand over.
func readContext(file string) (map[string]any, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	var app struct {
		Context map[string]any `json:"context"`
	}
	if err := json.Unmarshal(b, &app); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	return app.Context, nil
}
