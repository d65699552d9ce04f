package torture

import (
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"

	"opsworks-maintenance/lambda/local/machine"
)

// built is the function's binary, built once for all tests as the Makefile builds it.
var built string

func TestMain(m *testing.M) {
	_ = flag.Set("test.parallel", "256") // far more than there are processors: most wait for the lease of a dead process to end
	os.Exit(machine.WithFunction(&built, func() int {
		defer total.print(os.Stdout)
		code := m.Run()
		if flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.skip").Value.String() == "" && flag.Lookup("test.list").Value.String() == "" {
			for _, missing := range total.missing() {
				fmt.Println("FAIL: no call was", missing)
				code = 1
			}
		}
		return code
	}))
}

// missing are the fates and operations that did not meet, of all operations that the function's sources name.
func (t *tally) missing() (missing []string) {
	services := map[string]string{"opsworkscm": "OpsWorksCM", "ssm": "SSM", "dynamodb": "DynamoDB", "sns": "SNS"}
	inputs := regexp.MustCompile(`\b(opsworkscm|ssm|dynamodb|sns)\.(\w+)Input\{`)
	files, _ := filepath.Glob("../../*/*.go")
	operations := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return []string{err.Error()}
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, input := range inputs.FindAllStringSubmatch(string(text), -1) {
			operations[services[input[1]]+" "+input[2]] = true
		}
	}
	delete(operations, "DynamoDB CreateTable") // which the function does not do
	if len(operations) == 0 {
		return []string{"looked for: the sources name no operation"}
	}
	for fate := machine.DeathBefore; fate <= machine.Mistyped; fate++ {
		for _, operation := range slices.Sorted(maps.Keys(operations)) {
			if row := t.rows[fate]; row == nil || row.calls[operation] == 0 {
				missing = append(missing, fmt.Sprintf("%s: %s", fate, operation))
			}
		}
	}
	return missing
}

// tally is what was done to the function's calls, and what came of it.
type tally struct {
	mu   sync.Mutex
	rows map[machine.Fate]*row
}

type row struct {
	calls         map[string]int // by service and operation
	lost, doubled int
}

// total is the tally of all tests.
var total tally

func (t *tally) change(fate machine.Fate, change func(*row)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rows == nil {
		t.rows = map[machine.Fate]*row{}
	}
	if t.rows[fate] == nil {
		t.rows[fate] = &row{calls: map[string]int{}}
	}
	change(t.rows[fate])
}

func (t *tally) injected(fate machine.Fate, call string) {
	t.change(fate, func(row *row) { row.calls[call]++ })
}

// lost counts triggers and ends that nobody was told of, doubled starts and messages beyond what is allowed.
func (r *rig) lost(n int)    { r.count(func(row *row) { row.lost += n }) }
func (r *rig) doubled(n int) { r.count(func(row *row) { row.doubled += n }) }

// count counts for every fate that the rig's calls had; for served calls only if all were served.
func (r *rig) count(change func(*row)) {
	r.mu.Lock()
	fates := maps.Clone(r.injected)
	r.mu.Unlock()
	if delete(fates, machine.Served); len(fates) == 0 {
		fates = map[machine.Fate]int{machine.Served: 0}
	}
	for fate := range fates {
		total.change(fate, change)
	}
}

func (t *tally) print(out io.Writer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.rows) == 0 {
		return
	}
	services := []string{"OpsWorksCM", "SSM", "DynamoDB", "SNS"}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintf(w, "\nthe calls were\ttimes\tdifferent calls\t%s\tlost\tdoubled\t\n", strings.Join(services, "\t"))
	for _, fate := range slices.Sorted(maps.Keys(t.rows)) {
		row, sum, of := t.rows[fate], 0, map[string]int{}
		for call, n := range row.calls {
			service, _, _ := strings.Cut(call, " ")
			sum, of[service] = sum+n, of[service]+n
		}
		_, _ = fmt.Fprintf(w, "%s\t%d\t%d\t", fate, sum, len(row.calls))
		for _, service := range services {
			_, _ = fmt.Fprintf(w, "%d\t", of[service])
		}
		_, _ = fmt.Fprintf(w, "%d\t%d\t\n", row.lost, row.doubled)
	}
	_ = w.Flush()
}
