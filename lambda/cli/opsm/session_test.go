package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/rogpeppe/go-internal/testscript"

	"opsworks-maintenance/lambda/local/machine"
)

// one runs sessions one after the other: the emulator of SNS and SQS is one for all machines.
type one struct{ *testing.T }

func (one) Parallel()     {}
func (one) Verbose() bool { return testing.Verbose() }
func (o one) Run(name string, f func(testscript.T)) {
	o.T.Run(name, func(t *testing.T) { f(one{t}) })
}

// TestSessions plays what an operator types against the built function, on a machine of the session's own. $URL is its address.
func TestSessions(t *testing.T) {
	testscript.RunT(one{t}, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup:               surroundings,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve": serve, "front": front, "event": event, "letters": letters, "exits": exits, "interrupted": interruptedAfter,
		},
	})
}

// surroundings are a laptop without credentials, on which make and Go work. $CLOSED is a day on which no window is open now.
func surroundings(env *testscript.Env) error {
	repository, err := filepath.Abs("../../..")
	if err != nil {
		return err
	}
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	env.Setenv("REPOSITORY", repository)
	env.Setenv("NOW", time.Now().UTC().Format(time.RFC3339))
	env.Setenv("CLOSED", time.Now().UTC().AddDate(0, 0, 3).Format("Mon"))
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS"} {
		value, err := exec.Command("go", "env", name).Output()
		if err != nil {
			return err
		}
		env.Setenv(name, strings.TrimSpace(string(value)))
	}
	return os.CopyFS(env.WorkDir, os.DirFS("testdata/laptop"))
}

// serve FILE TIME [fails] starts a machine with the settings in FILE, whose maintenance takes TIME, and fails if that is said.
func serve(ts *testscript.TestScript, _ bool, args []string) {
	takes, err := time.ParseDuration(args[1])
	ts.Check(err)
	document := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	m, err := machine.Start(machine.Config{Function: built, Settings: []byte(document), MaintenanceTime: takes})
	ts.Check(err)
	ts.Defer(func() { _ = m.Close() })
	if len(args) > 2 {
		for _, node := range m.Nodes {
			m.SSM.FailStep(node, "Backup", "the disk is full")
		}
	}
	ts.Setenv("URL", m.URL)
}

// front TEXT STATUS CODE BODY puts something before $URL that answers the requests that have TEXT in their path or body, and hands on
// the others. With the code Unhandled it answers as Lambda does for a function that failed.
func front(ts *testscript.TestScript, _ bool, args []string) {
	status, err := strconv.Atoi(args[1])
	ts.Check(err)
	address, err := url.Parse(ts.Getenv("URL"))
	ts.Check(err)
	behind := httputil.NewSingleHostReverseProxy(address)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // what is cut off is answered by the one who is behind
		if !strings.Contains(r.URL.Path+string(body), args[0]) {
			r.Body = io.NopCloser(strings.NewReader(string(body)))
			behind.ServeHTTP(w, r)
			return
		}
		header := "X-Amzn-Errortype"
		if args[2] == "Unhandled" {
			header = "X-Amz-Function-Error"
		}
		w.Header().Set(header, args[2])
		w.WriteHeader(status)
		_, _ = io.WriteString(w, args[3])
	}))
	ts.Defer(server.Close)
	ts.Setenv("URL", server.URL)
}

// local is a session of the machine at $URL.
func local(ts *testscript.TestScript) *session {
	s := &session{options: options{Endpoint: ts.Getenv("URL"), Function: machine.FunctionName}}
	ts.Check(s.connect(context.Background()))
	return s
}

// event FILE gives the function an event, as AWS does. $RUN is the run that came of it.
func event(ts *testscript.TestScript, _ bool, args []string) {
	var a answer
	_, err := local(ts).invoke(context.Background(), "", []byte(os.Expand(ts.ReadFile(args[0]), ts.Getenv)), &a)
	ts.Check(err)
	ts.Setenv("RUN", a.RunID)
}

// letters QUEUE FILE… makes a queue with these messages. The emulator would keep it for the sessions after this one.
func letters(ts *testscript.TestScript, _ bool, args []string) {
	client := sqs.NewFromConfig(local(ts).aws)
	queue, err := client.CreateQueue(context.Background(), &sqs.CreateQueueInput{QueueName: &args[0]})
	ts.Check(err)
	ts.Defer(func() {
		_, err := client.DeleteQueue(context.Background(), &sqs.DeleteQueueInput{QueueUrl: queue.QueueUrl})
		ts.Check(err)
	})
	for _, file := range args[1:] {
		_, err := client.SendMessage(context.Background(), &sqs.SendMessageInput{QueueUrl: queue.QueueUrl,
			MessageBody: aws.String(strings.TrimSuffix(ts.ReadFile(file), "\n"))})
		ts.Check(err)
	}
}

// exits CODE COMMAND… runs a command that must end with this exit code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var ended *exec.ExitError
		if !errors.As(err, &ended) {
			ts.Fatalf("%v", err)
		}
		got = ended.ExitCode()
	}
	if args[0] != strconv.Itoa(got) {
		ts.Fatalf("exit code %d, want %s\n%s%s", got, args[0], ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

// interruptedAfter TEXT CODE COMMAND… presses Ctrl-C once the command has printed TEXT on stderr; it must end with this exit code.
// What it printed is in the files out and err.
func interruptedAfter(ts *testscript.TestScript, _ bool, args []string) {
	path, err := exec.LookPath(args[2])
	ts.Check(err)
	command := exec.Command(path, args[3:]...)
	var out strings.Builder
	said := &trigger{text: args[0], pull: func() { _ = command.Process.Signal(os.Interrupt) }} // if it is gone, the exit code says so
	command.Stdout, command.Stderr = &out, said
	_ = command.Run() // its exit code is looked at
	ts.Check(os.WriteFile(ts.MkAbs("out"), []byte(out.String()), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("err"), []byte(said.all.String()), 0o600))
	if got := strconv.Itoa(command.ProcessState.ExitCode()); got != args[1] {
		ts.Fatalf("exit code %s, want %s\n%s%s", got, args[1], &out, said.all.String())
	}
}

// trigger is pulled when a text has been written to it.
type trigger struct {
	text string
	pull func()
	all  strings.Builder
}

func (t *trigger) Write(b []byte) (int, error) {
	before := strings.Contains(t.all.String(), t.text)
	t.all.Write(b)
	if !before && strings.Contains(t.all.String(), t.text) {
		t.pull()
	}
	return len(b), nil
}
