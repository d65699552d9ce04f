package main

import (
	"bytes"
	"strings"
	"sync"
)

// logBuffer keeps the end of the function's log.
type logBuffer struct {
	mu    sync.Mutex
	lines bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lines.Len() > 64<<10 {
		l.lines.Reset()
	}
	return l.lines.Write(p)
}

// String is what stands out of it: warnings, errors, and what is no line of the log at all.
func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out strings.Builder
	for line := range strings.Lines(l.lines.String()) {
		if !strings.HasPrefix(line, "{") || strings.Contains(line, `"level":"WARN"`) || strings.Contains(line, `"level":"ERROR"`) {
			out.WriteString(line)
		}
	}
	if out.Len() == 0 {
		return ""
	}
	return "the function's log:\n" + out.String()
}
