// Package ledgertest says by tests what a maintenance.Ledger promises, so that a model of one can be held to the real one.
package ledgertest

import (
	"errors"
	"testing"

	"opsworks-maintenance/lambda/maintenance"
)

// Fixture is a ledger that knows nothing yet.
type Fixture struct {
	maintenance.Ledger
	// Hold holds a server, as an operator's request will.
	Hold func(t *testing.T, serverName string, hold maintenance.Hold)
}

// test is one promise.
type test struct {
	name string
	run  func(t *testing.T, l Fixture)
}

// Run runs the suite. open makes a fixture for each test.
func Run(t *testing.T, open func(t *testing.T) Fixture) {
	for _, group := range []struct {
		name  string
		tests []test
	}{{"Commit", commits}, {"Claim", claims}, {"Free", frees}, {"Hold", holds}, {"Take", takes}, {"Reads", reads}, {"Fleet", fleet}} {
		t.Run(group.name, func(t *testing.T) {
			for _, tt := range group.tests {
				t.Run(tt.name, func(t *testing.T) { tt.run(t, open(t)) })
			}
		})
	}
}

// commit is for steps that only prepare a test.
func (l Fixture) commit(t *testing.T, change maintenance.Change) maintenance.Run {
	t.Helper()
	return Must[maintenance.Run](t)(l.Commit(t.Context(), change))
}

// refuses checks that a change is refused, and leaves no trace.
func (l Fixture) refuses(t *testing.T, change maintenance.Change, want maintenance.Reason) *maintenance.Error {
	t.Helper()
	before, errBefore := l.Run(t.Context(), change.To.ID)
	_, err := l.Commit(t.Context(), change)
	WantReason(t, err, want)
	after, errAfter := l.Run(t.Context(), change.To.ID)
	if after.Version != before.Version || maintenance.ReasonOf(errAfter) != maintenance.ReasonOf(errBefore) {
		t.Errorf("the run was at version %d, and is at %d", before.Version, after.Version)
	}
	var refusal *maintenance.Error
	if !errors.As(err, &refusal) {
		return &maintenance.Error{}
	}
	return refusal
}

func (l Fixture) server(t *testing.T, name string) maintenance.ServerRecord {
	t.Helper()
	return Must[map[string]maintenance.ServerRecord](t)(l.Servers(t.Context(), []string{name}))[name]
}

// holders checks who has the slots and a node.
func (l Fixture) holders(t *testing.T, node, has string, slots ...string) {
	t.Helper()
	if got := Must[string](t)(l.Node(t.Context(), node)); got != has {
		t.Errorf("the node %s is that of %q, want %q", node, got, has)
	}
	got := Must[[]string](t)(l.Slots(t.Context(), len(slots)))
	for i, want := range slots {
		if got[i] != want {
			t.Errorf("slot %d is that of %q, want %q", i+1, got[i], want)
		}
	}
}
