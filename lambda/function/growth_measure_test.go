package function_test

import (
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
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

func (r growth) timeGrowth() float64  { return float64(r.time[2]) / float64(r.time[1]) }
func (r growth) bytesGrowth() float64 { return r.bytes[2] / r.bytes[1] }

// fault is what is wrong with how a row grows; empty if nothing is.
func (r growth) fault() string {
	switch {
	case !(r.timeGrowth() < mostTime && r.bytesGrowth() < mostBytes):
		return fmt.Sprintf("%s: × %.1f in time, × %.1f in memory from 100 to 1000: that is not linear", r.what, r.timeGrowth(),
			r.bytesGrowth())
	case r.flat && (float64(r.time[2]) > 5*float64(r.time[0]) || r.bytes[2] > 2*r.bytes[0]):
		return fmt.Sprintf("%s: from %s and %s to %s and %s, though the number of servers does not matter to it",
			r.what, duration(r.time[0]), size(r.bytes[0]), duration(r.time[2]), size(r.bytes[2]))
	default:
		return ""
	}
}

// measure takes the median of several rounds, each over all sizes, so that whatever the machine does hits all of them alike.
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
		r.time[i], r.bytes[i] = middle(times[i]), max(middle(bytes[i]), 1) // what allocates nothing grows by nothing
	}
}

// middle is the median of an odd number of values.
func middle[V time.Duration | float64](values []V) V {
	return slices.Sorted(slices.Values(values))[len(values)/2]
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
