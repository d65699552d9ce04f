package main

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"opsworks-maintenance/lambda/settings"
)

// row is a line of the table. The values are those of the subjects, in their order; the ratios are the first one's to the others'.
type row struct {
	measure string
	unit    string
	values  []value
	aims    map[string]float64 // the most a ratio should be, by the name of the subject the function is compared with
}

// value is a figure, or the median of what lay, but for a tenth at either end, from low to high.
type value struct{ figure, low, high float64 }

func figure(f float64) value { return value{figure: f} }

func spread(values []float64) value {
	return value{median(values), percentile(values, 10), percentile(values, 90)}
}

// tabulate makes the rows. A value that is not above zero is noise, not a measurement.
func tabulate(subjects []*subject, perProcess int) ([]row, error) {
	memory := map[string]float64{"bare handler": 1.25}
	rows := []row{
		{measure: "binary", unit: "MB"},
		{measure: "zip", unit: "MB"},
		{measure: "start → ready", unit: "ms"},
		{measure: "start → StartMaintenance", unit: "ms"},
		{measure: "start → first response", unit: "ms", aims: map[string]float64{"bare handler": 1, "floor": 1.6}},
		{measure: "CPU of a cold start", unit: "ms"},
		{measure: "peak memory of a cold start", unit: "MB", aims: memory},
		{measure: "warm event → StartMaintenance, p50", unit: "ms"},
		{measure: "warm event, p50", unit: "ms"},
		{measure: "warm event, p99", unit: "ms"},
		{measure: "CPU of a warm event", unit: "ms"},
		{measure: "CPU per call of a warm event", unit: "ms", aims: map[string]float64{"bare handler": 1}},
		{measure: fmt.Sprintf("peak memory after %d warm events", perProcess), unit: "MB", aims: memory},
		{measure: "calls per event"},
		{measure: "calls until StartMaintenance, which is one"},
	}
	for _, s := range subjects {
		events := float64(s.events)
		cpu, calls := s.warmCPU(perProcess), float64(s.calls)/events
		for r, v := range []value{
			figure(s.size), figure(s.zip),
			spread(s.ready), spread(s.startAsked), spread(s.answer), spread(s.startCPU), spread(s.startPeak),
			spread(s.warmAsked), spread(s.warm), figure(percentile(s.warm, 99)), figure(cpu), figure(cpu / calls), spread(s.processPeak),
			figure(calls), figure(float64(s.until) / events),
		} {
			if !(v.figure > 0) {
				return nil, fmt.Errorf("%s: %s came to %g; more events are needed to tell", s.file, rows[r].measure, v.figure)
			}
			rows[r].values = append(rows[r].values, v)
		}
	}
	return rows, nil
}

// warmCPU is the CPU time of a warm event. The operating system tells what a process used when it has ended; what a cold start
// uses is taken off.
func (s *subject) warmCPU(perProcess int) float64 {
	return (median(s.processCPU) - median(s.startCPU)) / float64(perProcess)
}

func median(values []float64) float64 { return percentile(values, 50) }

// percentile is the value that p percent of the values lie below, in between two values where none lies there exactly. It is
// NaN if there are no values.
func percentile(values []float64, p float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	rank := p / 100 * float64(len(sorted)-1)
	below := int(rank)
	above := min(below+1, len(sorted)-1)
	return sorted[below] + (rank-float64(below))*(sorted[above]-sorted[below])
}

// legend is what a reader has to know of the run.
type legend struct {
	build string
	cold  int
	warm  int // events of each of the warmProcesses
	tls   bool
	alike bool
}

func write(out io.Writer, subjects []*subject, rows []row, l legend) error {
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	line := []string{"measure"}
	for _, s := range subjects {
		line = append(line, s.name)
	}
	for _, s := range subjects[1:] {
		line = append(line, "÷ "+s.name)
	}
	fmt.Fprintln(table, strings.Join(line, "\t"))
	for _, r := range rows {
		fmt.Fprintln(table, strings.Join(r.cells(subjects), "\t"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	endpoints := "without TLS"
	if l.tls {
		endpoints = "over TLS, HTTP/1.1, with this machine's roots to trust"
	}
	who := "Only the function"
	if l.alike {
		who = "Each of the three"
	}
	lost := make([]string, len(subjects))
	for i, s := range subjects {
		lost[i] = fmt.Sprintf("%s %d", s.name, s.lost)
	}
	_, err := fmt.Fprintf(out, `
The bare handler (testdata/barehandler) makes three of the function's %d calls by the SDK's defaults, the floor (testdata/floor) makes
the same three without the SDK and unsigned. They do nothing else: no ledger, which the other calls are for, no settings, no gates, no log.
Measured on %s, %d CPUs, in turns: %d cold starts and %d × %d warm events of each, the endpoints local and %s.
%s has %s=%s, as the function is deployed: Lambda gives 128 MB of memory less than one CPU.
Medians, and in brackets what eight of ten lay between; the ratios are of the medians. The times are this machine's: the ratios are what
counts. Below 1 the function needs less. Left out and sent again, since an answer was lost: %s.
`, subjects[0].calls/subjects[0].events, l.build, runtime.NumCPU(), l.cold, warmProcesses, l.warm, endpoints, who, settings.EnvMaxProcs,
		settings.MaxProcs, strings.Join(lost, ", "))
	return err
}

// cells are the row's, as text.
func (r row) cells(subjects []*subject) []string {
	line := []string{r.measure}
	for _, v := range r.values {
		line = append(line, v.text(r.unit))
	}
	for i, v := range r.values[1:] {
		aim, aimed := r.aims[subjects[i+1].name]
		line = append(line, ratio(r.values[0].figure/v.figure, aim, aimed))
	}
	return line
}

// ratio says whether it is what it should be at most, and means the number that it shows.
func ratio(exact, aim float64, aimed bool) string {
	shown := math.Round(exact*100) / 100
	switch text := fmt.Sprintf("%.2f", shown); {
	case !aimed:
		return text
	case shown <= aim:
		return fmt.Sprintf("%s (aim ≤ %.2f: met)", text, aim)
	default:
		return fmt.Sprintf("%s (aim ≤ %.2f: not met)", text, aim)
	}
}

func (v value) text(unit string) string {
	decimals := 2
	if v.figure >= 10 {
		decimals = 1
	}
	text := strconv.FormatFloat(v.figure, 'f', decimals, 64)
	if unit != "" {
		text += " " + unit
	}
	if v.high > 0 {
		text += fmt.Sprintf(" (%.*f–%.*f)", decimals, v.low, decimals, v.high)
	}
	return text
}
