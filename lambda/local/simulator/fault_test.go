package simulator_test

import (
	"testing"

	"opsworks-maintenance/lambda/local/simulator"
)

func TestKindNamed(t *testing.T) {
	for _, kind := range simulator.Kinds() {
		if got, ok := simulator.KindNamed(kind.String()); !ok || got != kind {
			t.Errorf("%d, %q: found %d, %v", kind, kind, got, ok)
		}
	}
	for _, name := range []string{"", "no-such-fault"} {
		if kind, ok := simulator.KindNamed(name); ok {
			t.Errorf("%q is %d", name, kind)
		}
	}
}
