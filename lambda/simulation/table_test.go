package simulation

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What the code states is what must have been tested, but for names that are made up of an outcome or a way.
func TestInvariants_AreThoseOfTheCode(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	statement, stated := regexp.MustCompile(`must\("([a-z-]+)"`), map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") || file == "doc.go" {
			continue
		}
		for _, found := range statement.FindAllStringSubmatch(string(text), -1) {
			stated[found[1]] = true
		}
	}
	all := slices.Concat(invariants, deepInvariants)
	for kind := range stated {
		if !slices.Contains(all, kind) {
			t.Errorf("%s is stated, and not among those that must have been tested", kind)
		}
	}
	for _, kind := range all {
		if made := strings.HasPrefix(kind, "true-") || strings.HasPrefix(kind, "ok-takes-back-by-"); !made && !stated[kind] {
			t.Errorf("%s must have been tested, and is stated nowhere", kind)
		}
	}
}
