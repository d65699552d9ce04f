package runtimeapi

import (
	"bytes"
	"io"
	"sync"
)

// lineMax bounds what is kept of a line without end; CloudWatch Logs too cuts at 256 KB.
const lineMax = 256 * 1024

// lines lets many processes share one writer, a whole line at a time.
type lines struct {
	mu  sync.Mutex
	out io.Writer
}

// lineWriter is one process's way to lines. os/exec writes to it from one goroutine.
type lineWriter struct {
	to      *lines
	partial []byte
}

// Write never fails: a process must not be held up or broken by the one who watches it.
func (w *lineWriter) Write(p []byte) (int, error) {
	written := len(p)
	for {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			break
		}
		w.partial = append(w.partial, p[:end]...)
		w.emit()
		p = p[end+1:]
	}
	w.partial = append(w.partial, p...)
	if len(w.partial) > lineMax {
		w.emit()
	}
	return written, nil
}

// flush ends a last line that has no end of its own.
func (w *lineWriter) flush() {
	if len(w.partial) > 0 {
		w.emit()
	}
}

func (w *lineWriter) emit() {
	w.to.mu.Lock()
	defer w.to.mu.Unlock()
	_, _ = w.to.out.Write(append(w.partial, '\n'))
	w.partial = w.partial[:0]
}
