package function_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/function"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/settings"
)

// TestGrowth measures how what the function does grows with its settings and with its open runs, and prints it as one table.
func TestGrowth(t *testing.T) {
	const flat = true
	var rows []growth
	for _, m := range []struct {
		what    string
		flat    bool
		prepare work
	}{
		{"load the settings, at a cold start", !flat, loading},
		{"decode an alarm's event", flat, decodingAlarm},
		{"decode a schedule's event that names all servers", !flat, decodingSchedule},
		{"handle an alarm by its whole name", flat, handlingAlarm("health automate-%04d", 1)},
		{"handle an alarm by a prefix", flat, handlingAlarm("automate-%04d-cpu", 1)},
		{"handle an alarm by a suffix", !flat, handlingAlarm("disk-root-automate-%04d", 1)},
		{"handle an alarm that nobody claims", !flat, handlingAlarm("disk-root-mail-%04d", 0)},
		{"handle a rule that all servers share", !flat, handlingRule},
		{"handle a schedule that names all servers", !flat, handlingSchedule("automate-%04d")},
		{"handle a schedule that names others than the settings", !flat, handlingSchedule("mail-%04d")},
		{"plan, window open", flat, planning("automate-0000", `"outcome":"started"`)},
		{"plan, window closed", flat, planning("automate-0003", `"reason":"outside-window"`)},
		{"refuse an alarm", !flat, refusing},
	} {
		row := growth{what: m.what, flat: m.flat}
		row.measure(t, m.prepare)
		if row.fault() != "" { // what really grows so does it again
			row.measure(t, m.prepare)
		}
		rows = append(rows, row)
	}
	sweeps, notes := sweepGrowth(t)
	rows = append(rows, sweeps...)
	write(t, rows)
	fmt.Fprint(t.Output(), notes)
	for _, r := range rows {
		if fault := r.fault(); fault != "" {
			t.Error(fault)
		}
	}
}

func write(t *testing.T, rows []growth) {
	table := tabwriter.NewWriter(t.Output(), 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "with so many servers or runs:\t10\t100\t1000\tgrowth\t10\t100\t1000\tgrowth")
	for _, r := range rows {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t× %.1f\t%s\t%s\t%s\t× %.1f\n",
			r.what, duration(r.time[0]), duration(r.time[1]), duration(r.time[2]), r.timeGrowth(),
			size(r.bytes[0]), size(r.bytes[1]), size(r.bytes[2]), r.bytesGrowth())
	}
	must(t, table.Flush())
	fmt.Fprintln(t.Output(), "CPU time of one operation, and bytes it allocates; growth from 100 to 1000: 10 is linear, 100 quadratic.")
}

// growthFleet is a document of many servers, on both backends in turns. Every eighth has a window, which opens in three days.
func growthFleet(servers int) []byte {
	var document strings.Builder
	document.WriteString(`{"servers": [`)
	day := time.Now().UTC().AddDate(0, 0, 3).Weekday().String()[:3]
	for i := range servers {
		if i > 0 {
			document.WriteByte(',')
		}
		backend, window := `"backend": "opsworks-cm"`, ""
		if i%2 == 1 {
			backend = `"backend": "ssm", "runbook": "Maintain"`
		}
		if i%8 == 3 {
			window = fmt.Sprintf(`"window": {"days": [%q], "start": "00:00", "end": "04:00"},`, day)
		}
		fmt.Fprintf(&document, `{"name": %[1]q, %[2]s, %[3]s "rules": ["nightly-*"], "alarms": ["health %[1]s", "%[1]s-*", "disk-*-%[1]s"],
			"deadline": "72h", "schedules": [{"name": "weekly", "expression": "cron(30 0 ? * %[4]s *)"}]}`,
			growthName(i), backend, window, strings.ToUpper(day))
	}
	document.WriteString(`]}`)
	return []byte(document.String())
}

// growthName is in quotes once it is in JSON.
func growthName(i int) string { return fmt.Sprintf("automate-%04d", i) }

func growthSettings(t *testing.T, servers int) *settings.Settings {
	t.Helper()
	return function.Resolved(t, string(growthFleet(servers)))
}

func loading(t *testing.T, n int) func() {
	document, err := settings.Encode(*growthSettings(t, n))
	must(t, err)
	return func() {
		_, err := settings.Load(document)
		must(t, err)
	}
}

func decodingAlarm(t *testing.T, _ int) func() { return decoding(t, sample(t, "alarm.json")) }

func decodingSchedule(t *testing.T, n int) func() {
	return decoding(t, scheduleOf(n, "automate-%04d"))
}

func scheduleOf(n int, name string) []byte {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("%q", fmt.Sprintf(name, i)))
	}
	return fmt.Appendf(nil, `{"schedule": {"name": "weekly", "time": "2026-11-23T22:59:30Z"}, "serverNames": [%s]}`, strings.Join(names, ","))
}

func decoding(t *testing.T, payload []byte) func() {
	return func() {
		_, err := events.Decode(payload)
		must(t, err)
	}
}

// handlingAlarm takes the alarm of the last server, which is the last to be looked at.
func handlingAlarm(name string, want int) work {
	return func(t *testing.T, n int) func() {
		payload := bytes.ReplaceAll(sample(t, "alarm.json"), []byte("automate-06-health"), fmt.Appendf(nil, name, n-1))
		return handling(t, n, payload, want)
	}
}

func handlingRule(t *testing.T, n int) func() { return handling(t, n, sample(t, "rule.json"), n) }

func handlingSchedule(name string) work {
	return func(t *testing.T, n int) func() {
		want := 0
		if strings.HasPrefix(name, "automate") {
			want = n
		}
		return handling(t, n, scheduleOf(n, name), want)
	}
}

// handling hands an event to a domain that does nothing, and wants it asked for so many servers.
func handling(t *testing.T, n int, payload []byte, want int) func() {
	asked, ctx := &runner{}, invokedBy(t, functionARN)
	handler := silent(growthSettings(t, n), asked)
	return func() {
		*asked = runner{}
		_, err := handler.Invoke(ctx, payload)
		must(t, err)
		if len(asked.requests) != want {
			t.Fatalf("asked for %d servers, want %d", len(asked.requests), want)
		}
	}
}

func silent(doc *settings.Settings, runner function.Runner) *function.Handler {
	return &function.Handler{Name: "opsworks-maintenance", Settings: doc, Runner: runner, Metrics: io.Discard, Now: time.Now,
		Log: slog.New(slog.NewJSONHandler(io.Discard, nil))}
}

func planning(name, want string) work {
	return func(t *testing.T, n int) func() {
		return answering(t, n, operatorsARN, fmt.Appendf(nil, `{"plan": {"serverName": %q}}`, name), want)
	}
}

func refusing(t *testing.T, n int) func() {
	alarm := bytes.ReplaceAll(sample(t, "alarm.json"), []byte("automate-06-health"), []byte("disk-root-mail-01"))
	return answering(t, n, functionARN, alarm, `"reason":"no-server"`)
}

// answering hands an event to the real domain.
func answering(t *testing.T, n int, arn string, payload []byte, want string) func() {
	doc, ctx := growthSettings(t, n), invokedBy(t, arn)
	handler := silent(doc, &maintenance.Runner{
		Policy: function.Policies(doc, "f"), Ledger: knownLedger{}, Notifier: nobody{}, Now: time.Now, NewID: maintenance.NewID,
		Backends: map[string]maintenance.Backend{"opsworks-cm": healthyServer{}, "ssm": healthyServer{}},
	})
	return func() {
		if answer, err := handler.Invoke(ctx, payload); err != nil || !bytes.Contains(answer, []byte(want)) {
			t.Fatalf("answered %s, %v", answer, err)
		}
	}
}
