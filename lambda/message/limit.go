package message

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"opsworks-maintenance/lambda/maintenance"
)

// SNS carries 262,144 bytes, the body and the attributes together (API_Publish). Everything in a message that comes from
// outside is cut to one of these limits, so that even all of them at their longest, escaped as JSON, stay below: nothing has
// to be cut out of finished JSON.
const (
	longField    = 8 << 10
	middleField  = 1 << 10
	shortField   = 256
	longAnswer   = 32 << 10
	mostTriggers = 20
	mostNames    = 10
	cutMark      = "… [cut]"
)

// clean makes a text from outside fit for a message: one line, valid UTF-8, at most limit bytes, cut at a rune and marked so.
// Line breaks and control characters become spaces, so that no alarm can write lines that look like ours. What is there and not to be
// seen, or turns the direction of what follows, becomes a sign that something was there: bidirectional controls, zero-width
// characters, tags (https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing, and UAX #44, Default_Ignorable_Code_Point).
func clean(s string, limit int) string {
	long := len(s) > 4*limit
	if long { // whatever becomes of it, it is cut: no need to read all
		s = s[:4*limit]
	}
	s = strings.Map(func(c rune) rune {
		switch {
		case ' ' <= c && c <= '~':
			return c
		case unicode.In(c, unicode.Cc, unicode.Zl, unicode.Zp):
			return ' '
		case unicode.In(c, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point):
			return unicode.ReplacementChar
		default:
			return c
		}
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if s = strings.TrimSpace(s); len(s) <= limit && !long {
		return s
	}
	end := min(len(s), limit-len(cutMark))
	for 0 < end && end < len(s) && !utf8.RuneStart(s[end]) {
		end--
	}
	return strings.TrimSpace(s[:end]) + cutMark
}

func cleanAll(texts []string, most, limit int) []string {
	if len(texts) == 0 {
		return nil
	}
	out := make([]string, 0, min(len(texts), most))
	for _, text := range texts[:min(len(texts), most)] {
		out = append(out, clean(text, limit))
	}
	return out
}

// tidy is the report with everything that comes from outside cleaned, once and before anything is rendered. A name or an id that is
// none is left out: it would be pasted into the commands and links that a message offers.
func tidy(r maintenance.Report) maintenance.Report {
	keep := func(text *string, valid func(string) bool) {
		if !valid(*text) {
			*text = ""
		}
	}
	keep(&r.ServerName, maintenance.ValidServerName)
	keep(&r.RunID, isRunID)
	keep(&r.Reference, isExecutionID)
	r.Outcome, r.Reason = word(r.Outcome), word(r.Reason)
	r.Trigger = tidyTrigger(r.Trigger, longField)
	triggers := r.Triggers[:min(len(r.Triggers), mostTriggers)]
	r.Triggers = make([]maintenance.Trigger, 0, len(triggers))
	for _, t := range triggers {
		r.Triggers = append(r.Triggers, tidyTrigger(t, middleField))
	}
	r.Attributes = cleanAll(r.Attributes, mostNames, shortField)
	r.Detail = clean(r.Detail, longField)
	r.Figures.Step = word(r.Figures.Step)
	holders := r.Figures.Holders
	r.Figures.Holders = nil
	for _, id := range holders[:min(len(holders), mostNames)] {
		if isRunID(id) {
			r.Figures.Holders = append(r.Figures.Holders, id)
		}
	}
	if alarms := r.Figures.Alarms; len(alarms) > 0 && !isPlain(alarms[0]) { // the detail has it, where nothing is markup
		r.Figures.Alarms = nil
	}

	r.ServerAtDecision.Status = word(r.ServerAtDecision.Status)
	s := &r.Server
	keep(&s.ARN, isARN)
	keep(&s.Node, isNodeID)
	keep(&s.Runbook, isDocument)
	s.Engine, s.EngineVersion = clean(s.Engine, shortField), clean(s.EngineVersion, shortField)
	s.StatusReason = clean(s.StatusReason, longField)
	s.Backend, s.Status, s.MaintenanceStatus = word(s.Backend), word(s.Status), word(s.MaintenanceStatus)
	return r
}

// isPlain: a name that may stand in a sentence, also of a chat room: letters, digits, and what is no markup.
func isPlain(name string) bool {
	return name != "" && len(name) <= middleField && consists(name, wordly+"-_. ")
}

// word is one of a set that a service or this program names; another version may have others, but none with blanks or markup.
func word[T ~string](w T) T {
	if len(w) > shortField || !consists(string(w), wordly+"-_") {
		return ""
	}
	return w
}

func tidyTrigger(t maintenance.Trigger, longest int) maintenance.Trigger {
	t.Kind, t.Name, t.Reason = word(t.Kind), clean(t.Name, shortField), clean(t.Reason, longest)
	t.Overrides = cleanAll(t.Overrides, mostNames, shortField)
	return t
}
