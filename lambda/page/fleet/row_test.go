package fleet_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// rowOf is the text of a server's row.
func rowOf(t *testing.T, page, server string) string {
	t.Helper()
	rows := texts(t, page, "tbody")
	i := slices.IndexFunc(rows, func(row string) bool { return strings.HasPrefix(row, server+" ") })
	if i < 0 {
		t.Fatalf("no row of %s in %q", server, rows)
	}
	return rows[i]
}

// A server whose open run is not among those that were read is not one where nothing is open: because the run could not be read, or because
// an index lags. No start is offered, which would be the open run's.
func TestFleet_OpenRunNotRead(t *testing.T) {
	const id = "puppet-02-20261126T231400-K7M2QX4RTA"
	for _, err := range []error{nil, errors.New("read the run " + id + ": no answer")} {
		s, l := eight(t)
		record := l.fleet.Servers["puppet-02"]
		record.OpenRun = id
		l.fleet.Servers["puppet-02"], l.fleet.Err = record, err
		const want = "puppet-02 ? not read Its open run " + id + " is not among those that were read. Plan Hold…"
		if row := rowOf(t, shown(t, s, l, console(600, "light", "")), "puppet-02"); !strings.HasPrefix(row, want) {
			t.Errorf("%v: got %q", err, row)
		}
	}
}

// Of a server whose record could not be read nothing is said of its ends, also where its open run was read.
func TestFleet_RecordNotRead(t *testing.T) {
	s, l := eight(t)
	l.fleet.Servers, l.fleet.Err = nil, errors.New("read servers: no answer")
	page := shown(t, s, l, console(600, "light", ""))
	for server, state := range map[string]string{"puppet-02": "? not read", "puppet-db": "▶ running"} {
		row := rowOf(t, page, server)
		if !strings.Contains(row, state) || !strings.Contains(row, " not read ") || !strings.Contains(row, "Last two weeks: not read.") {
			t.Errorf("got %q", row)
		}
	}
	if strings.Contains(page, "no run ended") {
		t.Error("what was not read is said to have no end")
	}
}

// Ten ends are kept. Where the tenth lies within the two weeks, the row says so in words and in the picture; where it lies before, there is
// nothing to say.
func TestFleet_EndsNotKept(t *testing.T) {
	s, l := eight(t)
	for apart, want := range map[time.Duration]bool{24 * time.Hour: true, 48 * time.Hour: false} {
		record := maintenance.ServerRecord{}
		for i := range maintenance.MaxEnds {
			record.Ends = append(record.Ends, maintenance.End{RunID: "x", Outcome: maintenance.OutcomeSucceeded,
				At: now.Add(-time.Duration(i) * apart)})
		}
		l.fleet.Servers["puppet-02"] = record
		page := shown(t, s, l, console(600, "light", ""))
		words := strings.Contains(rowOf(t, page, "puppet-02"), ", and earlier ones are not kept.")
		if drawn := strings.Count(page, "<path class='k' d='M0 11h120'/>") == 1; words != want || drawn != want {
			t.Errorf("%v apart: in words %v, drawn %v", apart, words, drawn)
		}
	}
}

// A schedule that fires often is drawn to the end of the two weeks, one stroke an hour, and its title has the number.
func TestFleet_FrequentSchedules(t *testing.T) {
	for minutes, want := range map[string]string{"0/30": " 672 scheduled.", "*": " 20160 scheduled."} {
		s := resolved(t, `{"servers": [{"name": "often-01", "backend": "opsworks-cm", "schedules": [{"name": "often",
			"expression": "cron(`+minutes+` * * * ? *)"}]}]}`)
		l := ledger{fleet: maintenance.Fleet{Servers: map[string]maintenance.ServerRecord{"often-01": {}}}}
		page := shown(t, s, l, console(600, "light", ""))
		if row := rowOf(t, page, "often-01"); !strings.HasSuffix(row, want) {
			t.Errorf("%s: got %q", minutes, row)
		}
		_, path, _ := strings.Cut(page, "<path class='n' d='")
		path, _, _ = strings.Cut(path, "'")
		const hours = 14 * 24
		if n := strings.Count(path, "h1"); n != hours || !strings.HasPrefix(path, "M336 11h1m0 0h1") {
			t.Errorf("%s: %d strokes: %s", minutes, n, path)
		}
	}
}
