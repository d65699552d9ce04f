package notify

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
	longField  = 8 << 10
	shortField = 256
	cutMark    = "… [cut]"
)

// clean makes a text from outside fit for a message: one line, valid UTF-8, at most limit bytes, cut at a rune and marked so.
// Line breaks and control characters become spaces, so that no alarm can write lines that look like ours.
func clean(s string, limit int) string {
	cut := len(s) > limit
	if cut {
		end := limit - len(cutMark)
		for end > 0 && !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end]
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.TrimSpace(strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || c == '\u2028' || c == '\u2029' {
			return ' '
		}
		return c
	}, s))
	if cut {
		s += cutMark
	}
	return s
}

// What goes into commands and links is either what it should be or left out.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_InstanceInformation.html, API_AutomationExecution.html
func isNodeID(s string) bool {
	id, ok := strings.CutPrefix(strings.TrimPrefix(s, "m"), "i-")
	return ok && id != "" && len(id) <= 64 && strings.Trim(id, hexadecimal) == ""
}

func isExecutionID(s string) bool { return len(s) == 36 && strings.Trim(s, hexadecimal+"-") == "" }

const hexadecimal = "0123456789abcdef"

// tidy is the report with everything that comes from outside cleaned, once and before anything is rendered. A server name that
// is none is left out: it would be pasted into the commands that a message offers.
func tidy(r maintenance.Report) maintenance.Report {
	if !maintenance.ValidServerName(r.Request.ServerName) {
		r.Request.ServerName = ""
	}
	cause := &r.Request.Cause
	cause.Name, cause.Reason = clean(cause.Name, shortField), clean(cause.Reason, longField)
	r.Detail = clean(r.Detail, longField)
	s := &r.Server
	if !strings.HasPrefix(s.ARN, "arn:") {
		s.ARN = ""
	}
	s.ARN, s.Engine, s.EngineVersion = clean(s.ARN, shortField), clean(s.Engine, shortField), clean(s.EngineVersion, shortField)
	s.Runbook = clean(s.Runbook, shortField)
	if !isNodeID(s.Node) {
		s.Node = ""
	}
	if !isExecutionID(r.Reference) {
		r.Reference = ""
	}
	s.StatusReason = clean(s.StatusReason, longField)
	s.Status = maintenance.Status(clean(string(s.Status), shortField))
	s.MaintenanceStatus = maintenance.MaintenanceStatus(clean(string(s.MaintenanceStatus), shortField))
	return r
}
