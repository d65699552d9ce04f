// Command opsm is the operator's: it asks the function how the fleet is, and to start, stop or hold maintenance. What the function
// answers goes to stdout, everything else to stderr.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"

	"github.com/alecthomas/kong"
)

// version is set by the Makefile.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends it at once
	code := run(ctx, os.Args[1:], standard())
	stop()
	os.Exit(code)
}

// run carries out one command and returns the exit code.
func run(ctx context.Context, args []string, screen screen) int {
	err := command(ctx, args, screen)
	var said exit
	var usage *kong.ParseError
	switch {
	case err == nil:
		return int(done)
	case errors.As(err, &said):
		return int(said)
	case ctx.Err() != nil:
		screen.note("opsm: %s", err)
		return int(stopped)
	case errors.As(err, &usage):
		screen.note("opsm: %s\nTry: %s --help", usage, commandOf(usage.Context))
		return int(wrongUsage)
	default:
		screen.note("opsm: %s", err)
		return int(failed)
	}
}

// exit is an exit code. As an error it is one that the answer on stdout has explained already.
type exit int

// The exit codes, as --help documents them.
const (
	done         exit = 0
	refused      exit = 1
	failed       exit = 2
	notSucceeded exit = 3
	wrongUsage   exit = 64
	stopped      exit = 130
)

func (e exit) Error() string { return "exit code " + strconv.Itoa(int(e)) }

// goesOn is what an interruption leaves behind: a run that nobody here waits for any more.
type goesOn struct{ Server, Run string }

func (g goesOn) Error() string { return fmt.Sprintf("the run %s goes on", g.Run) }

// commandOf is the command that was typed, as far as there is one of that name.
func commandOf(c *kong.Context) string {
	if node := c.Selected(); node != nil {
		return node.FullPath()
	}
	return c.Model.Name
}

// interrupted says what became of a command that was interrupted, and how to see it, where it was asked.
func (s *session) interrupted(err error) error {
	var run goesOn
	if errors.As(err, &run) {
		return fmt.Errorf("interrupted; %w\nSee:  opsm history -server %s%s\nStop: opsm stop -run %s%s", run, run.Server, s.where(), run.Run,
			s.where())
	}
	return fmt.Errorf("interrupted; the function may have the request already\nSee:  opsm status%s", s.where())
}
