package node_test

import (
	"context"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"opsworks-maintenance/lambda/local/node"
)

func run(t *testing.T, script string, limit time.Duration) node.Result {
	t.Helper()
	r, err := node.Agent{Region: "eu-central-1", InstanceID: "i-0123456789abcdef0"}.Run(t.Context(), "#!/bin/bash\n"+script+"\n", limit)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAgent_EnvironmentIsWhatTheRealOneGives(t *testing.T) {
	t.Setenv("HOME", "/somewhere")
	t.Setenv("AWS_REGION", "us-west-2")
	r := run(t, "env; pwd; [ -t 0 ] || readlink /proc/self/fd/0", time.Minute)
	for _, want := range []string{"PATH=" + node.SystemPath + "\n", "AWS_SSM_REGION_NAME=eu-central-1\n",
		"AWS_SSM_INSTANCE_ID=i-0123456789abcdef0\n", "SSM_COMMAND_ID=", "/usr/bin\n", "/dev/null\n"} {
		if !strings.Contains(r.Output, want) {
			t.Errorf("it lacks %q:\n%s", want, r.Output)
		}
	}
	for _, not := range []string{"HOME=", "LANG=", "USER=", "TERM=", "\nAWS_REGION="} {
		if strings.Contains("\n"+r.Output, not) {
			t.Errorf("it has %q:\n%s", not, r.Output)
		}
	}
}

func TestAgent_OutputComesBeforeErrorsAndIsCut(t *testing.T) {
	got, want := run(t, "echo wrong >&2; echo right; exit 3", time.Minute), "right\n\n----------ERROR-------\nwrong\n"
	if got.Output != want || got.Code != 3 {
		t.Errorf("code %d, %q", got.Code, got.Output)
	}
	if got := run(t, "seq 10000; echo last", time.Minute); len(got.Output) != 2500 || strings.Contains(got.Output, "last") {
		t.Errorf("%d bytes", len(got.Output))
	}
}

// Only the group is killed: what has one of its own survives, and is found.
func TestAgent_KillsTheGroupAtItsLimit(t *testing.T) {
	r := run(t, "trap 'echo trapped' TERM EXIT\ntimeout 300 sleep 301 </dev/null >/dev/null 2>&1 &\nsleep 302", 5*time.Second)
	if !r.Killed || strings.Contains(r.Output, "trapped") {
		t.Errorf("killed: %t, %q", r.Killed, r.Output)
	}
	if len(r.Survivors) != 2 { // timeout and its command
		t.Errorf("survivors: %v", r.Survivors)
	}
	for _, pid := range r.Survivors {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

func TestAgent_WaitsForThePipes(t *testing.T) {
	if r := run(t, "sleep 3 & exit 0", time.Minute); r.Held < 2*time.Second {
		t.Errorf("held for %s", r.Held)
	}
	if r := run(t, "sleep 3 </dev/null >/dev/null 2>&1 & exit 0", time.Minute); r.Held > time.Second || len(r.Survivors) != 1 {
		t.Errorf("held for %s by %v", r.Held, r.Survivors)
	}
}

// A limit of less than five seconds is taken for an hour.
func TestAgent_LimitThatIsNone(t *testing.T) {
	if r := run(t, "sleep 2", time.Second); r.Killed {
		t.Error("it was killed after a second")
	}
}

func TestAgent_Cancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(200*time.Millisecond, cancel)
	r, err := node.Agent{}.Run(ctx, "#!/bin/sh\nsleep 30\n", time.Minute)
	if err != nil || !r.Killed {
		t.Errorf("%+v: %v", r, err)
	}
	if node.Alive(os.Getpid()) != true || node.Alive(1<<22+1) {
		t.Error("who is alive is not known")
	}
}
