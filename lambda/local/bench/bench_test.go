package main

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// built are the two binaries, built once for all tests as the Makefile builds them.
var built struct{ function, bare string }

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	folder, err := os.MkdirTemp("", "bench")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	built.function = build(filepath.Join(folder, "function"), "opsworks-maintenance/lambda")
	built.bare = build(filepath.Join(folder, "bare"), "opsworks-maintenance/testdata/barehandler")
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

func bench(t *testing.T, function, bare string, more ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	args := append([]string{"-function", function, "-bare", bare, "-settings", "../../../testdata/settings.json"}, more...)
	err := run(t.Context(), args, &out)
	return out.String(), err
}

func TestRun_Table(t *testing.T) {
	out, err := bench(t, built.function, built.bare, "-cold", "3", "-warm", "60")
	if err != nil {
		t.Fatal(err)
	}
	t.Log(out)
	table, legend, _ := strings.Cut(out, "\n\n")
	lines := strings.Split(table, "\n")
	columns := regexp.MustCompile(` {3,}`)
	if got := columns.Split(lines[0], -1); strings.Join(got, "|") != "measure|function|bare handler|ratio" {
		t.Errorf("head %q", got)
	}
	var measures []string
	for _, line := range lines[1:] {
		cells := columns.Split(line, -1)
		if len(cells) != 4 {
			t.Fatalf("row %q", line)
		}
		measures = append(measures, strings.TrimSpace(cells[0]))
		for _, cell := range cells[1:] {
			number, _, _ := strings.Cut(cell, " ")
			if value, err := strconv.ParseFloat(number, 64); err != nil || !(value > 0) {
				t.Errorf("row %q: %q is no number above zero", line, cell)
			}
		}
	}
	want := "binary|cold start, median|cold start, p10|cold start, p90|of it init, median|CPU time, median|peak memory, median|" +
		"warm event, p50|warm event, p99|CPU time|peak memory after 12|calls per event"
	if got := strings.Join(measures, "|"); got != want {
		t.Errorf("rows %s", got)
	}
	if calls := columns.Split(lines[len(lines)-1], -1); strings.Join(calls[1:], " ") != "5.00 3.00 1.67" {
		t.Errorf("calls %q", calls)
	}
	if !strings.Contains(legend, "3 cold starts and 5 × 12 warm events of each") {
		t.Errorf("legend %q", legend)
	}
}

// A run in which something failed gives no table.
func TestRun_Refused(t *testing.T) {
	other := filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(other, []byte(`{"servers":[{"name":"another","backend":"opsworks-cm"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		function, bare string
		more           []string
		want           string
	}{
		"the binaries are swapped":        {built.bare, built.function, nil, "answered"},
		"the function refuses the server": {built.function, built.bare, []string{"-settings", other}, `"outcome":"refused"`},
		"no settings":                     {built.function, built.bare, []string{"-settings", other + "x"}, "InitError"},
		"a binary is missing":             {built.function, "", nil, "wants -function and -bare"},
		"a file that is no binary":        {built.function, other, nil, "unrecognized file format"},
		"no events":                       {built.function, built.bare, []string{"-warm", "0"}, "at least one event"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := bench(t, c.function, c.bare, append(c.more, "-cold", "1")...)
			if err == nil || out != "" || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, wanted %q; wrote %q", err, c.want, out)
			}
		})
	}
}

func TestTurn(t *testing.T) {
	a, b := &subject{file: "A"}, &subject{file: "B"}
	var order string
	for i := range 8 {
		order += turn([2]*subject{a, b}, i).file
	}
	if order != "ABBAABBA" {
		t.Errorf("got %s", order)
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
