package main

import (
	"slices"
	"testing"
)

// The function may read alarms where a server is blocked by some, and nowhere else.
func TestStack_AlarmPermissions(t *testing.T) {
	for document, want := range map[string]bool{everything: true, inCDKJSON(t): false} {
		var got []statement
		for _, s := range synthesize(t, document).statements() {
			if slices.Contains(s.Actions, "cloudwatch:DescribeAlarms") {
				got = append(got, s)
			}
		}
		if len(got) != 0 != want {
			t.Errorf("with blockedBy %v, the statements are %+v", want, got)
		}
	}
}
