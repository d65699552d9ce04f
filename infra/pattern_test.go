package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
)

func server(globs ...settings.Glob) []settings.Server {
	return []settings.Server{{Name: "a", Alarms: globs}}
}

// alarmPatterns are those of the rules, with as many wildcards as a bus takes.
func alarmPatterns(servers []settings.Server) ([]pattern, []check.Fault) {
	rules, faults := alarmRules(servers, settings.WildcardRulesOfBus)
	var patterns []pattern
	for _, rule := range rules {
		patterns = append(patterns, rule.Pattern)
	}
	return patterns, faults
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
		{"disk full"}:                   `["disk full"]`,
		{"web-*", "*-web"}:              `[{"prefix":"web-"},{"suffix":"-web"}]`,
		{"cpu-*-web"}:                   `[{"wildcard":"cpu-*-web"}]`,
		{"*web*"}:                       `[{"wildcard":"*web*"}]`,
		{"a**", "b**c"}:                 `[{"prefix":"a"}] [{"wildcard":"b*c"}]`,
		{`c\d*e`, `c\d`}:                `["c\\d"] [{"wildcard":"c\\\\d*e"}]`, // escaped for the wildcard only
		{"web-*", "web-1", "web-**"}:    `[{"prefix":"web-"},"web-1"]`,
		{"web-*-1", "web-*", "*-web-*"}: `[{"prefix":"web-"}] [{"wildcard":"web-*-1"},{"wildcard":"*-web-*"}]`,
		{"a*b*c*d*e", "f*g", "h*i*"}:    `[{"wildcard":"a*b*c*d*e"}] [{"wildcard":"f*g"},{"wildcard":"h*i*"}]`, // three stars a rule
	} {
		var got []string
		written := slices.DeleteFunc(globs[:], func(glob settings.Glob) bool { return glob == "" })
		patterns, faults := alarmPatterns(server(written...))
		for _, p := range patterns {
			b, err := json.Marshal(dig(roundTrip(t, p), "detail", "alarmName"))
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(b))
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
			if glob := text(alphabet); strings.Trim(glob, "*") != "" { // settings/check refuses * alone
				globs = append(globs, settings.Glob(glob))
			}
		}
		name := text(`ab\é`)
		patterns, faults := alarmPatterns(server(globs...))
		got := false
		for _, p := range patterns {
			event, err := json.Marshal(map[string]any{"source": "aws.cloudwatch", "detail-type": stateChanges[random.IntN(2)],
				"detail": map[string]any{"alarmName": name, "state": map[string]any{"value": []string{"ALARM", "OK"}[random.IntN(2)]}}})
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
		if n := encodedLength(p); n > maxPatternLength {
			t.Errorf("a pattern of %d characters", n)
		}
	}
	if packed != globs {
		t.Errorf("%d matchers for %d globs", packed, globs)
	}
}

func TestAlarmRules_TooManyWildcards(t *testing.T) {
	var globs []settings.Glob
	for i := range 120 {
		globs = append(globs, settings.Glob(fmt.Sprintf("cpu-*-%d", i)))
	}
	rules, faults := alarmRules(server(append(globs, "web-*")...), 10)
	if len(rules) != 1 || len(faults) != maxFaults {
		t.Fatalf("%d rules, %d faults", len(rules), len(faults))
	}
	if said := faults[9].String(); !regexp.MustCompile(`^servers\[0\]\.alarms\[9\]: "cpu-\*-9" is one of 120 wildcards, ` +
		`which need \d+ EventBridge rules, and maxWildcardRules allows 10; `).MatchString(said) {
		t.Errorf("said %s", said)
	}
	rules, faults = alarmRules(server(globs[:15]...), 10)
	if len(rules) > 10 || len(faults) > 0 {
		t.Errorf("%d rules for 15 wildcards, faults %v", len(rules), faults)
	}
}

// However settings change, an alarm that both name is in the rule it was in, or in a new rule while the old one goes: CloudFormation
// deletes at the end, so that the alarm always meets a rule. And nearly all stay where they are.
func TestAlarmRules_Change(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	form := []string{"%d", "disk of the server number %d is full", "web-%d-*", "*-%d", "cpu-*-%d", "node-%d-*-of-*-x", "é %d"}
	moves, names := 0, 0
	for range 300 {
		var globs []settings.Glob
		for range 1 + random.IntN(400) {
			globs = append(globs, settings.Glob(fmt.Sprintf(form[random.IntN(len(form))], random.IntN(100000))))
		}
		before := rulesOfGlobs(t, globs)
		at := random.IntN(len(globs))
		if random.IntN(2) == 0 {
			globs = slices.Insert(globs, at, settings.Glob(fmt.Sprintf(form[random.IntN(len(form))], 100000)))
		} else {
			globs = slices.Delete(globs, at, at+1)
		}
		after := rulesOfGlobs(t, globs)
		old, new := slices.Collect(maps.Values(before)), slices.Collect(maps.Values(after))
		for value, was := range before {
			now, stays := after[value]
			if names++; !stays || now == was {
				continue
			}
			if moves++; slices.Contains(new, was) || slices.Contains(old, now) {
				t.Fatalf("%s goes from %s to %s, and both are changed in place", value, was, now)
			}
		}
	}
	t.Logf("%d of %d names went to a new rule", moves, names)
	if moves == 0 || moves > names/20 {
		t.Errorf("%d of %d names went to a new rule", moves, names)
	}
}

// rulesOfGlobs are the rules in which the globs are, by what stands for each in its rule.
func rulesOfGlobs(t *testing.T, globs []settings.Glob) map[string]string {
	t.Helper()
	rules, faults := alarmRules(server(globs...), math.MaxInt)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	in := map[string]string{}
	for _, rule := range rules {
		values := rule.Pattern["detail"].(map[string]any)["alarmName"].([]any)
		if n := encodedLength(rule.Pattern); n > maxPatternLength || len(values) > maxNames {
			t.Fatalf("%s has %d names, %d characters", rule.Name, len(values), n)
		}
		for _, value := range values {
			if text := fmt.Sprint(value); in[text] == "" {
				in[text] = rule.Name
			} else {
				t.Fatalf("%s is in two rules, or twice in one", text)
			}
		}
	}
	return in
}

// What would not fit even alone is said, not deployed.
func TestAlarmPatterns_TooLong(t *testing.T) {
	patterns, faults := alarmPatterns(server("web-*", settings.Glob(strings.Repeat("😀", 255)), settings.Glob(strings.Repeat("警", 255))))
	if len(patterns) != 1 || len(faults) != 1 || faults[0].Path != "servers[0].alarms[1]" {
		t.Errorf("%d patterns, faults %v", len(patterns), faults)
	}
}

// Names so short that there are hundreds leave room for a space behind each comma and colon.
func TestAlarmPatterns_Spaces(t *testing.T) {
	var globs []settings.Glob
	for i := range 2000 {
		globs = append(globs, settings.Glob(fmt.Sprintf([]string{"%03d", "%03d*", "*%03d"}[i%3], i)))
	}
	patterns, _ := alarmPatterns(server(globs...))
	for _, p := range patterns {
		b, err := json.Marshal(roundTrip(t, p))
		if err != nil {
			t.Fatal(err)
		}
		if n := len(b) + bytes.Count(b, []byte(",")) + bytes.Count(b, []byte(":")); n > 2048 { // none of these stands in a name
			t.Errorf("a pattern of %d characters with spaces", n)
		}
	}
}

// A thousand servers with nine names each fit on one bus.
func TestAlarmPatterns_ThousandServers(t *testing.T) {
	var servers []settings.Server
	for i := range 1000 {
		var globs []settings.Glob
		for _, form := range []string{"backup of %s is old", "%s", "health %s", "version %s", "%s-*", "node/%s/*", "*-cpu-%s", "*-disk-%s",
			"*-memory-of-%s"} {
			globs = append(globs, settings.Glob(fmt.Sprintf(form, fmt.Sprintf("automate-%04d", i))))
		}
		servers = append(servers, server(globs...)...)
	}
	patterns, faults := alarmPatterns(servers)
	t.Logf("9,000 names in %d rules", len(patterns))
	if len(patterns) > maxRules || len(faults) > 0 {
		t.Errorf("%d rules, faults %v", len(patterns), faults)
	}
	for _, p := range patterns {
		if n := encodedLength(p); n > maxPatternLength {
			t.Errorf("a pattern of %d characters", n)
		}
	}
}

func TestEncodedLength(t *testing.T) {
	for text, want := range map[string]int{"": 2, "a": 3, `"`: 4, "<": 3, "é": 8, "😀": 14, "\u2028": 8} {
		if got := encodedLength(text); got != want {
			t.Errorf("encodedLength(%q) = %d, want %d", text, got, want)
		}
	}
}
