package main

import (
	"context"
	_ "embed"
	"errors"
	"os/user"
	"strings"

	"github.com/alecthomas/kong"

	"opsworks-maintenance/lambda/settings"
)

const description = `Asks the maintenance function, as an operator.

Flags work with one dash and with two. On a terminal an answer is a table or a sentence; in a pipe its columns are divided by tabs,
times are RFC 3339, nothing is cut and there is no header; -json prints JSON ("opsm help json" lists its fields).

Credentials and Region are those of the AWS CLI: its environment, profiles and SSO.

Exit codes:
    0    done; "waits", "asked to stop" and an empty fleet are answers too
    1    refused
    2    error: the function or AWS failed, or part of the answer is missing
    3    start -wait: the run ended, and did not succeed
    64   wrong usage
    130  interrupted; a run goes on without opsm`

// promise is what -json prints, field by field. Fields are added to it, and none is taken away.
//
//go:embed json.txt
var promise string

// options are the flags that every command has.
type options struct {
	Function string `default:"opsworks-maintenance" env:"OPSM_FUNCTION" placeholder:"NAME" help:"Name or ARN of the function; ${default}."`
	Profile  string `placeholder:"NAME" help:"Profile of the AWS configuration to use."`
	Region   string `placeholder:"NAME" help:"Region of the function."`
	Endpoint string `env:"OPSM_ENDPOINT" placeholder:"URL" help:"Address of the local system (make run), which needs no credentials."`
	JSON     bool   `name:"json" help:"Print JSON."`
}

// where are the flags that say whom a command asks, as they were given.
func (o options) where() string {
	flags := ""
	if o.Function != settings.DefaultName {
		flags = after(" -function ", o.Function)
	}
	return flags + after(" -profile ", o.Profile) + after(" -region ", o.Region) + after(" -endpoint ", o.Endpoint)
}

// arguments are the whole command line.
type arguments struct {
	options
	Version kong.VersionFlag `help:"Print the version of opsm."`

	Status  statusCommand  `cmd:"" help:"The fleet: each server, its open run and what that waits for, holds, slots, mailboxes."`
	Plan    planCommand    `cmd:"" help:"What would happen to a server now, for each kind of trigger. Changes nothing."`
	Start   startCommand   `cmd:"" help:"Start maintenance of a server now, or the run that waits."`
	Stop    stopCommand    `cmd:"" help:"Cancel a run that waits, or ask its backend to stop one that runs."`
	Approve approveCommand `cmd:"" help:"Let a run go on that waits for approval."`
	Hold    holdCommand    `cmd:"" help:"Let no run of a server, or of the fleet, start for a while."`
	Release releaseCommand `cmd:"" help:"Take a hold away."`
	Close   closeCommand   `cmd:"" help:"Give up the record of a run past its deadline or not seen for ten minutes."`
	History historyCommand `cmd:"" help:"The latest runs and refusals of a server, newest first."`
	Redrive redriveCommand `cmd:"" help:"Send the events in the dead-letter queue to the function again."`
	Import  importCommand  `cmd:"" help:"Make a settings document of a CloudFormation template, describe-servers or nodes."`
}

// command reads the command line and does what it asks for.
func command(ctx context.Context, args []string, screen screen) error {
	if len(args) == 2 && args[0] == "help" && args[1] == "json" {
		return screen.print(promise)
	}
	var all arguments
	parser, err := kong.New(&all, kong.Name("opsm"), kong.Description(description), kong.Writers(screen.out, screen.err),
		kong.Vars{"version": version, "user": userName()}, kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}))
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(dashes(args))
	if err != nil {
		return err
	}
	s := &session{options: all.options, screen: screen}
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = nil
	if all.Import.File == "" { // a file needs no AWS
		err = s.connect(ctx)
	}
	if err == nil {
		err = parsed.Run(s)
	}
	var said exit
	if err != nil && ctx.Err() != nil && !errors.As(err, &said) {
		return s.interrupted(err)
	}
	return err
}

// userName is the one of the machine; empty where it has none.
func userName() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}

// dashes turns "-server" into "--server", and "help start" into "start --help".
func dashes(args []string) []string {
	if len(args) == 0 {
		return []string{"--help"}
	}
	var two []string
	for _, arg := range args {
		if strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "--") && len(arg) > 2 {
			arg = "-" + arg
		}
		two = append(two, arg)
	}
	if two[0] == "help" {
		return append(two[1:], "--help")
	}
	return two
}

// target is the run that a request is about: by its id, or as the open run of a server.
type target struct {
	Server string `json:"serverName,omitempty" placeholder:"NAME" help:"The server; its open run is meant."`
	Run    string `json:"runId,omitempty" placeholder:"ID" help:"The id of the run, as messages give it."`
}

// Validate is asked by kong.
func (t target) Validate() error {
	if t.Server == "" && t.Run == "" {
		return errors.New("give -run ID or -server NAME")
	}
	return nil
}

// server is the server that a request is about.
type server struct {
	Server string `json:"serverName" placeholder:"NAME" help:"The server."`
}

// Validate is asked by kong.
func (s server) Validate() error {
	if s.Server == "" {
		return errors.New("give -server NAME")
	}
	return nil
}

// asker is who asks, for the message; an event carries no identity.
type asker struct {
	By string `json:"by,omitempty" default:"${user}" placeholder:"NAME" help:"Who asks; for messages, and nothing checks it."`
}

// brake is what a hold binds: a server, or the fleet, which nobody means by leaving a name out.
type brake struct {
	Server string `json:"serverName,omitempty" placeholder:"NAME" help:"The server."`
	Fleet  bool   `json:"-" help:"All servers."`
}

// Validate is asked by kong.
func (b brake) Validate() error {
	if (b.Server == "") != b.Fleet {
		return errors.New("give either -server NAME or -fleet")
	}
	return nil
}
