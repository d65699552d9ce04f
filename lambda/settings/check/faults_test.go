package check_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// testdata/faults.golden has, beneath each document, every line by which it is refused: none where it is taken. -update writes the lines;
// each says what is wrong, where, and what to write instead.
func TestResolve_Faults(t *testing.T) {
	golden := filepath.Join("testdata", "faults.golden")
	was := string(readFile(t, golden))
	var is strings.Builder
	for section := range strings.SplitSeq(strings.TrimPrefix(was, "## "), "\n\n## ") {
		name, rest, _ := strings.Cut(strings.TrimSuffix(section, "\n"), "\n")
		document, lines := rest, ""
		if at := strings.Index("\n"+rest, "\n! "); at >= 0 {
			document, lines = strings.TrimSuffix(rest[:at], "\n"), rest[at:]
		}
		got := ""
		for _, fault := range faultsOf(t, document) {
			got += "! " + fault + "\n"
		}
		if got == "" {
			parse(t, document) // which holds it to the schema too
		}
		if got != lines+"\n" && got != lines && !*update {
			t.Errorf("%s:\n%swant:\n%s", name, got, lines)
		}
		if is.Len() > 0 {
			is.WriteString("\n")
		}
		is.WriteString("## " + name + "\n" + document + "\n" + got)
	}
	if *update {
		if err := os.WriteFile(golden, []byte(is.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// What a golden file cannot hold.
func TestResolve_NotADocument(t *testing.T) {
	for document, want := range map[string]string{
		"{\n\"a\xff\": 1}":         "settings: line 2, column 3: not UTF-8; save the file as UTF-8",
		strings.Repeat("[", 20000): "settings: line 1, column 10001: not JSON: invalid character '[' exceeded max depth",
	} {
		if got := strings.Join(faultsOf(t, document), "\n"); got != want {
			t.Errorf("%.20q: %s, want %s", document, got, want)
		}
	}
}

func TestResolve_Durations(t *testing.T) {
	for text, want := range map[string]string{"90m": "1h30m0s", "8d": "192h0m0s", "1d12h": "36h0m0s", "1d0.5h": "24h30m0s"} {
		if got := parse(t, withServer(`"deadline": "`+text+`"`)).Servers[0].Deadline.String(); got != want {
			t.Errorf("%s = %s, want %s", text, got, want)
		}
	}
}

func TestResolve_RunbookVersion(t *testing.T) {
	for text, want := range map[string][2]string{
		"Maintain": {"Maintain", ""}, "Maintain:7": {"Maintain", "7"}, "puppet-enterprise": {"puppet-enterprise", ""},
		"arn:aws:ssm:eu-central-1:123456789012:document/Maintain:12": {"arn:aws:ssm:eu-central-1:123456789012:document/Maintain", "12"},
		"arn:aws:ssm:eu-central-1:123456789012:document/Maintain":    {"arn:aws:ssm:eu-central-1:123456789012:document/Maintain", ""},
	} {
		server := parse(t, `{"servers": [{"name": "web", "backend": "ssm", "runbook": "`+text+`"}]}`).Servers[0]
		if server.Runbook != want[0] || server.RunbookVersion != want[1] {
			t.Errorf("%s: %q, version %q", text, server.Runbook, server.RunbookVersion)
		}
	}
}
