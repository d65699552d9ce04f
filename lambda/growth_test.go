package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/settings"
)

// sizes are the numbers of servers, or of open runs, that are measured. From the second to the third, what is linear grows ten times,
// what is quadratic a hundred times. The limits lie between the two; bytes can be counted exactly, times cannot.
var sizes = [...]int{10, 100, 1000}

const (
	mostTime  = 40
	mostBytes = 20
)

// growth is a row of the table: what one operation takes at each size. A flat one must not depend on the size at all.
type growth struct {
	what  string
	flat  bool
	time  [len(sizes)]time.Duration // of all processors together, so that a busy machine does not count
	bytes [len(sizes)]float64       // allocated
}

// work prepares an operation for a size; what is only preparation is not measured.
type work func(t *testing.T, size int) (operation func())

// TestGrowth measures how what the function does grows with its settings and with its open runs, and prints it as one table.
func TestGrowth(t *testing.T) {
	const flat = true
	var rows []growth
	for _, m := range []struct {
		what    string
		flat    bool
		prepare work
	}{
		{"read the settings, at a cold start", !flat, parsing},
		{"decode an alarm's event", flat, decodingAlarm},
		{"decode a schedule's event that names all servers", !flat, decodingSchedule},
		{"resolve an alarm by its whole name", !flat, resolvingAlarm("health automate-%04d")},
		{"resolve an alarm by a prefix", !flat, resolvingAlarm("automate-%04d-cpu")},
		{"resolve an alarm by a suffix", !flat, resolvingAlarm("disk-root-automate-%04d")},
		{"resolve an alarm that nobody claims", !flat, resolvingAlarm("disk-root-mail-%04d")},
		{"resolve a rule that all servers share", !flat, resolvingRule},
		{"resolve a schedule that names all servers", !flat, resolvingSchedule("automate-%04d", true)},
		{"resolve a schedule that names others than the settings", !flat, resolvingSchedule("mail-%04d", false)},
		{"ask the gates, window open", flat, asking("automate-0000")},
		{"ask the gates, window closed", flat, asking("automate-0003")},
		{"plan, by the handler", flat, planning},
		{"refused alarm, by the handler", !flat, refusing},
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

	table := tabwriter.NewWriter(t.Output(), 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "with so many servers or runs:\t10\t100\t1000\tgrowth\t10\t100\t1000\tgrowth")
	for _, r := range rows {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t× %.1f\t%s\t%s\t%s\t× %.1f\n",
			r.what, duration(r.time[0]), duration(r.time[1]), duration(r.time[2]), r.timeGrowth(),
			size(r.bytes[0]), size(r.bytes[1]), size(r.bytes[2]), r.bytesGrowth())
	}
	if err := table.Flush(); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(t.Output(), "CPU time of one operation, and bytes it allocates; growth from 100 to 1000: 10 is linear, 100 quadratic.\n%s", notes)
	for _, r := range rows {
		if fault := r.fault(); fault != "" {
			t.Error(fault)
		}
	}
}

func (r growth) timeGrowth() float64  { return float64(r.time[2]) / float64(r.time[1]) }
func (r growth) bytesGrowth() float64 { return r.bytes[2] / r.bytes[1] }

// fault is what is wrong with how a row grows; empty if nothing is.
func (r growth) fault() string {
	switch {
	case !(r.timeGrowth() < mostTime && r.bytesGrowth() < mostBytes):
		return fmt.Sprintf("%s: × %.1f in time, × %.1f in memory from 100 to 1000: that is not linear", r.what, r.timeGrowth(), r.bytesGrowth())
	case r.flat && (float64(r.time[2]) > 5*float64(r.time[0]) || r.bytes[2] > 2*r.bytes[0]):
		return fmt.Sprintf("%s: from %s and %s to %s and %s, though the number of servers does not matter to it",
			r.what, duration(r.time[0]), size(r.bytes[0]), duration(r.time[2]), size(r.bytes[2]))
	default:
		return ""
	}
}

// measure takes the median of several rounds, each over all sizes, so that whatever the machine does strikes all of them alike.
func (r *growth) measure(t *testing.T, prepare work) {
	t.Helper()
	const rounds, long = 5, 6 * time.Millisecond
	var operations [len(sizes)]func()
	var repeats [len(sizes)]int
	for i, n := range sizes {
		operations[i] = prepare(t, n)
		for repeats[i] = 1; ; repeats[i] *= 2 {
			begin := time.Now() // too: CPU time alone may be that of the garbage collector
			if took, _ := usage(func() { repeat(operations[i], repeats[i]) }); min(took, time.Since(begin)) >= long {
				break
			}
		}
	}
	var times [len(sizes)][]time.Duration
	var bytes [len(sizes)][]float64
	for range rounds {
		for i := range sizes {
			took, allocated := usage(func() { repeat(operations[i], repeats[i]) })
			times[i] = append(times[i], took/time.Duration(repeats[i]))
			bytes[i] = append(bytes[i], allocated/float64(repeats[i]))
		}
	}
	for i := range sizes {
		slices.Sort(times[i])
		slices.Sort(bytes[i])
		r.time[i], r.bytes[i] = times[i][rounds/2], max(bytes[i][rounds/2], 1) // what allocates nothing grows by nothing
	}
}

func repeat(operation func(), times int) {
	for range times {
		operation()
	}
}

// usage is the CPU time and the bytes this process uses for something.
func usage(do func()) (time.Duration, float64) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin := processTime()
	do()
	took := processTime() - begin
	runtime.ReadMemStats(&after)
	return took, float64(after.TotalAlloc - before.TotalAlloc)
}

func processTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func duration(d time.Duration) string {
	switch {
	case d < 10*time.Microsecond:
		return d.String()
	case d < 10*time.Millisecond:
		return d.Round(100 * time.Nanosecond).String()
	default:
		return d.Round(100 * time.Microsecond).String()
	}
}

func size(bytes float64) string {
	switch {
	case bytes < 10e3:
		return fmt.Sprintf("%.0f B", bytes)
	case bytes < 10e6:
		return fmt.Sprintf("%.0f kB", bytes/1e3)
	default:
		return fmt.Sprintf("%.0f MB", bytes/1e6)
	}
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
		name := growthName(i)
		fmt.Fprintf(&document, `{"name": %[1]q, %[2]s, %[3]s "rules": ["nightly-*"], "alarms": ["health %[4]s", "%[4]s-*", "disk-*-%[4]s"],
			"schedules": [{"name": "weekly", "expression": "cron(30 0 ? * %[5]s *)"}]}`, name, backend, window, name, strings.ToUpper(day))
	}
	document.WriteString(`]}`)
	return []byte(document.String())
}

func growthName(i int) string { return fmt.Sprintf("automate-%04d", i) }

func growthSettings(t *testing.T, servers int) *settings.Settings {
	t.Helper()
	doc, err := settings.Parse(growthFleet(servers))
	do(t, err)
	return &doc
}

func parsing(t *testing.T, n int) func() {
	document := growthFleet(n)
	return func() {
		if _, err := settings.Parse(document); err != nil {
			t.Fatal(err)
		}
	}
}

func decodingAlarm(t *testing.T, _ int) func() { return decoding(t, sample(t, "alarm.json")) }

func decodingSchedule(t *testing.T, n int) func() {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("%q", growthName(i)))
	}
	return decoding(t, fmt.Appendf(nil, `{"schedule": {"name": "weekly", "time": "2026-11-23T22:59:30Z"}, "serverNames": [%s]}`, strings.Join(names, ",")))
}

func decoding(t *testing.T, payload []byte) func() {
	return func() {
		if _, err := events.Decode(payload); err != nil {
			t.Fatal(err)
		}
	}
}

// resolving wants so many requests of an event.
func resolving(t *testing.T, n int, event events.Event, want int) func() {
	in := invocation{Settings: growthSettings(t, n), Now: now, NewRunID: maintenance.NewRunID}
	return func() {
		if requests, _ := in.resolve(event); len(requests) != want {
			t.Fatalf("%d requests, want %d", len(requests), want)
		}
	}
}

// resolvingAlarm takes the alarm of the last server, which is the last to be looked at.
func resolvingAlarm(name string) work {
	return func(t *testing.T, n int) func() {
		want := 1
		if strings.Contains(name, "mail") {
			want = 0
		}
		return resolving(t, n, events.Alarm{Name: fmt.Sprintf(name, n-1), ARN: "arn", At: now}, want)
	}
}

func resolvingRule(t *testing.T, n int) func() {
	return resolving(t, n, events.Schedule{ARN: "arn", Name: "nightly-chef", Rule: true, At: now}, n)
}

func resolvingSchedule(name string, known bool) work {
	return func(t *testing.T, n int) func() {
		var names []string
		for i := range n {
			names = append(names, fmt.Sprintf(name, i))
		}
		want := 0
		if known {
			want = n
		}
		return resolving(t, n, events.Schedule{Name: "weekly", At: now, ServerNames: names}, want)
	}
}

// asking finds the policy and asks every gate of a server that is healthy.
func asking(name string) work {
	return func(t *testing.T, n int) func() {
		find, now := policies(growthSettings(t, n)), time.Now()
		server := maintenance.Server{Name: name, Status: maintenance.Healthy}
		request := maintenance.Request{ServerName: name, Cause: maintenance.Cause{Kind: maintenance.CauseAlarm, Time: now}}
		facts := maintenance.Facts{Request: request, Server: &server, Now: now}
		return func() {
			policy, _ := find(name)
			facts.Policy = &policy
			if v := maintenance.Decide(facts); v.Answer != maintenance.Pass && v.Reason != maintenance.OutsideWindow {
				t.Fatalf("%+v", v)
			}
		}
	}
}

// knownLedger answers what a plan and a refusal ask, from memory: everything is free, and people have been told.
type knownLedger struct{ maintenance.Ledger }

func (knownLedger) Servers(context.Context, []string) (map[string]maintenance.ServerRecord, error) {
	return map[string]maintenance.ServerRecord{}, nil
}

func (knownLedger) FirstTo(context.Context, string, time.Time, time.Time) (bool, error) {
	return false, nil
}

func planning(t *testing.T, n int) func() {
	return handling(t, n, fmt.Appendf(nil, `{"plan": {"serverName": %q}}`, growthName(0)), `"outcome":"started"`)
}

func refusing(t *testing.T, n int) func() {
	alarm := bytes.ReplaceAll(sample(t, "alarm.json"), []byte("automate-06-health"), []byte("disk-root-mail-01"))
	return handling(t, n, alarm, `"reason":"no-server"`)
}

func handling(t *testing.T, n int, payload []byte, want string) func() {
	doc, ctx := growthSettings(t, n), invocationContext(t)
	handler := &Handler{
		Settings: doc,
		Runner: &maintenance.Runner{
			Policy: policies(doc), Backends: map[string]maintenance.Backend{"opsworks-cm": &backend{}},
			Ledger: knownLedger{}, Notifier: &notifier{}, Now: time.Now, NewRunID: maintenance.NewRunID,
		},
		Log: slog.New(slog.NewJSONHandler(io.Discard, nil)), Metrics: io.Discard, Now: time.Now,
	}
	return func() {
		if answer, err := handler.Invoke(ctx, payload); err != nil || !bytes.Contains(answer, []byte(want)) {
			t.Fatalf("answered %s, %v", answer, err)
		}
	}
}
