// Package node runs Systems Manager's Automation runbooks on the machine it is on: their shell steps as the SSM Agent does, step after step
// as Automation does. How the agent does it was read off a real one, built from its public source.
package node

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// The agent keeps the first 2,500 bytes of what a command says: its output, this line, its errors.
const (
	outputMax  = 2500
	errorsLine = "\n----------ERROR-------\n"
)

// SystemPath is the PATH that systemd gives the agent's service, and the agent its commands.
const SystemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// mark is a variable that whatever a command starts inherits: by it a survivor is found, whatever group it is in.
const mark = "LOCAL_NODE_COMMAND="

// Agent runs commands. The zero value does it as on a node in us-east-1.
type Agent struct {
	Region     string
	InstanceID string
	Bin        string   // a folder that goes before SystemPath; empty on a real node
	Env        []string // more variables than the agent gives; none on a real node
}

// Result is what came of one command.
type Result struct {
	Output    string // cut as the agent cuts it
	Code      int
	Killed    bool          // by a cancel or its time limit
	Held      time.Duration // how long something kept the output open after the command was over
	Survivors []int         // processes that the command started and that are there still
}

// Run starts a script and waits until nothing holds its output any more. At its limit, or when ctx is done, SIGKILL goes to the process
// group of the script and to nothing else.
func (a Agent) Run(ctx context.Context, script string, limit time.Duration) (Result, error) {
	folder, err := os.MkdirTemp("", "command")
	if err != nil {
		return Result{}, fmt.Errorf("make the command's folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "_script.sh")
	if err := WriteScript(path, script, 0o700); err != nil {
		return Result{}, fmt.Errorf("write the command: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, executionTimeout(limit))
	defer cancel()
	id := mark + rand.Text()
	var stdout, stderr bytes.Buffer
	var over time.Time
	cmd := exec.CommandContext(ctx, "sh", "-c", path)
	cmd.Dir, cmd.Env = "/usr/bin", append(a.environment(), id)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr // pipes, as they are no files
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var r Result
	cmd.Cancel = func() error {
		r.Killed, over = true, time.Now()
		return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
	cmd.WaitDelay = 5 * time.Second // what was killed and still holds the output is waited for no longer
	if err := cmd.Start(); err != nil {
		return Result{}, fmt.Errorf("start the command: %w", err)
	}
	exited := make(chan time.Time, 1)
	go func() { exited <- untilGone(cmd.Process.Pid) }()
	err = cmd.Wait()
	if over.IsZero() {
		over = <-exited
	}
	r.Held = time.Since(over)
	r.Survivors = marked(id)
	r.Code = cmd.ProcessState.ExitCode()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) && ctx.Err() == nil {
		return r, fmt.Errorf("run the command: %w", err)
	}
	r.Output = stdout.String()
	if stderr.Len() > 0 {
		r.Output += errorsLine + stderr.String()
	}
	r.Output = r.Output[:min(len(r.Output), outputMax)]
	return r, nil
}

// environment is all that a command is given: no HOME, no language, no user, and a Region only by the agent's own name for it.
func (a Agent) environment() []string {
	path, region := SystemPath, a.Region
	if a.Bin != "" {
		path = a.Bin + ":" + path
	}
	if region == "" {
		region = "us-east-1"
	}
	return append([]string{
		"PATH=" + path, "AWS_SSM_INSTANCE_ID=" + a.InstanceID, "AWS_SSM_REGION_NAME=" + region, "AWS_SSM_PLATFORM_NAME=Debian GNU/Linux",
		"AWS_SSM_PLATFORM_VERSION=12", "SSM_COMMAND_ID=" + rand.Text(),
	}, a.Env...)
}

// executionTimeout outside of what the agent takes is an hour.
func executionTimeout(limit time.Duration) time.Duration {
	if limit < 5*time.Second || limit > 172800*time.Second {
		return time.Hour
	}
	return limit
}

// Alive says whether a process is there. One that has ended and is only not yet waited for is not.
func Alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat[bytes.LastIndexByte(stat, ')')+1:]), " Z ")
}

// untilGone waits for the end of a process that somebody else waits for too.
func untilGone(pid int) time.Time {
	for Alive(pid) {
		time.Sleep(10 * time.Millisecond)
	}
	return time.Now()
}

// marked lists the processes that have a variable.
func marked(id string) []int {
	var all []int
	paths, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range paths {
		content, _ := os.ReadFile(path)
		for _, variable := range strings.Split(string(content), "\x00") {
			var pid int
			if _, err := fmt.Sscanf(path, "/proc/%d/environ", &pid); err == nil && variable == id {
				all = append(all, pid)
			}
		}
	}
	return all
}

// WriteScript writes a file that is to be run. No process may be forked meanwhile: until it runs something of its own, it would have the
// file open for writing, and who runs the file in that moment is told "text file busy" (golang/go#22315).
func WriteScript(path, content string, mode os.FileMode) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(path, []byte(content), mode)
}
