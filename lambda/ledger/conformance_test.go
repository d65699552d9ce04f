package ledger_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"opsworks-maintenance/lambda/ledger/ledgertest"
	"opsworks-maintenance/lambda/maintenance"
)

func TestLedger(t *testing.T) {
	ledgertest.Run(t, func(t *testing.T) ledgertest.Fixture {
		s, l := open(t)
		s.PageSize = 2
		return ledgertest.Fixture{Ledger: l, Hold: s.hold}
	})
}

// hold writes a hold as this package reads it: with its end, rounded up, for conditions.
func (s *store) hold(t *testing.T, serverName string, hold maintenance.Hold) {
	t.Helper()
	value, _ := json.Marshal(hold)
	until := hold.Until.Add(time.Millisecond - 1).UnixMilli()
	s.write(t, "server#"+serverName, map[string]types.AttributeValue{"hold": str(string(value)), "holdUntil": num(until)})
}
