package maintenance_test

import (
	"strings"
	"testing"

	"opsworks-maintenance/lambda/maintenance"
)

// [a-zA-Z][a-zA-Z0-9\-]{0,39}: the ServerName shape of the API model, 2016-11-01.
func TestValidServerName(t *testing.T) {
	for _, name := range []string{"a", "Z", "z9", "A-", "automate-06", "azAZ09-", "a" + strings.Repeat("9", 39)} {
		if !maintenance.ValidServerName(name) {
			t.Errorf("%q is refused", name)
		}
	}
	for _, name := range []string{"", "9a", "-a", "0", "a_b", "a.b", "a b", "a/", "a:", "a[", "a`", "a{", "a@", "ä",
		"a" + strings.Repeat("9", 40)} {
		if maintenance.ValidServerName(name) {
			t.Errorf("%q is taken", name)
		}
	}
}
