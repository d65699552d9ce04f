package main

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strconv"
	"text/tabwriter"
)

// row is a line of the table. The values are those of the function and of the bare handler.
type row struct {
	measure string
	unit    string
	values  [2]float64
}

// tabulate makes the rows. A value that is not above zero is noise, not a measurement.
func tabulate(pair [2]*subject, perProcess int) ([]row, error) {
	rows := []row{
		{measure: "binary", unit: "MB"},
		{measure: "cold start, median", unit: "ms"},
		{measure: "cold start, p10", unit: "ms"},
		{measure: "cold start, p90", unit: "ms"},
		{measure: "  of it init, median", unit: "ms"},
		{measure: "  CPU time, median", unit: "ms"},
		{measure: "  peak memory, median", unit: "MB"},
		{measure: "warm event, p50", unit: "ms"},
		{measure: "warm event, p99", unit: "ms"},
		{measure: "  CPU time", unit: "ms"},
		{measure: fmt.Sprintf("  peak memory after %d", perProcess), unit: "MB"},
		{measure: "calls per event"},
	}
	for i, s := range pair {
		for r, value := range []float64{
			s.size,
			median(s.start), percentile(s.start, 10), percentile(s.start, 90), median(s.init), median(s.startCPU), median(s.startPeak),
			median(s.warm), percentile(s.warm, 99), s.warmCPU(perProcess), median(s.processPeak),
			float64(s.calls) / float64(s.events),
		} {
			if !(value > 0) {
				return nil, fmt.Errorf("%s: %s came to %g; more events are needed to tell", s.file, rows[r].measure, value)
			}
			rows[r].values[i] = value
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
}

func write(out io.Writer, rows []row, l legend) error {
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "measure\tfunction\tbare handler\tratio")
	for _, r := range rows {
		fmt.Fprintf(table, "%s\t%s\t%s\t%.2f\n", r.measure, quantity(r.values[0], r.unit), quantity(r.values[1], r.unit), r.values[0]/r.values[1])
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, `
The bare handler (testdata/barehandler) makes three of the function's five calls by the SDK's defaults and does nothing else: no ledger,
which the other two calls are for, no settings, no gates, no log.
Measured on %s, %d CPUs, with both in turns: %d cold starts and %d × %d warm events of each.
A cold start is from the start of the process to its first answer; the endpoints are local and without TLS. The times are this machine's:
the ratios are what counts. Below 1 the function needs less.
`, l.build, runtime.NumCPU(), l.cold, warmProcesses, l.warm)
	return err
}

func quantity(value float64, unit string) string {
	decimals := 2
	if value >= 10 {
		decimals = 1
	}
	text := strconv.FormatFloat(value, 'f', decimals, 64)
	if unit != "" {
		text += " " + unit
	}
	return text
}
