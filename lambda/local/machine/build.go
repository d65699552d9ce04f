package machine

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Build builds a command of this module for this machine into folder, with the flags the Makefile deploys the function with, and
// returns its path. Tests use it, so that what they run is what is deployed.
func Build(folder, pkg string) (string, error) {
	file := filepath.Join(folder, filepath.Base(pkg))
	command := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-tags", "lambda.norpc", "-o", file, pkg)
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", pkg, err, output)
	}
	return file, nil
}

// The packages of the function, and of the page function.
const (
	FunctionPackage = "opsworks-maintenance/lambda"
	PagePackage     = "opsworks-maintenance/lambda/page"
)

// WithFunction builds the function into a folder of its own, runs what needs it, and takes the folder away: a TestMain.
func WithFunction(built *string, run func() int) int {
	folder, err := os.MkdirTemp("", "function-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	if *built, err = Build(folder, FunctionPackage); err != nil {
		panic(err)
	}
	return run()
}
