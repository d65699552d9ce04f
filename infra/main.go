// Package main is the CDK app: the stack that runs the function in an account. The CDK CLI runs it, as cdk.json says; run by
// itself it writes the template and what belongs to it to dist/cdk.out, and with the argument release, to dist/release, what can be
// deployed without the CDK.
package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"opsworks-maintenance/lambda/settings/check"
)

// The paths of the build, from the top of the repository, which is where cdk.json lies and the CLI runs the app.
const (
	bootstrapFile   = "dist/bootstrap"
	pageFile        = "dist/page"
	assetFolder     = "dist/asset"
	pageAssetFolder = "dist/asset-page"
	outFolder       = "dist/cdk.out"
)

func main() {
	do := run
	if slices.Equal(os.Args[1:], []string{"release"}) {
		do = release
	}
	if err := do(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run synthesizes the stack.
func run(out io.Writer) error {
	if _, err := exec.LookPath("node"); err != nil {
		return errors.New("node is not installed, and the CDK runs on it: install Node 22 or later")
	}
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
	plan, architecture, err := prepare(app.Node().TryGetContext(jsii.String(contextKey)))
	if err != nil {
		return err
	}
	stack := NewStack(app, &StackProps{Plan: plan, Architecture: architecture, Asset: assetFolder, PageAsset: pageAssetFolder})
	if err := synth(app); err != nil {
		return err
	}
	if !withoutCLI {
		return nil // the CLI shows warnings itself
	}
	if stack.Warning != "" {
		_, _ = fmt.Fprintf(out, "warning: %s\n", stack.Warning)
	}
	_, err = fmt.Fprintf(out, "%s/%s.template.json\n", outFolder, plan.Deployment.Name)
	return err
}

// prepare reads the settings and lays out the function and its page. Nothing is written before the settings, the binary and the limits of
// the services are known to be in order, so a wrong setting leaves nothing half-deployed.
func prepare(context any) (p plan, architecture string, err error) {
	if p, err = newPlan(context, time.Now()); err != nil {
		return p, "", fmt.Errorf("%s in the context of cdk.json:\n%w", contextKey, err)
	}
	if architecture, err = stage(assetFolder, bootstrapFile, p.SettingsJSON); err != nil {
		return p, "", err
	}
	ofPage, err := stage(pageAssetFolder, pageFile, p.SettingsJSON)
	if err == nil && ofPage != architecture {
		err = fmt.Errorf("%s is built for %s, and %s for %s, run make build", pageFile, ofPage, bootstrapFile, architecture)
	}
	return p, architecture, err
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
	if problem := check.SyntaxProblem(b); problem != "" {
		return nil, fmt.Errorf("%s: %s", file, problem)
	}
	var app struct {
		Context map[string]any `json:"context"`
	}
	if err := json.Unmarshal(b, &app); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	return app.Context, nil
}
