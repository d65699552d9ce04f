package ledgertest

import (
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// brake is a hold of a server, or of the fleet without a name, with its record.
func brake(id, serverName string, was, is maintenance.Hold) maintenance.Change {
	record := NeverBegan(Waiting(id, serverName), maintenance.OutcomeHeld)
	return maintenance.Change{To: record, Hold: &maintenance.HoldChange{ServerName: serverName, Was: was, Is: is}, Now: Now}
}

// stored is the hold as it is kept.
func (l Fixture) stored(t *testing.T, serverName string) maintenance.Hold {
	t.Helper()
	kept := Must[maintenance.Snapshot](t)(l.Read(t.Context(), serverName))
	if serverName == "" {
		return kept.Fleet.Hold
	}
	return kept.Server.Hold
}

var holds = []test{
	{"a hold begins, is replaced and released, with its record", func(t *testing.T, l Fixture) {
		for _, name := range []string{"automate-06", ""} {
			first := maintenance.Hold{Until: Now.Add(time.Hour), Since: Now, By: "anna", Reason: "audit", RunID: "h" + name}
			second := maintenance.Hold{Until: Now.Add(2 * time.Hour).Add(time.Nanosecond), Since: Now, RunID: "h" + name}
			record := l.commit(t, brake("h"+name, name, maintenance.Hold{}, first))
			if got := l.stored(t, name); got != first {
				t.Errorf("%q is held %+v, want %+v", name, got, first)
			}
			for _, is := range []maintenance.Hold{second, {}} {
				change := brake("h"+name, name, l.stored(t, name), is)
				change.From, change.To = record, record
				record = l.commit(t, change)
				if got := l.stored(t, name); got != is {
					t.Errorf("%q is held %+v, want %+v", name, got, is)
				}
			}
			if record.Version != 3 {
				t.Errorf("the record is at version %d", record.Version)
			}
		}
	}},
	{"moved: the hold is not as it was", func(t *testing.T, l Fixture) {
		for _, name := range []string{"automate-06", ""} {
			is := maintenance.Hold{Until: Now.Add(time.Hour), RunID: "h" + name}
			l.commit(t, brake("h"+name, name, maintenance.Hold{}, is))
			l.refuses(t, brake("other"+name, name, maintenance.Hold{}, maintenance.Hold{Until: Now.Add(time.Minute)}), maintenance.ReasonMoved)
			l.refuses(t, brake("other"+name, name, maintenance.Hold{Until: Now.Add(time.Minute)}, maintenance.Hold{}), maintenance.ReasonMoved)
			if got := l.stored(t, name); got != is {
				t.Errorf("%q is held %+v, want %+v", name, got, is)
			}
		}
	}},
	{"a server's hold forbids a claim, one that is released does not", func(t *testing.T, l Fixture) {
		is := maintenance.Hold{Until: Now.Add(time.Hour), RunID: "h"}
		record := l.commit(t, brake("h", "automate-06", maintenance.Hold{}, is))
		claim := Start(Claimed(Waiting("r1", "automate-06"), 1, ""))
		l.refuses(t, claim, maintenance.ReasonHeld)
		released := brake("h", "automate-06", is, maintenance.Hold{})
		released.From, released.To = record, record
		l.commit(t, released)
		l.commit(t, claim)
	}},
	{"what a hold does not change stays", func(t *testing.T, l Fixture) {
		run := l.commit(t, Start(Claimed(Waiting("r1", "automate-06"), 1, "")))
		fleet := maintenance.FleetRecord{Limit: 2, Wanted: 2, WantedSince: Now}
		if err := l.Limit(t.Context(), maintenance.FleetRecord{}, fleet); err != nil {
			t.Fatal(err)
		}
		l.commit(t, brake("h1", "automate-06", maintenance.Hold{}, maintenance.Hold{Until: Now.Add(time.Hour)}))
		l.commit(t, brake("h2", "", maintenance.Hold{}, maintenance.Hold{Until: Now.Add(time.Hour)}))
		kept := Must[maintenance.Snapshot](t)(l.Read(t.Context(), "automate-06"))
		kept.Fleet.Hold = maintenance.Hold{}
		if kept.Server.OpenRun != run.ID || kept.Server.StartsOn(today) != 1 || kept.Fleet != fleet {
			t.Errorf("kept: %+v", kept)
		}
	}},
}
