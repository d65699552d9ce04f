// Package message puts into words what a trigger, a request or a step of a run came to: as text for people, as a JSON record for
// machines, in the chat client's own schema for chat rooms, and as the answer to who asked. It is pure: words depend on the report alone.
package message

import (
	"fmt"
	"strings"

	"opsworks-maintenance/lambda/maintenance"
)

// Function is the function that a message is from: its commands call it, its links lead to its stack.
type Function struct {
	Name   string
	Region string
	// Usual is true if opsm asks this function where none is named.
	Usual bool
	// Account is left out of a message if it is empty.
	Account string
	// LogGroup is where it logs; empty is the group that Lambda names by the function.
	LogGroup string
}

// Message is one report in one form. However long the texts of the report are, SNS takes it as it is (API_Publish).
type Message struct {
	// Subject is that of a mail; only text has one.
	Subject string
	Body    string
	// Attributes are what subscribers filter on; none is empty.
	Attributes map[string]string
}

// attributes are what subscribers filter on. SNS refuses empty values, so what does not apply is left out.
func attributes(v view) map[string]string {
	all := map[string]string{
		"outcome": string(v.Outcome),
		"reason":  string(v.Reason),
		"trigger": string(v.Trigger.Kind),
		"runId":   v.RunID,
		"server":  v.ServerName,
	}
	for name, value := range all {
		if value == "" {
			delete(all, name)
		}
	}
	return all
}

// headline is the first line of a message. One that comes late says so: what it says was so then.
func headline(v view) string {
	if !v.late() {
		return summary(v)
	}
	return fmt.Sprintf("%s late: %s", span(v.Late), summary(v))
}

// asker is the trigger in words.
func asker(t maintenance.Trigger) string {
	switch t.Kind {
	case maintenance.TriggerAlarm, maintenance.TriggerSchedule, maintenance.TriggerAfter:
		return strings.TrimSpace(string(t.Kind) + " " + t.Name)
	case maintenance.TriggerManual:
		return "an operator"
	default:
		return string(t.Kind)
	}
}

// asked is who asked, in a sentence; empty where nobody did.
func asked(v view) string {
	at := after(", ", v.when(v.Trigger.Time))
	switch v.Trigger.Kind {
	case maintenance.TriggerAlarm:
		return "An alarm asked for it: " + v.Trigger.Name + at
	case maintenance.TriggerSchedule:
		return "A schedule asked for it: " + v.Trigger.Name + at
	case maintenance.TriggerAfter:
		return "It follows the success of " + v.Trigger.Name + at
	case maintenance.TriggerManual:
		return "An operator asked for it" + at + leavingOut(v)
	default:
		return ""
	}
}

// leavingOut are the gates that an operator wanted left out.
func leavingOut(v view) string {
	return after(", leaving out: ", strings.Join(v.Trigger.Overrides, ", "))
}

// others are the triggers of a run beside the one that the message names.
func others(v view) string {
	const most = 5
	var names []string
	more := 0
	for _, t := range v.Triggers {
		switch {
		case t.Kind == v.Trigger.Kind && t.Name == v.Trigger.Name && (t.Kind != maintenance.TriggerManual || t.ID == v.Trigger.ID):
		case len(names) == most:
			more++
		default:
			names = append(names, asker(t))
		}
	}
	if more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

// describe says what is known of the server: "automate-06 (ChefAutomate 2, HEALTHY before, last seen UNDER_MAINTENANCE)".
func describe(v view) string {
	known := []string{v.Server.Node, joined([]string{v.Server.Engine, v.Server.EngineVersion}, " ")}
	before := v.state(v.ServerAtDecision.Status)
	if before != "" && v.accepted() {
		known = append(known, before+" before")
	}
	if now := v.state(v.Server.Status); now != "" {
		known = append(known, "last seen "+now)
	}
	// That of opsworks-cm is of the most recent maintenance, which is this one only once its end was seen.
	if v.Server.MaintenanceStatus != "" && !v.ssm() && v.Reason == "" &&
		(v.Outcome == maintenance.OutcomeSucceeded || v.Outcome == maintenance.OutcomeFailed) {
		known = append(known, "maintenance "+string(v.Server.MaintenanceStatus))
	}
	facts := joined(append(known, v.local(v.Server.StatusReason)), ", ")
	if facts == "" {
		return v.ServerName
	}
	return strings.TrimSpace(fmt.Sprintf("%s (%s)", v.ServerName, facts))
}

// joined are the texts that are not empty.
func joined(texts []string, separator string) string {
	var all []string
	for _, text := range texts {
		if text != "" {
			all = append(all, text)
		}
	}
	return strings.Join(all, separator)
}
