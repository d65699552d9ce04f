package main

import (
	"fmt"
	"math"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/settings/check"
)

// rows are the rows of the table that has this head, in this folder's README or, for the settings, in lambda's, as cells.
func rows(t *testing.T, head string) [][]string {
	t.Helper()
	var text string
	for _, file := range []string{"README.md", "../lambda/README.md"} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text += string(b)
	}
	_, table, ok := strings.Cut(text, "\n"+head+"\n")
	if !ok {
		t.Fatalf("README.md has no table %q", head)
	}
	var all [][]string
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		if strings.HasPrefix(line, "|---") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		all = append(all, cells)
	}
	return all
}

// inCode are the words of a cell that are set as code.
func inCode(cell string) []string {
	var words []string
	for _, word := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1) {
		words = append(words, word[1])
	}
	return words
}

// Each permission of the template has its row, with the same actions, and the reverse.
func TestREADME_Permissions(t *testing.T) {
	got, want := map[string][]string{}, map[string][]string{}
	for _, row := range rows(t, "| statement | who | may | on |") {
		actions := inCode(row[2])
		slices.Sort(actions)
		got[inCode(row[0])[0]] = actions
	}
	statements := synthesize(t, everything).statements()
	for _, s := range synthesize(t, strictly).statements() {
		if !slices.ContainsFunc(statements, func(known statement) bool { return known.Sid == s.Sid }) {
			statements = append(statements, s)
		}
	}
	for _, s := range statements {
		administers := slices.Equal(s.Actions, []string{"kms:*"}) // the account's own, which every key has
		assumes := slices.Equal(s.Actions, []string{"sts:AssumeRole"})
		if s.Effect != "Allow" || administers || assumes {
			continue
		}
		slices.Sort(s.Actions)
		if _, again := want[s.Sid]; again {
			t.Errorf("two statements are named %q", s.Sid)
		}
		want[s.Sid] = s.Actions
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("README.md has\n%v\nthe template\n%v", got, want)
	}
}

func TestREADME_Alarms(t *testing.T) {
	var got, want []string
	for _, row := range rows(t, "| alarm | goes off when |") {
		got = append(got, inCode(row[0])...)
	}
	for _, alarm := range synthesize(t, inCDKJSON(t)).of("AWS::CloudWatch::Alarm") {
		want = append(want, alarm.Properties["AlarmName"].(string))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("README.md has %q, the template %q", got, want)
	}
}

// The keys in the README's tables of settings are those that settings/check knows, and the defaults in them change nothing when
// they are written out.
func TestREADME_Settings(t *testing.T) {
	const (
		server  = `{"servers": [{"name": "a", "backend": "opsworks-cm"`
		ssm     = `{"servers": [{"name": "a", "backend": "ssm", "runbook": "Maintain"`
		closing = `}]`
	)
	for _, table := range []struct {
		head          string
		server        string
		before, after string // around a key
		also          string // the rest of the keys
	}{
		{"| key of a server | default | meaning |", server, server + ", ", closing + "}", "| key of a server of `ssm` | default | meaning |"},
		{"| key of a server of `ssm` | default | meaning |", ssm, ssm + ", ", closing + "}", "| key of a server | default | meaning |"},
		{"| top key | default | meaning |", server, server + closing + ", ", "}", ""},
	} {
		var got []string
		if table.also != "" {
			for _, row := range rows(t, table.also) {
				got = append(got, inCode(row[0])...)
			}
		}
		for _, row := range rows(t, table.head) {
			keys := inCode(row[0])
			got = append(got, keys...)
			for _, byDefault := range inCode(row[1]) {
				value := strconv.Quote(byDefault)
				if byDefault == "true" || regexp.MustCompile(`^\d+$`).MatchString(byDefault) {
					value = byDefault
				}
				written, err := check.Resolve([]byte(fmt.Sprintf("%s%q: %s%s", table.before, keys[0], value, table.after)), time.Time{})
				if err != nil {
					t.Errorf("%s: %v", keys[0], err)
				}
				left, err := check.Resolve([]byte(table.server+closing+"}"), time.Time{})
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(written, left) {
					t.Errorf("%s: %s is not the default", keys[0], value)
				}
			}
		}
		_, err := check.Resolve([]byte(table.before+`"?": 0`+table.after), time.Time{})
		if err == nil {
			t.Fatal("an unknown key is accepted")
		}
		_, list, _ := strings.Cut(err.Error(), "known are ")
		want := strings.Split(strings.SplitN(list, "\n", 2)[0], ", ")
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s\nREADME.md has %q\nsettings     %q", table.head, got, want)
		}
	}
}

// The example of the README is what cdk.json comes with.
func TestREADME_Example(t *testing.T) {
	b, err := os.ReadFile("../lambda/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(b), "```json\n")
	example, _, _ = strings.Cut(example, "```")
	inREADME, err := check.Resolve([]byte(example), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	inFile, err := check.Resolve([]byte(inCDKJSON(t)), time.Time{})
	if err != nil || !reflect.DeepEqual(inREADME, inFile) {
		t.Errorf("README.md has\n%+v\ncdk.json\n%+v (%v)", inREADME, inFile, err)
	}
}

// The README's arithmetic is right: quantity times price, and the sum.
func TestREADME_Cost(t *testing.T) {
	number := func(cell string) float64 {
		n, err := strconv.ParseFloat(cell, 64)
		if err != nil {
			t.Errorf("%q is no number", cell)
		}
		return n
	}
	sum := 0.0
	for _, row := range rows(t, "| what | quantity | price of one | a month |") {
		month := sum
		if row[1] != "" {
			month = number(row[1]) * number(row[2])
			sum += month
		}
		if math.Abs(month-number(row[3])) > 0.0051 {
			t.Errorf("%s: %.4f, README.md has %s", row[0], month, row[3])
		}
	}
}
