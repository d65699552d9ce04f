package simulation

import (
	"testing"

	"opsworks-maintenance/lambda/ledger/ledgertest"
	"opsworks-maintenance/lambda/maintenance"
)

// The model promises what the real ledger does: one suite holds both.
func TestLedger_KeepsWhatALedgerPromises(t *testing.T) {
	ledgertest.Run(t, func(*testing.T) ledgertest.Fixture {
		w := newWorld(&Story{Explicit: true}, nil)
		return ledgertest.Fixture{Ledger: w.ledger, Hold: func(_ *testing.T, name string, hold maintenance.Hold) {
			record := w.ledger.servers[name]
			record.Hold = hold
			w.ledger.servers[name] = record
		}}
	})
}
