package message

import (
	"fmt"
	"strings"

	"opsworks-maintenance/lambda/maintenance"
)

// Text is what a report says to people: a subject, what happened, the facts, and what to do next. Function is whom its commands call.
func Text(report maintenance.Report, function Function) Message {
	v := viewOf(report)
	var b strings.Builder
	b.WriteString(headline(v) + "\n\n")
	for _, f := range append(facts(v), fact{"Where", joined([]string{function.Account, function.Region}, ", ")}, fact{"Run", v.RunID}) {
		if f.value != "" {
			fmt.Fprintf(&b, "%-12s %s\n", f.name+":", f.value)
		}
	}
	if steps := nextSteps(v, function); len(steps) > 0 {
		b.WriteString("\nWhat to do next\n")
		for _, step := range steps {
			fmt.Fprintf(&b, "- %s\n", step.text)
			if step.line != "" {
				fmt.Fprintf(&b, "  %s\n", step.line) // alone on its line, so that it can be copied
			}
		}
	}
	return Message{Subject: subject(v), Body: b.String(), Attributes: attributes(v)}
}

// fact is one line of a message; one without a value is left out.
type fact struct{ name, value string }

func facts(v view) []fact {
	asked := asker(v.Trigger)
	if at := v.when(v.Trigger.Time); at != "" {
		asked += ", " + at
	}
	detail := v.Detail
	if detail == string(v.Server.Status) { // said of the server already
		detail = ""
	}
	return []fact{
		{"Outcome", joined([]string{string(v.Outcome), v.reason()}, ", ")},
		{"Server", describe(v)},
		{"Asked by", asked},
		{"Because", v.Trigger.Reason},
		{"And by", others(v)},
		{"Attributes", strings.Join(v.Attributes, ", ")},
		{"Overrides", strings.Join(v.Trigger.Overrides, ", ")},
		{"Attempt", v.attempt()},
		{"Time", v.when(v.At)},
		{"Accepted", v.when(v.Started)},
		{"Waits since", v.when(v.waitsSince())},
		{"May start", v.when(v.mayStart())},
		{"Held until", v.when(v.heldUntil())},
		{"Expires", v.when(v.expires())},
		{"Deadline", v.when(v.deadline())},
		{"Detail", detail},
		{"Runbook", v.Server.Runbook},
		{"Execution", v.Reference},
	}
}
