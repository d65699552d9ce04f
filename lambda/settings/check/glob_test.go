package check_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/settings"
)

func TestGlob_Match(t *testing.T) {
	for _, test := range []struct {
		glob settings.Glob
		name string
		want bool
	}{
		{"web", "web", true},
		{"web", "web-1", false},
		{"web-*", "web-", true},
		{"web-*", "web-1-cpu", true},
		{"web-*", "web", false},
		{"*-cpu", "-cpu", true},
		{"*-cpu", "web-cpu-1", false},
		{"*", "", true},
		{"**", "anything", true},
		{"a*a", "a", false},
		{"a*a", "aa", true},
		{"ab*ba", "aba", false},
		{"web-*-disk-*-full", "web-1-disk-2-full", true},
		{"web-*-disk-*-full", "web-1-disk-full", false},
		{"a*b*c", "abbbc", true},
		{"a*bc*bc", "abcbc", true},
		{"a*bc*bc", "abc", false},
		{"é*", "é é", true},
		{"web-?", "web-1", false},
		{"web-[1]*", "web-1", false},
		{"", "", true},
	} {
		t.Run(fmt.Sprintf("%q and %q", test.glob, test.name), func(t *testing.T) {
			if got := test.glob.Match(test.name); got != test.want {
				t.Errorf("Match = %t, want %t", got, test.want)
			}
		})
	}

	t.Run("many stars cost no more than the name's length allows", func(t *testing.T) {
		glob := settings.Glob(strings.Repeat("a*", 120) + "b")
		name := strings.Repeat("a", 100_000)
		start := time.Now()
		if glob.Match(name) {
			t.Error("matches a name without b")
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestResolve_AlarmsOfTwoServers(t *testing.T) {
	two := func(first, second string) string {
		return `{"servers": [{"name": "a", "backend": "ssm", "runbook": "Maintain", "alarms": [` + first + `]},
			{"name": "b", "backend": "ssm", "runbook": "Maintain", "alarms": [` + second + `]}]}`
	}
	overlap := func(glob string, of int, other, example string) string {
		return fmt.Sprintf(`servers[1].alarms[%d]: %q and servers[0].alarms[%d] (%q) can both match %q; `+
			"an alarm may ask for one server only", 0, glob, of, other, example)
	}
	checkFaults(t, []faultCase{
		{"different names", two(`"web-1", "web-2"`, `"web-3"`), nil},
		{"globs of different beginnings", two(`"web-1-*"`, `"web-2-*"`), nil},
		{"globs of different ends", two(`"web*1"`, `"web*2"`), nil},
		{"a name longer than the glob's literals", two(`"w*eb-eb"`, `"web"`), nil},
		{"overlap within one server", two(`"web-*", "web-1", "w*"`, `"db"`), nil},
		{"the same name", two(`"db", "web"`, `"web"`), []string{overlap("web", 1, "web", "web")}},
		{"a name and a glob", two(`"web-1-cpu"`, `"web-*-cpu"`), []string{overlap("web-*-cpu", 0, "web-1-cpu", "web-1-cpu")}},
		{"a glob and a name", two(`"web-*-cpu"`, `"web-1-cpu"`), []string{overlap("web-1-cpu", 0, "web-*-cpu", "web-1-cpu")}},
		{"a name that is the prefix of a glob", two(`"web*"`, `"web"`), []string{overlap("web", 0, "web*", "web")}},
		{"a beginning and an end", two(`"web-*"`, `"web*-cpu"`), []string{overlap("web*-cpu", 0, "web-*", "web-cpu")}},
		{"parts in the middle", two(`"w*1*e"`, `"w*2*e"`), []string{overlap("w*2*e", 0, "w*1*e", "w12e")}},
		{"letters of several bytes", two(`"é*"`, `"é*ü"`), []string{overlap("é*ü", 0, "é*", "éü")}},
		{"several pairs", two(`"web-*", "web-1"`, `"web*1"`), []string{
			overlap("web*1", 0, "web-*", "web-1"), overlap("web*1", 1, "web-1", "web-1")}},
		{"names that could only be too long for an alarm",
			two(`"a*`+strings.Repeat("b", 200)+`*"`, `"a*`+strings.Repeat("c", 200)+`*"`), nil},
	})
}

func TestResolve_OwnAlarms(t *testing.T) {
	const why = " claims this program's own alarms (opsworks-maintenance-…), which may start nothing; " +
		"begin it with what only this server's alarms begin with"
	for _, glob := range []string{"*", "ops*", "opsworks-maintenance-*", "opsworks-maintenance-errors", "opsworks-maintenance-e*", "*e*"} {
		checkFaults(t, []faultCase{{"refused: " + glob, withServer(`"alarms": ["` + glob + `"]`),
			[]string{`servers[0].alarms[0]: "` + glob + `"` + why}}})
	}
	checkFaults(t, []faultCase{{"names near ours", withServer(
		`"alarms": ["opsworks-maintenance", "opsworks-maintenance-2-errors", "*-errors", ` +
			`"opsworks-cpu-*", "OpsWorks-*", "*-cpu", "o*d"], "rules": ["*"]`), nil}})
}

// The index must find exactly the overlaps that trying all short names finds.
func TestResolve_OverlapsAgreeWithTrying(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	names := allNames("ab", 7)
	glob := func() string {
		text := []byte("x") // nothing of ours begins with it
		for range 1 + random.IntN(4) {
			text = append(text, "ab*"[random.IntN(3)])
		}
		return string(text)
	}
	for range 400 {
		globs := make([]string, 6)
		var servers []string
		for i := range globs {
			globs[i] = glob()
			servers = append(servers, fmt.Sprintf(`{"name": "s%d", "backend": "ssm", "runbook": "Maintain", "alarms": [%q]}`, i, globs[i]))
		}
		found := map[string]bool{}
		for _, fault := range faultsOf(t, `{"servers": [`+strings.Join(servers, ",")+`]}`) {
			var later, earlier int
			var glob, other, example string
			if _, err := fmt.Sscanf(fault, "servers[%d].alarms[0]: %q and servers[%d].alarms[0] (%q) can both match %q;",
				&later, &glob, &earlier, &other, &example); err != nil {
				t.Fatalf("%s: %v", fault, err)
			}
			if !settings.Glob(glob).Match(example) || !settings.Glob(other).Match(example) {
				t.Errorf("%s: the example does not match both", fault)
			}
			found[fmt.Sprint(earlier, later)] = true
		}
		for i := range globs {
			for j := i + 1; j < len(globs); j++ {
				want := false
				for _, name := range names {
					want = want || settings.Glob(globs[i]).Match("x"+name) && settings.Glob(globs[j]).Match("x"+name)
				}
				if found[fmt.Sprint(i, j)] != want {
					t.Fatalf("%q and %q: overlap found = %t, want %t", globs[i], globs[j], !want, want)
				}
			}
		}
	}
}

func allNames(letters string, longest int) []string {
	names := []string{""}
	for from, length := 0, 0; length < longest; length++ {
		until := len(names)
		for _, name := range names[from:until] {
			for _, letter := range letters {
				names = append(names, name+string(letter))
			}
		}
		from = until
	}
	return names
}

func TestResolve_OverlapsHaveALimit(t *testing.T) {
	var servers []string
	for i := range 300 {
		servers = append(servers, fmt.Sprintf(`{"name": "s%d", "backend": "ssm", "runbook": "Maintain", "alarms": ["cpu*"]}`, i))
	}
	got := faultsOf(t, `{"servers": [`+strings.Join(servers, ",")+`]}`)
	const last = "servers: more than 100 pairs of alarms overlap; the rest is not listed"
	if len(got) != 101 || got[100] != last {
		t.Errorf("%d faults, the last %q", len(got), got[len(got)-1])
	}
}
