package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"opsworks-maintenance/lambda/settings"
)

func server(globs ...settings.Glob) []settings.Server {
	return []settings.Server{{Name: "a", Alarms: globs}}
}

// roundTrip is a pattern as the template has it.
func roundTrip(t *testing.T, p pattern) map[string]any {
	t.Helper()
	var decoded map[string]any
	b, err := json.Marshal(p)
	if err == nil {
		err = json.Unmarshal(b, &decoded)
	}
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}

func TestAlarmPatterns_Matchers(t *testing.T) {
	for globs, want := range map[[3]settings.Glob]string{
		{"disk full"}:                      `["disk full"]`,
		{"web-*", "*-web"}:                 `[{"prefix":"web-"},{"suffix":"-web"}]`,
		{"cpu-*-web"}:                      `[{"wildcard":"cpu-*-web"}]`,
		{"*web*"}:                          `[{"wildcard":"*web*"}]`,
		{"a**", "b**c"}:                    `[{"prefix":"a"}] [{"wildcard":"b*c"}]`,
		{`c\d*e`, `c\d`}:                   `["c\\d"] [{"wildcard":"c\\\\d*e"}]`, // escaped for the wildcard only
		{"web-*", "web-1", "web-**"}:       `[{"prefix":"web-"}]`,
		{"web-1", "web-*", "cpu of web-1"}: `[{"prefix":"web-"},"cpu of web-1"]`,
		{"a*b*c*d*e", "f*g", "h*i*"}:       `[{"wildcard":"a*b*c*d*e"}] [{"wildcard":"f*g"},{"wildcard":"h*i*"}]`, // three stars a rule
	} {
		var got []string
		patterns, faults := alarmPatterns(server(globs[:]...)[0:])
		for _, p := range patterns {
			names := dig(roundTrip(t, p), "detail", "alarmName").([]any)
			var kept []any
			for _, name := range names {
				if name != "" { // a glob of the table that is not there
					kept = append(kept, name)
				}
			}
			if b, err := json.Marshal(kept); err != nil {
				t.Fatal(err)
			} else if kept != nil {
				got = append(got, string(b))
			}
		}
		if strings.Join(got, " ") != want || len(faults) > 0 {
			t.Errorf("%q: %s, %v\nwant %s", globs, strings.Join(got, " "), faults, want)
		}
	}
}

// Whatever the globs and names are, the patterns match what the globs match.
func TestAlarmPatterns_MatchWhatTheGlobsMatch(t *testing.T) {
	const alphabet = `ab*\é`
	random := rand.New(rand.NewPCG(1, 2))
	text := func(letters string) string {
		runes := []rune(letters)
		b := make([]rune, 1+random.IntN(6))
		for i := range b {
			b[i] = runes[random.IntN(len(runes))]
		}
		return string(b)
	}
	matched := 0
	for range 3000 {
		var globs []settings.Glob
		for range 1 + random.IntN(4) {
			if glob := text(alphabet); strings.Trim(glob, "*") != "" { // settings.Parse refuses * alone
				globs = append(globs, settings.Glob(glob))
			}
		}
		name := text(`ab\é`)
		patterns, faults := alarmPatterns(server(globs...))
		got := false
		for _, p := range patterns {
			event, err := json.Marshal(map[string]any{"source": "aws.cloudwatch", "detail-type": stateChanges[random.IntN(2)],
				"detail": map[string]any{"alarmName": name, "state": map[string]any{"value": "ALARM"}}})
			if err != nil {
				t.Fatal(err)
			}
			ok, err := matches(roundTrip(t, p), event)
			if err != nil {
				t.Fatal(err)
			}
			got = got || ok
		}
		want := false
		for _, glob := range globs {
			want = want || glob.Match(name)
		}
		if got != want || len(faults) > 0 {
			t.Fatalf("globs %q, name %q: matched %t, want %t (%v)", globs, name, got, want, faults)
		}
		if got {
			matched++
		}
	}
	if matched < 200 {
		t.Errorf("only %d names matched", matched)
	}
}

// A pattern stays below its limit however long and strange the names are, and nothing is left out.
func TestAlarmPatterns_Sizes(t *testing.T) {
	var servers []settings.Server
	globs := 0
	for i := range 300 {
		servers = append(servers, server(settings.Glob(fmt.Sprintf("%03d <&> %s", i, strings.Repeat("é", i%200))),
			settings.Glob(fmt.Sprintf("%03d 😀-*", i)), settings.Glob(fmt.Sprintf("*\"%03d", i)))...)
		globs += 3
	}
	patterns, faults := alarmPatterns(servers)
	again, _ := alarmPatterns(servers)
	if !reflect.DeepEqual(patterns, again) || len(faults) > 0 {
		t.Errorf("the patterns differ from one time to the next, or %v", faults)
	}
	packed := 0
	for _, p := range patterns {
		packed += len(p["detail"].(map[string]any)["alarmName"].([]any))
		if n := length(p); n > longestPattern {
			t.Errorf("a pattern of %d characters", n)
		}
	}
	if packed != globs {
		t.Errorf("%d matchers for %d globs", packed, globs)
	}
}

func TestAlarmPatterns_TooManyWildcards(t *testing.T) {
	var globs []settings.Glob
	for i := range 120 {
		globs = append(globs, settings.Glob(fmt.Sprintf("cpu-*-%d", i)))
	}
	patterns, faults := alarmPatterns(server(globs...))
	if len(patterns) != mostWildcardRules || len(faults) != mostFaults {
		t.Fatalf("%d rules, %d faults", len(patterns), len(faults))
	}
	if faults[0].Path != "servers[0].alarms[90]" || !strings.Contains(faults[0].Problem, `"cpu-*-90"`) || !strings.HasSuffix(faults[9].Problem, "so are 20 more") {
		t.Errorf("faults %v", faults)
	}
}

func TestLength(t *testing.T) {
	for text, want := range map[string]int{"": 2, "a": 3, `"`: 4, "<": 3, "é": 8, "😀": 14, "\u2028": 8} {
		if got := length(text); got != want {
			t.Errorf("length(%q) = %d, want %d", text, got, want)
		}
	}
}
