package ledgertest

import (
	"reflect"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

var commits = []test{
	{"a new run is there, as it was given", func(t *testing.T, l Fixture) {
		run := l.commit(t, Create(Waiting("r1", "automate-06")))
		stored := Must[maintenance.Run](t)(l.Run(t.Context(), "r1"))
		if run.Version != 1 || !reflect.DeepEqual(run, stored) {
			t.Errorf("committed %+v, stored %+v", run, stored)
		}
		kept := Must[maintenance.Snapshot](t)(l.Read(t.Context(), "automate-06"))
		if kept.Server.OpenRun != "r1" || !reflect.DeepEqual(kept.Open, run) {
			t.Errorf("kept: %+v", kept)
		}
	}},
	{"a new run without a server is a record only", func(t *testing.T, l Fixture) {
		refusal := NeverBegan(Waiting("r1", ""), maintenance.OutcomeRefused)
		l.commit(t, maintenance.Change{Key: "day", Decided: Decided(refusal), To: refusal, Now: Now})
		stored := Must[maintenance.Run](t)(l.Run(t.Context(), "r1"))
		if stored.ServerName != "" || stored.State != maintenance.RunOver {
			t.Errorf("stored: %+v", stored)
		}
	}},
	{"what is gone from a run is gone from what is stored", func(t *testing.T, l Fixture) {
		run := Waiting("r1", "automate-06")
		run.Wait, run.Promised, run.Detail, run.More = maintenance.Wait{Reason: maintenance.ReasonHeld, Since: Now}, true, "why", 3
		run = l.commit(t, Create(run))
		bare := run
		bare.Wait, bare.Promised, bare.Detail, bare.More, bare.LookAt, bare.DueAt = maintenance.Wait{}, false, "", 0, time.Time{}, time.Time{}
		bare = l.commit(t, Move(run, bare))
		if stored := Must[maintenance.Run](t)(l.Run(t.Context(), "r1")); bare.Version != 2 || !reflect.DeepEqual(stored, bare) {
			t.Errorf("stored %+v, want %+v", stored, bare)
		}
	}},
	{"the next look is stored in milliseconds, not before it was wanted", func(t *testing.T, l Fixture) {
		run := Waiting("r1", "automate-06")
		run.DueAt, run.Created = Now.Add(time.Nanosecond), Now.Add(time.Nanosecond)
		run = l.commit(t, Create(run))
		if !run.DueAt.Equal(Now.Add(time.Millisecond)) || !run.Created.Equal(Now.Add(time.Nanosecond)) {
			t.Errorf("next %s, created %s", run.DueAt, run.Created)
		}
	}},
	{"moved: a move of a version that has gone", func(t *testing.T, l Fixture) {
		run := l.commit(t, Create(Waiting("r1", "automate-06")))
		l.commit(t, Move(run, run))
		l.refuses(t, Move(run, run), maintenance.ReasonMoved)
	}},
	{"moved: a new run under an id that there is", func(t *testing.T, l Fixture) {
		l.commit(t, Create(Waiting("r1", "automate-06")))
		l.refuses(t, maintenance.Change{To: Waiting("r1", "puppet-01"), Now: Now}, maintenance.ReasonMoved)
	}},
	{"moved: a run that is not there", func(t *testing.T, l Fixture) {
		run := Waiting("r1", "automate-06")
		run.Version = 3
		l.refuses(t, Move(run, run), maintenance.ReasonMoved)
	}},
	{"duplicate: the key is known, and says what came of it", func(t *testing.T, l Fixture) {
		run := l.commit(t, Create(Waiting("r1", "automate-06")))
		again := Create(Waiting("r2", "puppet-01"))
		again.Key = "key-of-r1"
		refusal := l.refuses(t, again, maintenance.ReasonDuplicate)
		if refusal.Decided != Decided(run) || refusal.Holder != "r1" {
			t.Errorf("got %+v", refusal)
		}
		if open := l.server(t, "puppet-01").OpenRun; open != "" {
			t.Errorf("puppet-01 has the open run %s", open)
		}
	}},
	{"a key is new again after thirty days", func(t *testing.T, l Fixture) {
		l.commit(t, Create(Waiting("r1", "automate-06")))
		again := Create(Waiting("r2", "puppet-01"))
		again.Key, again.Now = "key-of-r1", Now.AddDate(0, 0, 30).Add(-time.Second)
		l.refuses(t, again, maintenance.ReasonDuplicate)
		again.Now = Now.AddDate(0, 0, 30)
		l.commit(t, again)
	}},
	{"a key can stand alone", func(t *testing.T, l Fixture) {
		alone := maintenance.Change{Key: "k", Decided: maintenance.Decided{Outcome: maintenance.OutcomeIgnored}, Now: Now}
		if run := l.commit(t, alone); run.ID != "" {
			t.Errorf("got %+v", run)
		}
		_, err := l.Commit(t.Context(), alone)
		WantReason(t, err, maintenance.ReasonDuplicate)
	}},
	{"duplicate before moved before open-run", func(t *testing.T, l Fixture) {
		run := l.commit(t, Create(Waiting("r1", "automate-06")))
		stale := run
		stale.Version = 7
		change := maintenance.Change{Key: "key-of-r1", From: stale, To: stale, Open: true, Now: Now}
		l.refuses(t, change, maintenance.ReasonDuplicate)
		change.Key = "another"
		l.refuses(t, change, maintenance.ReasonMoved)
		l.refuses(t, Create(Waiting("r2", "automate-06")), maintenance.ReasonOpenRun)
	}},
	{"joining writes key and run, or neither", func(t *testing.T, l Fixture) {
		run := l.commit(t, Create(Waiting("r1", "automate-06")))
		joined := run
		joined.Triggers = append(joined.Triggers, maintenance.Trigger{Kind: maintenance.TriggerSchedule, Name: "weekly", Time: Now})
		joined = l.commit(t, maintenance.Change{Key: "k2", Decided: Decided(run), From: run, To: joined, Now: Now})
		if len(joined.Triggers) != 2 || joined.Version != 2 {
			t.Errorf("got %+v", joined)
		}
		l.refuses(t, maintenance.Change{Key: "k3", From: run, To: joined, Now: Now}, maintenance.ReasonMoved)
		l.commit(t, maintenance.Change{Key: "k3", From: joined, To: joined, Now: Now})
	}},
}
