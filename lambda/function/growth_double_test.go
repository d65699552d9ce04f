package function_test

import (
	"context"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// knownLedger answers what a plan and a refusal ask, from memory: everything is free, and nothing is known.
type knownLedger struct{ maintenance.Ledger }

func (knownLedger) Read(context.Context, string) (maintenance.Snapshot, error) {
	return maintenance.Snapshot{Fleet: maintenance.FleetRecord{Wanted: maintenance.Unlimited}}, nil
}

func (knownLedger) Run(context.Context, string) (maintenance.Run, error) {
	return maintenance.Run{}, &maintenance.Error{Op: "read run", Reason: maintenance.ReasonUnknownRun}
}

func (knownLedger) Count(context.Context, string, time.Time) (int, error) { return 1, nil }

func (knownLedger) Commit(_ context.Context, c maintenance.Change) (maintenance.Run, error) {
	c.To.Version++
	return c.To, nil
}

// healthyServer is a backend whose servers may all be started.
type healthyServer struct{ maintenance.Backend }

func (healthyServer) Look(_ context.Context, name string) maintenance.Sighting {
	return maintenance.Sighting{Server: maintenance.Server{Name: name, Status: maintenance.StatusHealthy}}
}

func (healthyServer) Calendar(context.Context, string) maintenance.CalendarState {
	return maintenance.CalendarState{}
}

// nobody has no topics.
type nobody struct{ maintenance.Notifier }

func (nobody) Topics() []maintenance.Topic { return nil }
