package main

import (
	"bytes"
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

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lines.Len() == 0 {
		return ""
	}
	return "the function's log:\n" + l.lines.String()
}
