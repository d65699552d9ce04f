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
