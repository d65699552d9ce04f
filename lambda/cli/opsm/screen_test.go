package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The function's golden answers, on a terminal of 80 columns and in a pipe.
func TestScreen(t *testing.T) {
	for verb, args := range map[string][]string{
		"status": {"status"}, "plan": {"plan", "-server", "automate-06"}, "history": {"history", "-server", "automate-06"},
	} {
		answer, err := os.ReadFile("../../function/testdata/" + verb + ".golden.json")
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/configuration") {
				answer := `{"Environment": {"Variables": {}}}`
				_, _ = io.WriteString(w, answer)
				return
			}
			_, _ = w.Write(answer)
		}))
		defer server.Close()
		for form, width := range map[string]int{"80": 80, "pipe": 0} {
			t.Run(verb+" "+form, func(t *testing.T) {
				var out, errs bytes.Buffer
				now := time.Date(2026, 11, 23, 23, 0, 0, 0, time.UTC)
				screen := screen{out: &out, err: &errs, width: width, now: func() time.Time { return now }}
				if code := run(context.Background(), append(args, "-endpoint", server.URL), screen); code != 0 || errs.Len() > 0 {
					t.Errorf("exit code %d: %s", code, &errs)
				}
				golden(t, filepath.Join("testdata", verb+"."+form+".golden"), out.String())
				for line := range strings.Lines(out.String()) {
					if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); width > 0 && n > width {
						t.Errorf("%d columns: %s", n, line)
					}
				}
			})
		}
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || got != string(want) {
		t.Errorf("%v\ngot\n%s\nwant\n%s", err, got, want)
	}
}

// What comes from elsewhere moves no cursor, and ends no cell and no line.
func TestScreen_Clean(t *testing.T) {
	var out bytes.Buffer
	s := screen{out: &out, width: 80}
	if err := s.row("a\tb\x1b[2J\nc", time.Time{}); err != nil || out.String() != "a b [2J c\t\n" {
		t.Errorf("%v %q", err, &out)
	}
	if got := s.table(false, []string{"A", "B"}, []string{"x", strings.Repeat("é", 100) + "\r"}); !strings.HasSuffix(got, "é…\n") {
		t.Errorf("%q", got)
	}
}

func TestAgo(t *testing.T) {
	now := time.Date(2026, 11, 23, 23, 0, 0, 0, time.UTC)
	for distance, want := range map[time.Duration]string{
		0: "just now", -time.Second: "1 second ago", -90 * time.Second: "1 minute ago", -2 * time.Hour: "2 hours ago",
		-49 * time.Hour: "2 days ago", 25 * time.Hour: "in 1 day", 119 * time.Minute: "in 1 hour",
	} {
		if got := ago(now, now.Add(distance)); got != want {
			t.Errorf("%s: %s, want %s", distance, got, want)
		}
	}
	if got := ago(now, time.Time{}); got != "" {
		t.Errorf("no moment: %s", got)
	}
}

// A start has a key, and what has no value is not sent: the function refuses empty fields.
func TestRequests(t *testing.T) {
	until := time.Date(2026, 11, 29, 6, 0, 0, 0, time.FixedZone("", 3600))
	for want, request := range map[string]any{
		`{"runId":"a","override":["window"],"engineAttributes":[{"name":"A","value":"1"},{"name":"B","value":"2"}],"key":"k"}`: startCommand{
			target: target{Run: "a"}, Override: []string{"window"}, Engine: attributes{"B": "2", "A": "1"}, Key: "k"},
		`{"serverName":"a"}`: stopCommand{target{Server: "a"}},
		`{"until":"2026-11-29T06:00:00+01:00","reason":"release day"}`: holdCommand{brake: brake{Fleet: true}, Until: until,
			Reason: "release day"},
		`{}`: releaseCommand{brake: brake{Fleet: true}},
	} {
		if got, err := json.Marshal(request); err != nil || string(got) != want {
			t.Errorf("%v %s, want %s", err, got, want)
		}
	}
}
