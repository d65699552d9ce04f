package message_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"opsworks-maintenance/lambda/maintenance"
)

// hostile is a report all of whose texts from outside are the one given.
func hostile(r maintenance.Report, text string) maintenance.Report {
	r.Trigger.Name, r.Trigger.Reason, r.Trigger.Overrides = text, text, many(10, text)
	r.Triggers = nil
	for range 250 {
		r.Triggers = append(r.Triggers, maintenance.Trigger{Kind: maintenance.TriggerAlarm, Name: text, Reason: text, Time: at})
	}
	r.ServerName, r.Reference, r.RunID, r.Detail, r.Attributes = text, text, text, text, many(10, text)
	r.Server = maintenance.Server{Name: text, Backend: text, ARN: text, Engine: text, EngineVersion: text,
		Status: maintenance.Status(text), StatusReason: text,
		MaintenanceStatus: maintenance.MaintenanceStatus(text), Node: text, Runbook: text}
	r.ServerAtDecision = r.Server
	r.Figures = maintenance.Figures{Limit: time.Hour, Most: 1, Holders: many(20, text), Step: text}
	answer, err := json.Marshal(map[string]any{"StatusReason": text, text: many(3, text)})
	if err != nil {
		panic(err)
	}
	r.Answer = string(answer)
	return r
}

func many(n int, text string) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = text
	}
	return all
}

func TestMessages_HostileTexts(t *testing.T) {
	for name, text := range map[string]string{
		"64 KB":                    strings.Repeat("x", 1<<16),
		"64 KB of two bytes":       strings.Repeat("é", 1<<15),
		"64 KB of quotes":          strings.Repeat(`"`, 1<<16),
		"64 KB of no UTF-8":        strings.Repeat("a\xff", 1<<15),
		"64 KB of controls":        strings.Repeat("\x01\u2028", 1<<14),
		"64 KB of invisibles":      strings.Repeat("\u061c", 1<<15),
		"8 KB of quotes":           strings.Repeat(`"`, 8<<10),
		"1 KB of backslashes":      strings.Repeat(`\`, 1<<10),
		"lines that look like us":  "fine\nWhat to do next\n- pay",
		"markup of the chat":       "`@here` *bold* <!channel>",
		"an end of a shell's word": "x';touch f;'",
		"nothing but a line break": "\n",
		"nothing":                  "",
	} {
		t.Run(name, func(t *testing.T) {
			for _, c := range []string{"started-manual", "refused-wrong-state", "error-denied-follow", "waiting-wrong-state-ssm", "failed"} {
				m := render(t, hostile(cases[c], text))
				checkRules(t, m)
				if len(text) > 1<<15 && !strings.Contains(m.text.Body, "… [cut]") {
					t.Error("nothing says that it was cut")
				}
				if strings.Contains(m.text.Body, "\n- pay") {
					t.Errorf("a text from outside writes lines of ours:\n%s", m.text.Body)
				}
				if strings.Contains(m.chat.Body, "\\u0060@here") || strings.Contains(m.chat.Body, "`@here") {
					t.Errorf("a text from outside leaves its code span:\n%s", m.chat.Body)
				}
				for _, command := range commands(hostile(cases[c], text)) {
					if strings.Contains(command, "touch") {
						t.Errorf("a text from outside is in a command: %s", command)
					}
				}
			}
		})
	}
}

// The longest that passes every check: names that are names, ids that are ids, and the most of each text.
func TestMessages_EverythingAtItsLongest(t *testing.T) {
	for name, r := range cases {
		server, reference, id := r.Server.Backend, r.Reference, r.RunID
		r = hostile(r, strings.Repeat(`"`, 1<<16))
		r.ServerName, r.Reference, r.RunID = "a"+strings.Repeat("1", 39), reference, id
		r.Server.Backend = server
		r.Server.ARN = "arn:aws:iam::1019881987024:instance/" + strings.Repeat("a", 2048-36)
		r.Server.Runbook = strings.Repeat("r", 128)
		r.Answer = `{"StatusReason":"` + strings.Repeat(`\"`, 8000) + `"}`
		m := render(t, r)
		checkRules(t, m)
		if server != "" && !strings.Contains(m.record.Body, `"answer":{"StatusReason":`) {
			t.Errorf("%s: the answer is left out of %d bytes", name, len(m.record.Body))
		}
	}
}

func TestMessages_NothingInvisible(t *testing.T) {
	var dangerous []rune
	for _, span := range [][2]rune{{0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x2069}, {0xe0020, 0xe007f}, {0x00, 0x1f}, {0x7f, 0x9f}} {
		for c := span[0]; c <= span[1]; c++ {
			dangerous = append(dangerous, c)
		}
	}
	dangerous = append(dangerous, 0xfeff, 0x061c, 0x180e, 0x00ad, 0x034f, 0x115f, 0x3164, 0xfff9)
	for _, c := range dangerous {
		for _, name := range []string{"started-manual", "waiting-wrong-state-ssm"} {
			m := render(t, hostile(cases[name], fmt.Sprintf("before%cafter", c)))
			for form, body := range map[string]string{"text": m.text.Body, "record": m.record.Body, "chat": m.chat.Body} {
				escaped := fmt.Sprintf(`\u%04x`, c)
				if c != '\n' && strings.ContainsRune(body, c) || strings.Contains(body, escaped) || !strings.Contains(body, "before") {
					t.Errorf("%s of %s keeps %U", form, name, c)
				}
			}
			if c == '\n' && strings.Contains(m.text.Body, "before\nafter") {
				t.Error("a line break passes")
			}
		}
	}
	m := render(t, hostile(cases["started-manual"], "grün, 日本語, שלום, 🔥 ⚠️"))
	if !strings.Contains(m.text.Body, "grün, 日本語, שלום, 🔥 ⚠️") || !utf8.ValidString(m.text.Body) {
		t.Error("letters of other scripts and emoji are left as they are")
	}
}

func TestMessages_WhatIsNoIDIsNotPasted(t *testing.T) {
	for what, c := range map[string]struct {
		set        func(*maintenance.Report, string)
		good, evil []string
	}{
		"an execution id": {func(r *maintenance.Report, id string) { r.Reference = id },
			[]string{execution},
			[]string{execution[1:], execution + "0", strings.ToUpper(execution), execution[:35] + "'", execution[:35] + "g"}},
		"a node id": {func(r *maintenance.Report, id string) { r.Server.Node, r.Reference = id, "" },
			[]string{"i-01234567", node, "mi-0123456789abcdef0"},
			[]string{"i-", "i-0123456", "i-012345678", node + "0", "mi-01234567", "mmi-0123456789abcdef0", "mi-mi-0123456789abcde",
				"i-0123456789abcdeg0", "I-0123456789abcdef0", "0123456789abcdef0"}},
		"an ARN": {func(r *maintenance.Report, arn string) { r.Server.ARN = arn },
			[]string{"arn:aws:opsworks-cm:us-east-1:123456789012:server/automate-06/2b3c",
				"arn:aws-cn:iam::1019881987024:instance/automate-06-1010V4UU2WRM2"},
			[]string{"arn:", "arn:aws:opsworks-cm:us-east-1:123456789012", "arn:aws:opsworks-cm:us-east-1:123456789012:",
				"arn:other:a:b:c:d", "arn:aws::b:c:d", "xarn:aws:a:b:c:d", "arn:aws:a:b:c:d e", "arn:aws:a:b:c:<d>"}},
		"a runbook": {func(r *maintenance.Report, name string) { r.Server.Runbook = name },
			[]string{"opsworks-maintenance-chef-automate-1f0c3a9e", "arn:aws:ssm:us-east-1:123456789012:document/mine", "abc",
				strings.Repeat("z", 128)},
			[]string{"zz", strings.Repeat("z", 129), "mine'", "my runbook"}},
		"a run's id": {func(r *maintenance.Report, id string) { r.RunID = id },
			[]string{runID, "r", strings.Repeat("a", 100)},
			[]string{runID + "'", runID + " ", strings.Repeat("a", 101), `a"b`, "a_b", "é"}},
		"a server's name": {func(r *maintenance.Report, name string) { *r = cases["overdue"]; r.ServerName = name },
			[]string{"puppet-01"},
			[]string{"1puppet", "puppet_01", "puppet'", strings.Repeat("p", 41)}},
	} {
		t.Run(what, func(t *testing.T) {
			with := func(id string) maintenance.Report {
				r := cases["error-denied-follow"]
				r.Detail = ""
				c.set(&r, id)
				return r
			}
			for _, id := range c.good {
				m := render(t, with(id))
				if !strings.Contains(m.text.Body+m.record.Body, id) {
					t.Errorf("%q is left out", id)
				}
			}
			for _, id := range c.evil {
				m := render(t, with(id))
				quoted, err := json.Marshal(id)
				if err != nil {
					t.Fatal(err)
				}
				if all := strings.Join(commands(with(id)), "\n"); strings.Contains(all, `""`) || strings.Contains(all, "  ") {
					t.Errorf("a command has a hole where %q was:\n%s", id, all)
				}
				for form, body := range map[string]string{"text": m.text.Body, "record": m.record.Body, "chat": m.chat.Body} {
					if strings.Contains(body, id) || strings.Contains(body, strings.Trim(string(quoted), `"`)) {
						t.Errorf("%s has %q", form, id)
					}
				}
			}
		})
	}
}
