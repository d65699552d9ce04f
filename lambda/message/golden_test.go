package message_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/message"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// forms is a report in the three forms it is published in.
type forms struct{ text, record, chat message.Message }

func render(t *testing.T, r maintenance.Report) forms {
	t.Helper()
	record, err := message.Record(r)
	if err != nil {
		t.Fatal(err)
	}
	chat, err := message.Chat(r, function)
	if err != nil {
		t.Fatal(err)
	}
	return forms{message.Text(r, function), record, chat}
}

func TestMessages_Golden(t *testing.T) {
	for name, r := range cases {
		t.Run(name, func(t *testing.T) {
			checkPlausible(t, r)
			m := render(t, r)
			checkRules(t, m)
			checkShape(t, r, m.text)
			compare(t, filepath.Join("testdata", name+".golden"), printed(t, m))
		})
	}
	files, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if _, ok := cases[strings.TrimSuffix(f.Name(), ".golden")]; !ok && f.Name() != "subjects.txt" {
			t.Errorf("testdata/%s is of no case", f.Name())
		}
	}
}

func TestMessages_NoRetiredWords(t *testing.T) {
	for name, r := range cases {
		m := render(t, r)
		all := strings.ToLower(m.text.Subject + m.text.Body + m.record.Body + m.chat.Body)
		for _, word := range []string{"patience", "a person", " cause", "told", "whoever", "wish", "fleet-busy", "nobody"} {
			if strings.Contains(all, word) {
				t.Errorf("%s says %q", name, word)
			}
		}
	}
}

func TestText_OneClock(t *testing.T) {
	body := message.Text(cases["started-alarm"], function).Body
	if !strings.Contains(body, "Time:        Sun 29 Nov 00:00 CET\n") || strings.Contains(body, "UTC") {
		t.Errorf("got:\n%s", body)
	}
	r := cases["refused-stale"]
	r.Zone, r.Trigger.Time = "Nowhere/Atlantis", at.AddDate(-1, 0, 0)
	if body := message.Text(r, function).Body; !strings.Contains(body, "Fri 28 Nov 2025 23:00 UTC") {
		t.Errorf("a zone that is none is UTC, another year is written out; got:\n%s", body)
	}
}

// printed lays a message out for reading: that is what golden files are for.
func printed(t *testing.T, m forms) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("Subject: " + m.text.Subject + "\n\n" + m.text.Body)
	b.WriteString("\n--- attributes\n")
	for _, name := range slices.Sorted(maps.Keys(m.text.Attributes)) {
		fmt.Fprintf(&b, "%s = %s\n", name, m.text.Attributes[name])
	}
	for _, form := range []struct{ name, json string }{{"record", m.record.Body}, {"chat", m.chat.Body}} {
		var indented bytes.Buffer
		if err := json.Indent(&indented, []byte(form.json), "", "  "); err != nil {
			t.Fatalf("%s is not JSON: %v", form.name, err)
		}
		fmt.Fprintf(&b, "\n--- %s\n%s\n", form.name, indented.String())
	}
	return b.String()
}

func compare(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test ./lambda/message -update rewrites it)\ngot:\n%s", path, got)
	}
}

// checkRules holds a message to SNS's rules (API_Publish).
func checkRules(t *testing.T, m forms) {
	t.Helper()
	if n := len(m.text.Subject); n == 0 || n >= 100 {
		t.Errorf("the subject has %d characters", n)
	}
	for _, c := range m.text.Subject {
		if c < ' ' || c > '~' {
			t.Errorf("the subject has %q", c)
		}
	}
	if m.record.Subject != "" || m.chat.Subject != "" {
		t.Error("a form for machines has a subject")
	}
	for _, form := range []message.Message{m.text, m.record, m.chat} {
		size := len(form.Body)
		for name, value := range form.Attributes {
			if value == "" || len(value) > 256 {
				t.Errorf("attribute %s is %q", name, value)
			}
			size += len(name) + len("String") + len(value)
		}
		if size > 262144 || form.Body == "" || !utf8.ValidString(form.Body) {
			t.Errorf("a message has %d bytes, valid UTF-8: %v", size, utf8.ValidString(form.Body))
		}
	}
	if !json.Valid([]byte(m.record.Body)) || !json.Valid([]byte(m.chat.Body)) {
		t.Error("a JSON form is not JSON")
	}
}
