package function

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
)

// What New builds the function from, for tests that hand in clock, ids and transport.
var (
	Policies = policies
	Nodes    = nodes
)

// Resolved are the settings of a document that people write.
func Resolved(t testing.TB, document string) *settings.Settings {
	t.Helper()
	resolved, err := check.Resolve([]byte(document), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return &resolved
}

// ResolvedFile is a file that the function loads its settings from: those of a document in another.
func ResolvedFile(t testing.TB, document string) string {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := settings.Encode(*Resolved(t, string(text)))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(file, resolved, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
