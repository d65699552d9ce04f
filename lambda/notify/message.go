// Package notify tells people and machines what a request came to, through one SNS topic per audience: text for people, a
// JSON record for machines, and the chat client's own schema for chat rooms.
package notify

import (
	"fmt"
	"strings"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// Function is what messages say of the function that sends them: how to call it, and where it looks for OpsWorks CM servers.
type Function struct {
	Name   string
	Region string
	// Endpoint of the OpsWorks CM API; empty is AWS's own.
	Endpoint string
}

// Message is one report in the forms it is sent in. Rendering it is pure; sending it is Publisher's.
type Message struct {
	Subject    string
	Text       string
	Record     []byte
	Chat       []byte
	Attributes map[string]string
}

// Render puts a report into words, in the forms that have a topic. The values of engine attributes are in none of them.
func Render(report maintenance.Report, function Function, topics Topics) (Message, error) {
	report = tidy(report)
	m := Message{Subject: subject(report), Text: text(report, function), Attributes: attributes(report)}
	var err error
	if topics.Records != "" {
		if m.Record, err = renderRecord(report); err != nil {
			return Message{}, fmt.Errorf("render record: %w", err)
		}
	}
	if topics.Chat != "" {
		if m.Chat, err = renderChat(report, function); err != nil {
			return Message{}, fmt.Errorf("render chat message: %w", err)
		}
	}
	return m, nil
}

// attributes are what subscribers filter on. SNS refuses empty values, so what does not apply is left out.
func attributes(r maintenance.Report) map[string]string {
	all := map[string]string{
		"outcome": string(r.Outcome),
		"reason":  string(r.Reason),
		"cause":   string(r.Request.Cause.Kind),
		"runId":   r.RunID,
		"server":  r.Request.ServerName,
	}
	for name, value := range all {
		if value == "" {
			delete(all, name)
		}
	}
	return all
}

// subjectLimit: "must be less than 100 characters long" (API_Publish).
const subjectLimit = 99

// subject is printable ASCII, which every version of SNS's rules allows, and starts with a letter.
func subject(r maintenance.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Maintenance %s", r.Outcome)
	if r.Request.ServerName != "" {
		fmt.Fprintf(&b, ": %s", r.Request.ServerName)
	}
	if r.Reason != "" {
		fmt.Fprintf(&b, ", %s", r.Reason)
	}
	if r.Request.Cause.Kind != "" {
		fmt.Fprintf(&b, " (%s)", asker(r.Request.Cause))
	}
	ascii := strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '?'
		}
		return c
	}, b.String())
	if len(ascii) > subjectLimit {
		ascii = ascii[:subjectLimit-3] + "..."
	}
	return ascii
}

// text is the message a person reads.
func text(r maintenance.Report, function Function) string {
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-11s %s\n", name+":", value)
		}
	}
	b.WriteString(summary(r) + "\n\n")
	line("Outcome", strings.TrimSuffix(string(r.Outcome)+", "+string(r.Reason), ", "))
	line("Server", describe(r))
	line("Asked by", asker(r.Request.Cause)+askedAt(r))
	line("Because", r.Request.Cause.Reason)
	line("Attributes", strings.Join(attributeNames(r), ", "))
	line("Override", strings.Join(r.Request.Overrides, ", "))
	line("Time", when(r.At, r.Location))
	line("Started", when(r.Started, r.Location))
	line("May start", when(r.Until, r.Location))
	line("Patience", when(r.Patience, r.Location))
	line("Deadline", when(r.Deadline, r.Location))
	line("Detail", r.Detail)
	line("Runbook", r.Server.Runbook)
	line("Execution", r.Reference)
	line("Run", r.RunID)
	line("Cause key", causeKey(r))
	if steps := nextSteps(r, function); len(steps) > 0 {
		b.WriteString("\nWhat to do next\n")
		for _, step := range steps {
			fmt.Fprintf(&b, "- %s\n", step)
		}
	}
	return b.String()
}

// describe says what is known of the server: "automate-06 (ChefAutomate 2, HEALTHY before)".
func describe(r maintenance.Report) string {
	name := r.Request.ServerName
	var known []string
	if r.Server.Node != "" {
		known = append(known, r.Server.Node)
	}
	if engine := strings.TrimSpace(r.Server.Engine + " " + r.Server.EngineVersion); engine != "" {
		known = append(known, engine)
	}
	if r.Before != "" {
		known = append(known, string(r.Before)+" before")
	}
	if r.Server.Status != "" && r.Server.Status != r.Before {
		known = append(known, string(r.Server.Status)+" now")
	}
	if r.Server.MaintenanceStatus != "" && (r.Outcome == maintenance.Succeeded || r.Outcome == maintenance.Ended) {
		known = append(known, "maintenance "+string(r.Server.MaintenanceStatus))
	}
	if r.Server.StatusReason != "" {
		known = append(known, r.Server.StatusReason)
	}
	if len(known) == 0 {
		return name
	}
	return strings.TrimSpace(fmt.Sprintf("%s (%s)", name, strings.Join(known, ", ")))
}

func asker(c maintenance.Cause) string {
	switch c.Kind {
	case maintenance.CauseAlarm, maintenance.CauseSchedule:
		return string(c.Kind) + " " + c.Name
	case maintenance.CauseManual:
		return "a person"
	default:
		return ""
	}
}

func askedAt(r maintenance.Report) string {
	if r.Request.Cause.Time.IsZero() {
		return ""
	}
	return ", " + when(r.Request.Cause.Time, r.Location)
}

// when writes a time in UTC and, where that is another, in the server's zone.
func when(t time.Time, location *time.Location) string {
	if t.IsZero() {
		return ""
	}
	utc := t.UTC().Format("2006-01-02 15:04:05 UTC")
	if location == nil || location == time.UTC || location.String() == "UTC" {
		return utc
	}
	return fmt.Sprintf("%s (%s, %s)", utc, t.In(location).Format("Mon 2006-01-02 15:04:05 MST"), location)
}

func attributeNames(r maintenance.Report) []string {
	names := make([]string, 0, len(r.Request.EngineAttributes))
	for _, a := range r.Request.EngineAttributes {
		names = append(names, clean(a.Name, shortField))
	}
	return names
}

// causeKey is empty where no cause was made out.
func causeKey(r maintenance.Report) string {
	if r.Request.Cause.Kind == "" || r.Request.ServerName == "" {
		return ""
	}
	return r.Request.Cause.Key(r.Request.ServerName)
}
