package main

import (
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// takeTerminal lets Ctrl-C reach this process alone, and not make, which would call it a failure. It does nothing where there is no
// terminal, or where a shell has done so. What it returns gives the terminal back.
func takeTerminal() (giveBack func()) {
	in, out := int(os.Stdin.Fd()), int(os.Stdout.Fd())
	foreground, err := unix.IoctlGetInt(in, unix.TIOCGPGRP)
	_, outErr := unix.IoctlGetInt(out, unix.TIOCGPGRP) // a pager may need the terminal too
	if err != nil || outErr != nil || foreground != unix.Getpgrp() || foreground == os.Getpid() {
		return func() {}
	}
	signal.Ignore(unix.SIGTTOU, unix.SIGTSTP) // nobody would wake this process after Ctrl-Z
	if unix.Setpgid(0, 0) != nil || unix.IoctlSetPointerInt(in, unix.TIOCSPGRP, os.Getpid()) != nil {
		return func() {}
	}
	return func() { _ = unix.IoctlSetPointerInt(in, unix.TIOCSPGRP, foreground) }
}
