package runtimeapi

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Usage is what one process has used in its life, however that ended.
type Usage struct {
	CPU     time.Duration // user and system
	PeakRSS int64         // bytes
}

// usage is called after the process has ended.
func (e *environment) usage() Usage {
	state := e.command.ProcessState
	used := Usage{CPU: state.UserTime() + state.SystemTime(), PeakRSS: e.peak.Load()}
	if rusage, ok := state.SysUsage().(*syscall.Rusage); ok && used.PeakRSS == 0 {
		used.PeakRSS = int64(rusage.Maxrss) // 32 bits wide on some machines
		if runtime.GOOS != "darwin" && runtime.GOOS != "ios" {
			used.PeakRSS *= 1024 // getrusage(2): kilobytes, only on Darwin bytes
		}
	}
	return used
}

// sample notes the peak so far while the process lives. Linux charges a new process with the peak of the process that started
// it (ru_maxrss survives exec), so what wait4 reports is ours or the function's, whichever is larger; VmHWM is the function's
// alone. Elsewhere, and for processes that were gone before the first sample, ru_maxrss has to do.
func (e *environment) sample() {
	status, err := os.Open(fmt.Sprintf("/proc/%d/status", e.command.Process.Pid))
	if err != nil {
		return
	}
	defer func() { _ = status.Close() }()
	for scan := bufio.NewScanner(status); scan.Scan(); {
		if rest, ok := strings.CutPrefix(scan.Text(), "VmHWM:"); ok {
			var kilobytes int64
			if _, err := fmt.Sscanf(rest, "%d kB", &kilobytes); err == nil {
				e.peak.Store(max(e.peak.Load(), kilobytes*1024))
			}
			return
		}
	}
}
