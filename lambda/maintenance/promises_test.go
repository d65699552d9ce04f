package maintenance_test

import (
	"testing"

	"opsworks-maintenance/lambda/ledger/ledgertest"
	"opsworks-maintenance/lambda/maintenance"
)

// What the tests of this package rest on is held to what the real ledger is held to.
func TestMemory_KeepsTheLedgersPromises(t *testing.T) {
	ledgertest.Run(t, func(*testing.T) ledgertest.Fixture {
		m := newMemory()
		return ledgertest.Fixture{Ledger: m, Hold: func(_ *testing.T, name string, hold maintenance.Hold) {
			record := m.servers[name]
			record.Hold = hold
			m.servers[name] = record
		}}
	})
}
