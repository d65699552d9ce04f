package main

import (
	"io"
	"strings"
	"testing"
)

// Without Node there is a sentence, and nothing is written.
func TestRun_WithoutNode(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if err := run(io.Discard); err == nil || !strings.Contains(err.Error(), "install Node 22") {
		t.Errorf("got %v", err)
	}
}
