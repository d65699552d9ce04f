// Package soak sends the real, built function a long mixture of events, valid ones, duplicates and garbage, all to one process, and
// compares everything it answers, says and starts with a model, and what the process needs at the end with what it needed before.
package soak

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"opsworks-maintenance/lambda/local/machine"
	"opsworks-maintenance/lambda/local/runtimeapi"
)

var (
	count = flag.Int("events", 3000, "how many events to send")
	seed  = flag.Uint64("seed", 0, "of the events; 0 is another one each time")
)

// enough events are those after which growth is told from how a process settles.
const enough = 20_000

var built string

func TestMain(m *testing.M) { os.Exit(machine.WithFunction(&built, m.Run)) }

// soak is a run of the test.
type soak struct {
	*model
	t        *testing.T
	function *runtimeapi.Function
	output   *output
	cold     int
	tally    map[string]int // by kind and outcome
	samples  []sample
	said     map[string]int
}

func TestSoak(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("NOT TESTED: what a process holds is read from /proc, which only Linux has")
	}
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("seed %d", *seed)
	fleet := newFleet()
	s := &soak{t: t, tally: map[string]int{}, said: map[string]int{}, model: &model{
		random: rand.New(rand.NewPCG(*seed, 0)), world: newWorld(t, document(fleet)), servers: fleet, told: map[string]bool{},
		begin: time.Now().Truncate(time.Second),
	}}

	s.start()
	for range 50 {
		s.deliver(s.next())
	}
	s.settle()
	fresh := goroutines(t, s.output, s.function)

	clear(s.tally)
	s.cold = 0
	took := s.run()
	last := goroutines(t, s.output, s.function)
	if s.cold != 1 || len(s.function.Usage()) != 1 {
		t.Errorf("%d cold starts of %d processes, not one", s.cold, len(s.function.Usage()))
	}
	s.growth(fresh, last)
	s.report(took, fresh, last)
}

// run sends all events to one process, while the world goes on and the ledger forgets, and leaves the process idle.
func (s *soak) run() time.Duration {
	s.start()
	pid, begin := 0, time.Now()
	for i := range *count {
		s.step()
		s.deliver(s.next())
		switch {
		case i%2000 == 1999:
			s.settle()
			s.world.newSSM()
			fallthrough
		case i%200 == 199:
			s.forget()
		}
		if pid == 0 {
			pid = process(s.t)
		}
		if i%max(*count/200, 1) == 0 {
			s.samples = append(s.samples, look(s.t, pid))
		}
		if s.t.Failed() {
			s.t.Fatalf("after %d events; again with -seed %d -events %d", i+1, *seed, *count)
		}
	}
	took := time.Since(begin)
	s.settle()
	s.end()
	return took
}

func (s *soak) start() {
	s.output = &output{}
	s.function = runtimeapi.New(runtimeapi.Config{
		Binary: built, Env: s.world.env, FunctionARN: machine.FunctionARN, Timeout: 30 * time.Second, Output: s.output,
	})
	s.t.Cleanup(func() { _ = s.function.Close() })
}

// deliver sends an event and compares what comes of it with what the model says.
func (s *soak) deliver(e event) {
	s.t.Helper()
	result, err := s.function.Invoke(context.Background(), e.payload)
	if err != nil || result.Error != nil {
		s.t.Fatalf("%s: %v, %v\n%.2000s", e.kind, err, result.Error, e.payload)
	}
	if result.Cold {
		s.cold++
	}
	said := s.world.take()
	for _, what := range said {
		s.said[what]++
	}
	if e.check != nil {
		s.tally[e.kind+"\tanswered"]++
		if err := e.check(result.Payload); err != nil || len(said) > 0 {
			s.t.Errorf("%s: %v; said %q\n%s\n%s", e.kind, err, said, e.payload, result.Payload)
		}
		return
	}
	answers := read(result.Payload)
	for _, a := range answers {
		s.tally[strings.TrimSpace(e.kind+"\t"+a.Outcome+" "+a.Reason)]++
	}
	if e.loose {
		s.judgeGarbage(e, answers, said, result.Payload)
		return
	}
	if got, want := sorted(answers), sorted(e.answers); !slices.Equal(got, want) {
		s.t.Errorf("%s: answered %q, want %q\n%s", e.kind, got, want, e.payload)
	}
	slices.Sort(said)
	slices.Sort(e.told)
	if !slices.Equal(said, e.told) {
		s.t.Errorf("%s: answered %q and said %q, want %q\n%s", e.kind, sorted(answers), said, e.told, e.payload)
	}
}

// judgeGarbage wants a refusal, told at most once a day for each thing it can be about, or that it is ignored; or an answer that is
// no outcome, where the garbage was a question after all.
func (s *soak) judgeGarbage(e event, answers []answer, said []string, payload []byte) {
	s.t.Helper()
	for _, a := range answers {
		if a.Outcome != "refused" && a.Outcome != "ignored" && a.Outcome != "" {
			s.t.Errorf("garbage: answered %s\n%.2000s", a, e.payload)
		}
	}
	if !json.Valid(payload) {
		s.t.Errorf("garbage: answered %.500q", payload)
	}
	for _, what := range said {
		if !strings.HasPrefix(what, "refused ") || len(said) > len(answers) {
			s.t.Errorf("garbage: said %q\n%.2000s", said, e.payload)
		}
	}
}

func read(payload []byte) []answer {
	var several []answer
	if json.Unmarshal(payload, &several) == nil {
		return several
	}
	var one answer
	_ = json.Unmarshal(payload, &one)
	return []answer{one}
}

func sorted(answers []answer) []string {
	var all []string
	for _, a := range answers {
		all = append(all, a.String())
	}
	slices.Sort(all)
	return all
}

// settle ends all maintenance, has it found out, and compares what really began with the model.
func (s *soak) settle() {
	s.t.Helper()
	for _, server := range s.servers {
		if server.under {
			s.complete(server)
		}
	}
	e := s.sweep()
	e.kind = "sweep"
	s.deliver(e)
	for _, server := range s.servers {
		if got := s.world.started(server.name); got != server.began {
			s.t.Errorf("%s was started %d times, the model says %d", server.name, got, server.began)
		}
	}
}

// forget removes what the model does not need any more: runs that are closed, causes that do not come again, refusals of people.
func (s *soak) forget() {
	s.causes = s.causes[max(len(s.causes)-200, 0):]
	kept := map[string]bool{}
	for _, key := range s.causes {
		kept["cause#"+key] = true
	}
	s.world.empty(func(key string, item map[string]types.AttributeValue) bool {
		switch {
		case strings.HasPrefix(key, "run#"):
			return item["open"] != nil
		case strings.HasPrefix(key, "cause#"):
			return kept[key]
		default:
			return !strings.HasPrefix(key, "tell#run#")
		}
	})
}

// end looks at what must be true once everything has settled.
func (s *soak) end() {
	s.t.Helper()
	began := 0
	for _, server := range s.servers {
		began += server.began
	}
	if started, ended := s.said["started"], s.said["succeeded"]+s.said["failed"]; started != began || ended != began {
		s.t.Errorf("%d maintenances began, %d starts and %d ends were told", began, started, ended)
	}
	s.world.empty(func(key string, item map[string]types.AttributeValue) bool {
		running, _ := item["running"].(*types.AttributeValueMemberN)
		if strings.HasPrefix(key, "lease#") || item["open"] != nil || key == "fleet" && running.Value != "0" {
			s.t.Errorf("%s is left: %+v", key, item)
		}
		return true
	})
}

// growth compares the last quarter with the second: the first is how a process settles.
func (s *soak) growth(fresh, last int) {
	s.t.Helper()
	if last > fresh+5 {
		s.t.Errorf("%d goroutines after %d events, %d after 50", last, *count, fresh)
	}
	if *count < enough {
		return
	}
	for name, of := range map[string]func(sample) int{
		"kB of memory": func(s sample) int { return s.memory },
		"files":        func(s sample) int { return s.files },
		"threads":      func(s sample) int { return s.threads },
	} {
		before, after := median(s.samples, 0.25, 0.5, of), median(s.samples, 0.75, 1, of)
		if float64(after) > 1.15*float64(before)+3 {
			s.t.Errorf("%s: %d in the second quarter, %d in the last", name, before, after)
		}
	}
}

func (s *soak) report(took time.Duration, fresh, last int) {
	table := tabwriter.NewWriter(s.t.Output(), 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "event\toutcome\tanswers")
	for _, row := range slices.Sorted(maps.Keys(s.tally)) {
		fmt.Fprintf(table, "%s\t%d\n", row, s.tally[row])
	}
	began := 0
	for _, server := range s.servers {
		began += server.began
	}
	memory := func(of sample) string { return fmt.Sprintf("%.1f MB", float64(of.memory)/1024) }
	first, middle, end := s.samples[0], s.samples[len(s.samples)/2], s.samples[len(s.samples)-1]
	fmt.Fprintf(table, "\nat\tbegin\tmiddle\tend\nmemory\t%s\t%s\t%s\nfiles\t%d\t%d\t%d\nthreads\t%d\t%d\t%d\ngoroutines\t%d\t\t%d\n",
		memory(first), memory(middle), memory(end), first.files, middle.files, end.files, first.threads, middle.threads, end.threads, fresh, last)
	_ = table.Flush()
	fmt.Fprintf(s.t.Output(), "%d maintenances were expected and began; %d events in %s, %.0f a second, by one process.\n",
		began, *count, took.Round(time.Second), float64(*count)/took.Seconds())
}
