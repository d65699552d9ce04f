package fleet_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/page/fleet"
)

// 1,000 servers, each with all that a row can have, come to less than 1 MB.
func TestFleet_ThousandServersAreUnderOneMegabyte(t *testing.T) {
	s, l := thousand(t)
	const most = 1_000_000
	size := func() int { return len(answer(t, s, l, console(1200, "light", ""))) }
	if n := size(); n > most {
		t.Errorf("%d bytes, at most %d", n, most)
	} else {
		t.Logf("%d bytes", n)
	}
	for name, record := range l.fleet.Servers { // what is two bytes in JSON
		record.Hold = maintenance.Hold{Until: now.Add(time.Hour), By: strings.Repeat(`\`, 100), Reason: strings.Repeat(`\`, 100)}
		l.fleet.Servers[name] = record
	}
	if n := size(); n > most {
		t.Errorf("with backslashes %d bytes, at most %d", n, most)
	}
}

// What the log says of a look is what was sent, and no longer than a name is.
func TestPage_Log(t *testing.T) {
	s, l := eight(t)
	var log bytes.Buffer
	h := &fleet.Handler{Settings: s, Runner: l, Operators: operators, Log: slog.New(slog.NewJSONHandler(&log, nil)),
		Now: func() time.Time { return now }}
	for _, server := range []string{"automate-06", strings.Repeat("x", 100_000)} {
		log.Reset()
		answer, err := h.Invoke(t.Context(), fmt.Appendf(nil, `{"server": %q}`, server))
		if err != nil {
			t.Fatal(err)
		}
		var line struct {
			Server string
			Bytes  int
		}
		if err := json.Unmarshal(log.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if line.Bytes != len(answer)-len(`""`) || len(line.Server) > 200 || !strings.HasPrefix(server, strings.TrimSuffix(line.Server, "…")) {
			t.Errorf("of %d bytes it says %.300s", len(answer), log.String())
		}
	}
}

func BenchmarkFleet_ThousandServers(b *testing.B) {
	s, l := thousand(b)
	for b.Loop() {
		answer(b, s, l, console(1200, "light", ""))
	}
}
