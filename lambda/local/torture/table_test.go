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
		code := m.Run()
		all := !slices.ContainsFunc([]string{"test.run", "test.skip", "test.list"}, func(some string) bool {
			return flag.Lookup(some).Value.String() != ""
		})
		if zeros := total.print(os.Stdout); all && zeros > 0 {
			fmt.Printf("FAIL: %d zeros in the table\n", zeros)
			code = 1
		}
		return code
	}))
}

// tally counts what was done to the function's calls, by operation and by fault.
type tally struct {
	mu    sync.Mutex
	calls map[string]map[fault]int
}

// total is the tally of all tests.
var total = tally{calls: map[string]map[fault]int{}}

func (t *tally) add(call string, f fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.calls[call] == nil {
		t.calls[call] = map[fault]int{}
	}
	t.calls[call][f]++
}

// print prints the table of all operations that the function's sources name, and gives the number of its zeros.
func (t *tally) print(out io.Writer) (zeros int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	line := func(first string, cell func(fault) any) {
		_, _ = fmt.Fprintf(w, "%s\t", first)
		for f := served; f <= mistyped; f++ {
			_, _ = fmt.Fprintf(w, "%v\t", cell(f))
		}
		_, _ = fmt.Fprintln(w)
	}
	_, _ = fmt.Fprintln(w)
	line("calls that were", func(f fault) any { return f })
	for _, operation := range operations() {
		line(operation, func(f fault) any {
			n := t.calls[operation][f]
			if n == 0 {
				zeros++
			}
			return n
		})
	}
	_ = w.Flush()
	return zeros
}

// operations are those that the function's sources name.
func operations() []string {
	services := map[string]string{"opsworkscm": "OpsWorksCM", "ssm": "SSM", "dynamodb": "DynamoDB", "sns": "SNS"}
	inputs := regexp.MustCompile(`\b(opsworkscm|ssm|dynamodb|sns)\.(\w+)Input\{`)
	forms := regexp.MustCompile(`"Action": \{"(\w+)"\}`) // of a service that is asked without its client
	files, _ := filepath.Glob("../../*/*.go")
	found := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			panic(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, input := range inputs.FindAllStringSubmatch(string(text), -1) {
			found[services[input[1]]+" "+input[2]] = true
		}
		for _, form := range forms.FindAllStringSubmatch(string(text), -1) {
			found["CloudWatch "+form[1]] = true
		}
	}
	delete(found, "DynamoDB CreateTable") // which the function does not do
	if len(found) == 0 {
		panic("the sources name no operation")
	}
	return slices.Sorted(maps.Keys(found))
}
