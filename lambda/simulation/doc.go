// Package simulation is a hostile world in a box: the domain runs on virtual time (testing/synctest) against models of the ledger, both
// backends, the topics and Lambda, which are as weak as the documents let the services be.
//
// A seed draws a Story (scenario.go): which servers there are, which faults exist and how strong, and what happens in the world, a
// line each. Run runs it. Every call of the code under test to the world is parked (call.go); the driver (driver.go), one goroutine
// that owns the clock, lets one go at a time. When, and with what fate, is a hash of the seed and the call's own name: flight,
// operation, subject, lane, how many times. So leaving one choice out shifts no other that is still made, and a violation is
// shrunk by leaving out lines and choices as long as the same invariant breaks. A process dies by Goexit at a call. What broke stays
// as testdata/<what-broke>.story, and go test tells it again.
//
//	go test ./lambda/simulation -run 'TestShallow$' -seeds 5000 -seed 1      many seeds; the table says which fault met which step how often
//	go test ./lambda/simulation -run 'TestShallow$' -seeds 1 -seed 17 -tell  one, and all that happens in it
//	go test ./lambda/simulation -run TestStories                             what once broke
//	go test ./lambda/simulation -run 'TestDeep$' -seeds 500 -seed 1          the same at the deep depth
//
// There are two depths, with one harness and one list of invariants. The shallow one is the domain on models of what it asks of the world
// (model_*.go). The deep one (deep*.go) is the real handler, adapters and SDK clients: each of their HTTP requests is a call, which the
// simulators and the table of lambda/local answer, and what they record is what the invariants go by. conformance_test.go holds the
// models to the adapters.
//
// # A fault of a model
//
// Say a list of executions may be in the wrong order. Give it a knob (knobs.go: a field; its name, last in all, so that the others of a
// seed stay as they are; its strength in draw), and ask the choice by its name where the model answers (model_ssm.go):
//
//	if _, ok := b.oddOf(c, "list", "disorder", b.knobs.Disorder, happens("disorder")); ok {
//		slices.Reverse(s.Executions)
//	}
//
// oddOf answers no from Calm on, and in a story that names its choices by what that names. It counts the fault at the step; put its name
// into models (table.go), or into shallowModels until the deep depth asks it too, where a service answers (deep_ssm.go): then seeds by the
// thousand fail if it met no step. A choice that is no call's is oddly's.
//
// # An invariant
//
// Say no claim may go back to an attempt of before. State it where the world sees its left side become true (invariants.go, at a commit),
// and put its name into invariants (table.go; a test says so if it is missing):
//
//	if claims(change) {
//		w.must("attempts-only-grow", to.Attempt.Number >= from.Attempt.Number, "%s is claimed for its %d. attempt again", to.ID,
//			to.Attempt.Number)
//	}
//
// must counts how often it was asked: one that not one of a thousand seeds tested fails too. What can only be said when all is calm stands
// in invariants_end.go.
package simulation
