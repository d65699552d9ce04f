package main

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// built are the binaries, built once for all tests as the Makefile builds them.
var built struct{ function, bare, floor string }

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	folder, err := os.MkdirTemp("", "bench")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	built.function = build(filepath.Join(folder, "function"), "opsworks-maintenance/lambda")
	built.bare = build(filepath.Join(folder, "bare"), "opsworks-maintenance/testdata/barehandler")
	built.floor = build(filepath.Join(folder, "floor"), "opsworks-maintenance/testdata/floor")
	return m.Run()
}

func build(binary, source string) string {
	command := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-tags", "lambda.norpc", "-o", binary, source)
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		panic(string(out))
	}
	return binary
}

func bench(t *testing.T, function, bare, floor string, more ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	args := append([]string{"-function", function, "-bare", bare, "-floor", floor, "-settings", "testdata/settings.json"}, more...)
	err := run(t.Context(), args, &out)
	return out.String(), err
}

func TestRun_Table(t *testing.T) {
	for name, c := range map[string]struct{ flag, legend string }{
		"without TLS": {"-tls=false", "local and without TLS"},
		"over TLS":    {"-tls", "local and over TLS, HTTP/1.1"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := bench(t, built.function, built.bare, built.floor, "-cold", "3", "-warm", "200", c.flag)
			if err != nil {
				t.Fatal(err)
			}
			t.Log(out)
			table, legend, _ := strings.Cut(out, "\n\n")
			checkTable(t, strings.Split(table, "\n"))
			for _, want := range []string{"3 cold starts and 10 × 20 warm events of each", c.legend} {
				if !strings.Contains(legend, want) {
					t.Errorf("legend %q lacks %q", legend, want)
				}
			}
		})
	}
}

func checkTable(t *testing.T, lines []string) {
	t.Helper()
	columns := regexp.MustCompile(` {3,}`)
	if got := columns.Split(lines[0], -1); strings.Join(got, "|") != "measure|function|bare handler|floor|÷ bare handler|÷ floor" {
		t.Errorf("head %q", got)
	}
	var measures []string
	for _, line := range lines[1:] {
		cells := columns.Split(line, -1)
		if len(cells) != 6 {
			t.Fatalf("row %q", line)
		}
		measures = append(measures, cells[0])
		for _, cell := range cells[1:] {
			number, _, _ := strings.Cut(cell, " ")
			if value, err := strconv.ParseFloat(number, 64); err != nil || !(value > 0) {
				t.Errorf("row %q: %q is no number above zero", line, cell)
			}
		}
	}
	want := "binary|zip|start → ready|start → StartMaintenance|start → first response|CPU of a cold start|" +
		"peak memory of a cold start|warm event → StartMaintenance, p50|warm event, p50|warm event, p99|" +
		"CPU of a warm event|CPU per call of a warm event|peak memory after 20 warm events|calls per event|" +
		"calls until StartMaintenance, which is one"
	if got := strings.Join(measures, "|"); got != want {
		t.Errorf("rows %s", got)
	}
	for back, want := range []string{"4.00 2.00 2.00 2.00 2.00", "7.00 3.00 3.00 2.33 2.33"} {
		if calls := columns.Split(lines[len(lines)-1-back], -1); strings.Join(calls[1:], " ") != want {
			t.Errorf("calls %q, want %s", calls, want)
		}
	}
}

// Where there is a concurrency limit, the function reads its slots and who waits for one before it claims.
func TestRun_WithALimit(t *testing.T) {
	out, err := bench(t, built.function, built.bare, built.floor, "-cold", "1", "-warm", "50", "-settings", "../../../testdata/settings.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"9.00", "6.00", "of the function's 9 calls"} {
		if !strings.Contains(out, want) {
			t.Errorf("%s lacks %s", out, want)
		}
	}
}

// A run in which something failed gives no table.
func TestRun_Refused(t *testing.T) {
	other := filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(other, []byte(`{"servers":[{"name":"another","backend":"opsworks-cm"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		function, bare, floor string
		more                  []string
		want                  string
	}{
		"the binaries are swapped":        {built.bare, built.function, built.floor, nil, "answered"},
		"the floor answers wrongly":       {built.function, built.bare, built.function, nil, `wanted status "UNDER_MAINTENANCE"`},
		"the function refuses the server": {built.function, built.bare, built.floor, []string{"-settings", other}, "not-allowed"},
		"no settings":                     {built.function, built.bare, built.floor, []string{"-settings", other + "x"}, "read the settings"},
		"a binary is missing":             {built.function, built.bare, "", nil, "wants -function, -bare and -floor"},
		"a file that is no binary":        {built.function, built.bare, other, nil, "unrecognized file format"},
		"no events":                       {built.function, built.bare, built.floor, []string{"-warm", "0"}, "at least one event"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := bench(t, c.function, c.bare, c.floor, append(c.more, "-cold", "1")...)
			if err == nil || out != "" || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, wanted %q; wrote %q", err, c.want, out)
			}
		})
	}
}

// Each place is each subject's equally often, and each pair comes equally often in either order.
func TestTurn(t *testing.T) {
	subjects := []*subject{{name: "A"}, {name: "B"}, {name: "C"}}
	places, before := map[string]int{}, map[string]int{}
	var orders []string
	for i := range 6 {
		order := turn(subjects, i)
		text := ""
		for place, s := range order {
			text += s.name
			places[fmt.Sprintf("%s at %d", s.name, place)]++
			for _, later := range order[place+1:] {
				before[s.name+later.name]++
			}
		}
		orders = append(orders, text)
	}
	if got := strings.Join(orders, " "); got != "ABC CBA BCA ACB CAB BAC" {
		t.Errorf("got %s", got)
	}
	for what, counts := range map[string]struct {
		of         map[string]int
		kinds, all int
	}{"places": {places, 9, 2}, "pairs": {before, 6, 3}} {
		if len(counts.of) != counts.kinds {
			t.Errorf("%s: %v", what, counts.of)
		}
		for which, n := range counts.of {
			if n != counts.all {
				t.Errorf("%s: %s came %d times, wanted %d", what, which, n, counts.all)
			}
		}
	}
	if subjects[0].name != "A" || subjects[2].name != "C" {
		t.Error("the subjects were reordered")
	}
}

// What the table says of an aim is what a reader of the number would say.
func TestRow_Cells(t *testing.T) {
	subjects := []*subject{{name: "function"}, {name: "bare handler"}, {name: "floor"}}
	for name, c := range map[string]struct {
		function, bare, floor float64
		want                  string
	}{
		"below the aim":               {9, 10, 10, "9.00 ms|10.0 ms|10.0 ms|0.90 (aim ≤ 1.00: met)|0.90"},
		"at the aim":                  {10, 10, 5, "10.0 ms|10.0 ms|5.00 ms|1.00 (aim ≤ 1.00: met)|2.00"},
		"above the aim":               {10.1, 10, 10, "10.1 ms|10.0 ms|10.0 ms|1.01 (aim ≤ 1.00: not met)|1.01"},
		"above by less than is shown": {10.04, 10, 10, "10.0 ms|10.0 ms|10.0 ms|1.00 (aim ≤ 1.00: met)|1.00"},
	} {
		t.Run(name, func(t *testing.T) {
			r := row{"start", "ms", []value{figure(c.function), figure(c.bare), figure(c.floor)}, map[string]float64{"bare handler": 1}}
			if got := strings.Join(r.cells(subjects), "|"); got != "start|"+c.want {
				t.Errorf("got %s", got)
			}
		})
	}
	if got := spread([]float64{10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0}).text("ms"); got != "5.00 ms (1.00–9.00)" {
		t.Errorf("got %s", got)
	}
}

func TestPercentile(t *testing.T) {
	for name, c := range map[string]struct {
		values []float64
		p      float64
		want   float64
	}{
		"one value is every percentile":   {[]float64{7}, 99, 7},
		"the median of an odd number":     {[]float64{3, 1, 2}, 50, 2},
		"the median lies between two":     {[]float64{4, 1, 3, 2}, 50, 2.5},
		"p0 is the smallest":              {[]float64{5, 9, 1}, 0, 1},
		"p100 is the largest":             {[]float64{5, 9, 1}, 100, 9},
		"p10 lies on a value":             {[]float64{10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0}, 10, 1},
		"p90 lies between the last two":   {[]float64{0, 10}, 90, 9},
		"equal values are their own rank": {[]float64{2, 2, 2}, 90, 2},
	} {
		t.Run(name, func(t *testing.T) {
			given := append([]float64(nil), c.values...)
			if got := percentile(given, c.p); math.Abs(got-c.want) > 1e-9 {
				t.Errorf("got %g, wanted %g", got, c.want)
			}
			for i := range given {
				if given[i] != c.values[i] {
					t.Fatal("the values were reordered")
				}
			}
		})
	}
	if got := percentile(nil, 50); !math.IsNaN(got) {
		t.Errorf("got %g for no values", got)
	}
}

// What a cold start uses is taken off what a process used in all.
func TestSubject_WarmCPU(t *testing.T) {
	s := subject{startCPU: []float64{10, 12, 11}, processCPU: []float64{31, 30, 400}}
	if got := s.warmCPU(10); got != 2 {
		t.Errorf("got %g", got)
	}
}
