package message

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"opsworks-maintenance/lambda/maintenance"
)

// Prose is wrapped at so many columns. The first lines of a message say what happened, what comes if nobody does anything, and the first
// command; what has no room there stands further down.
const (
	columns    = 72
	firstLines = 8
)

// Text is what a report says to people: a subject, what happened, what comes if nobody does anything, what can be typed, the facts, and the
// run's id. Function is whom its commands call.
func Text(report maintenance.Report, function Function) Message {
	v := viewOf(report)
	a, page := advise(v), linkOf(v, function)
	commands := a.usable(v)
	paragraph, intro := wrap(a.paragraph()), a.intro(page, commands)
	top, rest := beginning(v, firstLines-len(paragraph)-3) // an empty line, the intro, and the first command

	var b strings.Builder
	lines := func(some ...string) { b.WriteString(strings.Join(some, "\n") + "\n") }
	lines(top...)
	b.WriteString("\n")
	if len(paragraph) > 0 {
		lines(paragraph...)
	}
	if intro != "" {
		lines(intro + page.after())
	}
	for _, c := range commands {
		lines("  " + c.opsm(v, function))
	}
	if len(commands) > 0 {
		lines("Without opsm:", "  "+commands[0].awsCLI(v, function))
	}
	b.WriteString("\n")
	if some := unsaid(append(rest, facts(v)...), headline(v)+" "+a.paragraph()); len(some) > 0 {
		lines(append(some, "")...)
	}
	lines(joined([]string{after("account ", function.Account), function.Region, after("run ", v.RunID)}, ", "))
	return Message{Subject: subject(v), Body: b.String(), Attributes: attributes(v)}
}

// beginning is what a message begins with, in at most so many lines if that can be: what happened, then what was recorded of it, who asked,
// and the alarm's words. What has no room is left as facts.
func beginning(v view, room int) (top []string, rest []fact) {
	top = wrap(headline(v))
	for _, c := range circumstances(v) {
		switch {
		case c.value == "":
		case len(top) < room:
			top = append(top, c.line)
		default:
			rest = append(rest, c.fact)
		}
	}
	return top, rest
}

// circumstance is a fact that has a line of its own where there is room for it.
type circumstance struct {
	fact
	line string
}

// circumstances are those of a report, the most telling first.
func circumstances(v view) []circumstance {
	by := joined([]string{asker(v.Trigger), v.when(v.Trigger.Time)}, ", ") + leavingOut(v)
	if v.Trigger.Kind == "" {
		by = ""
	}
	detail := v.detail()
	return []circumstance{
		{fact{"Detail", detail}, "  " + detail},
		{fact{"Asked by", by}, asked(v)},
		{fact{"Because", v.Trigger.Reason}, "  " + v.Trigger.Reason},
	}
}

// unsaid are the lines of the facts that have a value, and that the text before does not say.
func unsaid(all []fact, before string) []string {
	var lines []string
	for _, f := range all {
		if f.value != "" && !strings.Contains(before, f.value) {
			lines = append(lines, fmt.Sprintf("%-12s %s", f.name+":", f.value))
		}
	}
	return lines
}

// wrap breaks a text into lines of at most so many columns; a word that is longer has a line of its own.
func wrap(text string) []string {
	var lines []string
	line, width := "", 0
	for _, word := range unbroken(text) {
		n := utf8.RuneCountInString(word)
		if line != "" && width+1+n > columns {
			lines, line, width = append(lines, line), "", 0
		}
		if line != "" {
			line, width = line+" ", width+1
		}
		line, width = line+word, width+n
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// unbroken are the words of a text, a time among them as one: "Sun 29 Nov 00:00 CET".
func unbroken(text string) []string {
	var all []string
	for words := strings.Fields(text); len(words) > 0; {
		n := 1
		clock := slices.IndexFunc(words[:min(len(words), 5)], isClock)
		if clock > 2 && len(words) > clock+1 && slices.Contains(weekdays, words[0]) {
			n = clock + 2
		}
		all, words = append(all, strings.Join(words[:n], " ")), words[n:]
	}
	return all
}

var weekdays = []string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}

func isClock(word string) bool { return len(word) == 5 && word[2] == ':' }

// fact is one line of a message; one without a value is left out.
type fact struct{ name, value string }

// acceptedAt is when the run was accepted, where that is not the time of the message.
func acceptedAt(v view) string {
	if v.Outcome == maintenance.OutcomeStarted {
		return ""
	}
	return v.when(v.Started)
}

// facts are those that stand below what can be typed.
func facts(v view) []fact {
	return []fact{
		{"Server", describe(v)},
		{"And by", others(v)},
		{"Attributes", strings.Join(v.Attributes, ", ")},
		{"Attempt", v.attempt()},
		{"Time", v.when(v.At)},
		{"Accepted", acceptedAt(v)},
		{"Waits since", v.when(v.waitsSince())},
		{"May start", v.when(v.mayStart())},
		{"Held until", v.when(v.heldUntil())},
		{"Expires", v.when(v.expires())},
		{"Deadline", v.when(v.deadline())},
		{"Runbook", v.Server.Runbook},
		{"Execution", v.Reference},
	}
}
