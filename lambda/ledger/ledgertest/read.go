package ledgertest

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

var takes = []test{
	{"a take moves the next look", func(t *testing.T, l Fixture) {
		run := l.commit(t, Create(Waiting("r1", "automate-06")))
		due := Must[[]maintenance.Due](t)(l.Due(t.Context(), maintenance.QueueDue, run.DueAt, 0))
		taken := Must[maintenance.Run](t)(l.Take(t.Context(), due[0], Now.Add(time.Hour)))
		run.Version, run.DueAt = 2, Now.Add(time.Hour)
		if !reflect.DeepEqual(taken, run) {
			t.Errorf("got %+v, want %+v", taken, run)
		}
	}},
	{"moved: another took it first, or it is gone", func(t *testing.T, l Fixture) {
		l.commit(t, Create(Waiting("r1", "automate-06")))
		due := maintenance.Due{RunID: "r1", Version: 1}
		Must[maintenance.Run](t)(l.Take(t.Context(), due, Now.Add(time.Hour)))
		_, err := l.Take(t.Context(), due, Now.Add(time.Hour))
		WantReason(t, err, maintenance.ReasonMoved)
		_, err = l.Take(t.Context(), maintenance.Due{RunID: "gone", Version: 1}, Now)
		WantReason(t, err, maintenance.ReasonMoved)
		_, err = l.Run(t.Context(), "gone")
		WantReason(t, err, maintenance.ReasonUnknownRun)
	}},
	{"unsupported: a run of a later edition is left alone, and shown", func(t *testing.T, l Fixture) {
		later := Waiting("r1", "automate-06")
		later.Edition = maintenance.Edition + 1
		l.commit(t, Create(later))
		run, err := l.Take(t.Context(), maintenance.Due{RunID: "r1", Version: 1, Edition: later.Edition}, Now.Add(time.Hour))
		WantReason(t, err, maintenance.ReasonUnsupported)
		if run.ID != "r1" || run.Version != 1 {
			t.Errorf("got %+v", run)
		}
	}},
}

var reads = []test{
	{"nothing is known of what was never written", func(t *testing.T, l Fixture) {
		kept := Must[maintenance.Snapshot](t)(l.Read(t.Context(), "automate-06"))
		if !reflect.DeepEqual(kept, maintenance.Snapshot{}) {
			t.Errorf("kept: %+v", kept)
		}
		_, err := l.Run(t.Context(), "r1")
		WantReason(t, err, maintenance.ReasonUnknownRun)
		l.holders(t, "i-1", "", "", "")
		records := Must[map[string]maintenance.ServerRecord](t)(l.Servers(t.Context(), []string{"a", "b", "a"}))
		if len(records) != 2 || !reflect.DeepEqual(records["a"], maintenance.ServerRecord{}) {
			t.Errorf("servers: %+v", records)
		}
		if id := Must[string](t)(l.ByReference(t.Context(), "x")); id != "" {
			t.Errorf("got %q", id)
		}
		if due := Must[[]maintenance.Due](t)(l.Due(t.Context(), maintenance.QueueDue, Now, 0)); len(due) != 0 {
			t.Errorf("due: %+v", due)
		}
	}},
	{"an open run that is over, or not there, is given as it is", func(t *testing.T, l Fixture) {
		run := l.commit(t, Create(Waiting("r1", "automate-06")))
		l.commit(t, Move(run, NeverBegan(run, maintenance.OutcomeCancelled))) // and does not free
		kept := Must[maintenance.Snapshot](t)(l.Read(t.Context(), "automate-06"))
		if kept.Server.OpenRun != "r1" || kept.Open.State != maintenance.RunOver {
			t.Errorf("kept: %+v", kept)
		}
	}},
	{"what is due, oldest first, as many as wanted", func(t *testing.T, l Fixture) {
		for i, minutes := range []int{5, 1, 3, 2, 4} {
			run := Waiting(fmt.Sprintf("r%d", i), fmt.Sprintf("s%d", i))
			run.DueAt, run.LookAt = Now.Add(time.Duration(minutes)*time.Minute), Now.Add(time.Duration(minutes)*time.Hour)
			l.commit(t, Create(run))
		}
		slot := Waiting("r9", "s9")
		slot.Queue = maintenance.QueueSlot
		l.commit(t, Create(slot))
		due := Must[[]maintenance.Due](t)(l.Due(t.Context(), maintenance.QueueDue, Now.Add(4*time.Minute), 0))
		if ids(due) != "r1 r3 r2 r4" {
			t.Errorf("due: %s", ids(due))
		}
		want := maintenance.Due{RunID: "r1", Version: 1, Edition: maintenance.Edition, DueAt: Now.Add(time.Minute), LookAt: Now.Add(time.Hour),
			State: maintenance.RunWaiting, Backend: "ssm"}
		if due[0] != want {
			t.Errorf("got %+v, want %+v", due[0], want)
		}
		due = Must[[]maintenance.Due](t)(l.Due(t.Context(), maintenance.QueueDue, Now.Add(time.Hour), 2))
		if ids(due) != "r1 r3" {
			t.Errorf("two of them: %s", ids(due))
		}
		due = Must[[]maintenance.Due](t)(l.Due(t.Context(), maintenance.QueueSlot, Now.Add(time.Hour), 0))
		if ids(due) != "r9" {
			t.Errorf("for a slot: %s", ids(due))
		}
	}},
	{"a run whose next look is never is not due, nor one that comes back is missed", func(t *testing.T, l Fixture) {
		run := l.commit(t, Create(Waiting("r1", "automate-06")))
		never := run
		never.DueAt, never.Queue = time.Time{}, ""
		never = l.commit(t, Move(run, never))
		due := Must[[]maintenance.Due](t)(l.Due(t.Context(), maintenance.QueueDue, Now.AddDate(1, 0, 0), 0))
		if len(due) != 0 {
			t.Errorf("due: %s", ids(due))
		}
		again := never
		again.DueAt, again.Queue = Now, maintenance.QueueDue
		l.commit(t, Move(never, again))
		due = Must[[]maintenance.Due](t)(l.Due(t.Context(), maintenance.QueueDue, Now, 0))
		if ids(due) != "r1" {
			t.Errorf("due: %s", ids(due))
		}
	}},
	{"a run is found by its reference", func(t *testing.T, l Fixture) {
		run := l.commit(t, Create(Waiting("r1", "automate-06")))
		with := run
		with.Reference = "execution-1"
		l.commit(t, Move(run, with))
		if id := Must[string](t)(l.ByReference(t.Context(), "execution-1")); id != "r1" {
			t.Errorf("got %q", id)
		}
		if id := Must[string](t)(l.ByReference(t.Context(), "")); id != "" {
			t.Errorf("got %q", id)
		}
	}},
	{"a server's history is newest first, and its own", func(t *testing.T, l Fixture) {
		for i := range 4 {
			run := Waiting(fmt.Sprintf("r%d", i), "automate-06")
			run.Created = Now.Add(time.Duration(i) * time.Minute)
			l.commit(t, maintenance.Change{To: run, Now: Now})
		}
		l.commit(t, Create(Waiting("other", "puppet-01")))
		runs := Must[[]maintenance.Run](t)(l.History(t.Context(), "automate-06", 3))
		if len(runs) != 3 || runs[0].ID != "r3" || runs[2].ID != "r1" || len(runs[0].Triggers) != 1 {
			t.Errorf("got %+v", runs)
		}
		if runs = Must[[]maintenance.Run](t)(l.History(t.Context(), "automate-06", 0)); len(runs) != 0 {
			t.Errorf("none of them: %+v", runs)
		}
	}},
}

func ids(due []maintenance.Due) (all string) {
	for i, d := range due {
		if i > 0 {
			all += " "
		}
		all += d.RunID
	}
	return all
}

var fleet = []test{
	{"the limit changes from what it was, and not otherwise", func(t *testing.T, l Fixture) {
		limit := func(was, is maintenance.FleetRecord, want maintenance.Reason) {
			t.Helper()
			WantReason(t, l.Limit(t.Context(), was, is), want)
		}
		none, wanted := maintenance.FleetRecord{}, maintenance.FleetRecord{Wanted: 2, WantedSince: Now}
		set := maintenance.FleetRecord{Limit: 2, Wanted: 2, WantedSince: Now}
		limit(none, wanted, "")
		limit(none, wanted, maintenance.ReasonMoved)
		limit(wanted, set, "")
		limit(wanted, set, maintenance.ReasonMoved)
		if got := Must[maintenance.Snapshot](t)(l.Read(t.Context(), "any")).Fleet; got != set {
			t.Errorf("got %+v", got)
		}
		limit(set, none, "")
		if got := Must[maintenance.Snapshot](t)(l.Read(t.Context(), "any")).Fleet; got != none {
			t.Errorf("got %+v", got)
		}
	}},
	{"a count is that of its day", func(t *testing.T, l Fixture) {
		for want := range 3 {
			if n := Must[int](t)(l.Count(t.Context(), "refusals", Now)); n != want+1 {
				t.Errorf("got %d, want %d", n, want+1)
			}
		}
		if n := Must[int](t)(l.Count(t.Context(), "refusals", Now.Add(time.Hour))); n != 1 {
			t.Errorf("the next day begins with %d", n)
		}
		if n := Must[int](t)(l.Count(t.Context(), "others", Now)); n != 1 {
			t.Errorf("others begin with %d", n)
		}
	}},
	{"a server is watched from when it was first", func(t *testing.T, l Fixture) {
		for _, at := range []time.Time{Now, Now.Add(time.Hour)} {
			if err := l.Watch(t.Context(), "automate-06", at); err != nil {
				t.Fatal(err)
			}
		}
		if got := l.server(t, "automate-06").WatchedFrom; !got.Equal(Now) {
			t.Errorf("got %s", got)
		}
	}},
}
