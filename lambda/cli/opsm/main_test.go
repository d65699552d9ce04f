package main

import (
	"context"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"opsworks-maintenance/lambda/local/machine"
)

// built is the function's binary.
var built string

type withFunction struct{ *testing.M }

func (m withFunction) Run() int { return machine.WithFunction(&built, m.M.Run) }

// TestMain makes the test's binary be opsm where a session runs it: as in a pipe, and opsm80 as on a terminal of 80 columns.
func TestMain(m *testing.M) {
	testscript.Main(withFunction{m}, map[string]func(){
		"opsm": main,
		"opsm80": func() {
			screen := standard()
			screen.width = 80
			os.Exit(run(context.Background(), os.Args[1:], screen))
		},
	})
}
