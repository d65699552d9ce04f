package message

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// command is an operator's request that a message offers. It names its run, on which it acts or is answered that it is over: an old message
// must not start a second maintenance. By a server's name goes what only looks or brakes, and a start where nothing runs, for the keyboard.
type command struct {
	// what says what it does: "stop it".
	what, verb string
	// server is true where it goes by the server's name.
	server    bool
	overrides []string
}

var (
	stop       = command{what: "stop it", verb: "stop"}
	giveUp     = command{what: "give up its record, though it may go on", verb: "close"}
	hold       = command{what: "hold the server for a day", verb: "hold", server: true}
	plan       = command{what: "see what would happen now", verb: "plan", server: true}
	startAgain = command{what: "start it again", verb: "start", server: true}
)

// startLeavingOut starts the server now, past some gates.
func startLeavingOut(overrides []string) command {
	return command{what: "start it now", verb: "start", server: true, overrides: overrides}
}

// usable reports whether the report names what the command is about.
func (c command) usable(v view) bool {
	return c.server && (v.ServerName != "" || c.verb == "release") || !c.server && v.RunID != ""
}

// usable are the commands of an advice that can be typed.
func (a advice) usable(v view) []command {
	var all []command
	for _, c := range a.commands {
		if c.usable(v) {
			all = append(all, c)
		}
	}
	return all
}

// Request is an operator's request that a report offers: its verb, what it does, whether that changes anything, and what the function is
// sent for it.
type Request struct {
	Verb, What string
	Acts       bool
	Body       any
}

// Requests are those that a message about the report offers.
func Requests(report maintenance.Report) []Request {
	v := viewOf(report)
	var all []Request
	for _, c := range advise(v).usable(v) {
		all = append(all, Request{c.verb, c.what + after(", leaving out: ", strings.Join(c.overrides, ", ")), c.verb != plan.verb, c.body(v)})
	}
	return all
}

// opsm is the command as opsm takes it. It names the Region, and the function where it has another name than opsm expects: what is typed
// must not go to the stack next to it.
func (c command) opsm(v view, f Function) string {
	text := "opsm " + c.verb
	switch {
	case c.server && v.ServerName == "":
		text += " -fleet"
	case c.server:
		text += " -server " + v.ServerName
	default:
		text += " -run " + v.RunID
	}
	if until := c.about(v).Until; !until.IsZero() {
		text += " -until " + until.Format(time.RFC3339)
	}
	text += after(" -override ", strings.Join(c.overrides, ","))
	if !f.Usual {
		text += after(" -function ", f.Name)
	}
	return text + after(" -region ", f.Region)
}

// request is the operator's request as the function takes it.
func (c command) request(v view) string {
	text, _ := json.Marshal(c.body(v)) // of texts: cannot fail
	return string(text)
}

func (c command) body(v view) any { return map[string]about{c.verb: c.about(v)} }

// about is what a request is about: a server or a run.
type about struct {
	ServerName string    `json:"serverName,omitempty"`
	RunID      string    `json:"runId,omitempty"`
	Until      time.Time `json:"until,omitzero"`
	Override   []string  `json:"override,omitempty"`
}

func (c command) about(v view) about {
	if c.verb == "release" { // the hold that the message is about, not one that somebody put in its place
		return about{ServerName: v.ServerName, Until: v.Until.UTC().Truncate(time.Second)}
	}
	if c.server {
		return about{ServerName: v.ServerName, Override: c.overrides}
	}
	return about{RunID: v.RunID, Override: c.overrides}
}

// awsCLI is the command without opsm. It goes to the alias that takes operators' requests, in a form that both editions of the AWS CLI
// understand: version 2 takes --payload for base64 and version 1 does not, but both send what fileb:// names as it is
// (https://docs.aws.amazon.com/cli/latest/userguide/cliv2-migration-changes.html; tried with 1.45.11 and 2.9.19).
func (c command) awsCLI(v view, f Function) string {
	return fmt.Sprintf("echo '%s' | aws lambda invoke --function-name %s:operators --region %s --payload fileb:///dev/stdin /dev/stdout",
		c.request(v), f.Name, f.Region)
}
