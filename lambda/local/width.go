package main

import (
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// widest is the most columns of a line. narrowest is a terminal's that is still obeyed.
const (
	widest    = 100
	narrowest = 40
)

// columns are those that a terminal has, at most the widest; of anything else, the widest. terminal says which it is.
func columns(out io.Writer) (width int, terminal bool) {
	file, ok := out.(*os.File)
	if !ok {
		return widest, false
	}
	size, err := unix.IoctlGetWinsize(int(file.Fd()), unix.TIOCGWINSZ)
	switch {
	case err != nil:
		return widest, false
	case size.Col < narrowest:
		return widest, true
	}
	return min(int(size.Col), widest), true
}

// wrap breaks a text into lines of at most so many characters: between words, and within a word that is longer than a line. A line's
// own indent is kept on what follows it.
func wrap(text string, width int) []string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
		if len(indent) > width/2 {
			indent = ""
		}
		for utf8.RuneCountInString(line) > width {
			cut := len(string([]rune(line)[:width]))
			next := cut
			if space := strings.LastIndexByte(line[:cut+1], ' '); space > len(indent) {
				cut, next = space, space+1
			}
			lines = append(lines, line[:cut])
			line = indent + line[next:]
		}
		lines = append(lines, line)
	}
	return lines
}

// indented is a text as lines that begin at a column and end before another.
func indented(text string, indent, width int) string {
	var b strings.Builder
	for _, line := range wrap(text, width-indent) {
		b.WriteString(strings.TrimRight(strings.Repeat(" ", indent)+line, " ") + "\n")
	}
	return b.String()
}
