package soak

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"opsworks-maintenance/lambda/local/runtimeapi"
)

// sample is what a process has at a moment.
type sample struct{ memory, threads, files int }

// process finds the one process of the function.
func process(t testing.TB) int {
	t.Helper()
	var found []int
	links, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, link := range links {
		if file, err := os.Readlink(link); err == nil && file == built {
			pid, err := strconv.Atoi(strings.Split(link, "/")[2])
			must(t, err)
			found = append(found, pid)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d processes of the function, not one", len(found))
	}
	return found[0]
}

func look(t testing.TB, pid int) sample {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	must(t, err)
	number := func(field string) int {
		_, rest, _ := strings.Cut(string(status), "\n"+field+":")
		n := 0
		if _, err := fmt.Sscan(rest, &n); err != nil {
			t.Fatalf("%s of the process: %v", field, err)
		}
		return n
	}
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	must(t, err)
	return sample{memory: number("VmRSS"), threads: number("Threads"), files: len(files)}
}

// output keeps what the function writes after it was told to.
type output struct {
	mu   sync.Mutex
	keep bool
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.keep {
		o.text.Write(p)
	}
	return len(p), nil
}

// goroutines ends the process with SIGQUIT, which makes it list its goroutines. The two of each open connection are left out: how
// many connections wait for their next use depends on how much was done at once last, and a leak of them is one of files.
func goroutines(t testing.TB, out *output, function *runtimeapi.Function) int {
	t.Helper()
	pid := process(t)
	out.mu.Lock()
	out.keep = true
	out.mu.Unlock()
	must(t, syscall.Kill(pid, syscall.SIGQUIT))
	for limit := time.Now().Add(20 * time.Second); syscall.Kill(pid, 0) == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("the process does not end")
		}
	}
	must(t, function.Close()) // waits for its output
	n := 0
	for block := range strings.SplitSeq(out.text.String(), "\n\n") {
		if strings.HasPrefix(block, "goroutine ") && !strings.Contains(block, "persistConn).") {
			n++
		}
	}
	if n == 0 {
		t.Fatalf("the process listed no goroutines: %.500s", out.text.String())
	}
	return n
}

// median of a part of the samples, from one share of them to another.
func median(samples []sample, from, to float64, of func(sample) int) int {
	var values []int
	for _, s := range samples[int(from*float64(len(samples))):int(to*float64(len(samples)))] {
		values = append(values, of(s))
	}
	slices.Sort(values)
	return values[len(values)/2]
}
