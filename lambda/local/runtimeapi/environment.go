package runtimeapi

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// errStale: the process was found dead before it took the invocation.
var errStale = errors.New("environment is gone")

// environment is one process of the function and the Runtime API it talks to. It serves one invocation at a time.
type environment struct {
	command *exec.Cmd
	server  *http.Server
	started time.Time
	arrived chan struct{}    // holds a token once the process asks for work
	jobs    chan *invocation // to the request for work that waits
	exited  chan struct{}
	doomed  atomic.Bool // killed, though perhaps not dead yet
	peak    atomic.Int64

	mu         sync.Mutex
	current    *invocation // taken and not answered
	ready      bool        // it has asked for work once
	initFailed chan reply
}

func startEnvironment(config Config, output *lines) (*environment, error) {
	path, dir, err := taskRoot(config.Binary)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	e := &environment{
		command:    exec.Command(path),
		arrived:    make(chan struct{}, 1),
		jobs:       make(chan *invocation),
		exited:     make(chan struct{}),
		initFailed: make(chan reply, 1),
	}
	out := &lineWriter{to: output}
	e.command.Dir = dir
	e.command.Env = append(slices.Clone(config.Env), "AWS_LAMBDA_RUNTIME_API="+listener.Addr().String())
	e.command.Stdout, e.command.Stderr = out, out
	// What a grandchild keeps open must not keep us waiting.
	e.command.WaitDelay = time.Second
	// A group of its own: an interrupt at the terminal is for us to handle, the function must not see it.
	e.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	e.server = &http.Server{Handler: e.routes(), ReadHeaderTimeout: 10 * time.Second}

	e.started = time.Now()
	if err := e.command.Start(); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = e.server.Serve(listener) // returns when the server is closed below
	}()
	go func() {
		_ = e.command.Wait() // how it ended is in ProcessState
		_ = e.server.Close()
		<-served
		out.flush()
		close(e.exited)
	}()
	return e, nil
}

// kill is SIGKILL: Lambda gives no warning to a function without extensions.
func (e *environment) kill() {
	if !e.doomed.Swap(true) {
		e.sample()
		_ = e.command.Process.Kill() // it may be dead already
	}
}

func (e *environment) dead() bool {
	select {
	case <-e.exited:
		return true
	default:
		return e.doomed.Load()
	}
}

// run takes one invocation through the environment. The error says only that there is no result: ctx ended, or errStale.
func (e *environment) run(ctx context.Context, config Config, job *invocation, cold bool) (Result, error) {
	result := Result{RequestID: job.id, Cold: cold}
	job.deadline = time.Now() // what settle goes by if the process never comes as far as taking the job
	if cold {
		failure, err := e.awaitInit(ctx, config.InitTimeout, job.id)
		if err != nil {
			return Result{}, err
		}
		result.Init = time.Since(e.started)
		if failure != nil {
			return result.with(*failure), nil
		}
	}

	began := time.Now()
	job.deadline = began.Add(config.Timeout)
	answer, err := e.await(ctx, config.Timeout, job, cold)
	if err != nil {
		return Result{}, err
	}
	result.Duration = time.Since(began)
	return result.with(answer), nil
}

// awaitInit waits for the first request for work. The one who does not come that far is killed.
func (e *environment) awaitInit(ctx context.Context, limit time.Duration, id string) (*reply, error) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	var failure reply
	select {
	case <-e.arrived:
		return nil, nil
	case failure = <-e.initFailed:
	case <-e.exited:
		select {
		case failure = <-e.initFailed: // it reported before it ended, as it should
		default:
			failure = failed(exitError(id, e.command.ProcessState))
		}
	case <-timer.C:
		failure = failed(timedOut(id, limit))
	case <-ctx.Done():
		e.kill()
		return nil, ctx.Err()
	}
	e.kill()
	return &failure, nil
}

// await hands the job over and waits for its answer.
func (e *environment) await(ctx context.Context, limit time.Duration, job *invocation, cold bool) (reply, error) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	jobs := e.jobs
	for {
		select {
		case jobs <- job:
			jobs = nil
		case answer := <-job.reply:
			return answer, nil
		case <-e.exited:
			select {
			case answer := <-job.reply: // answered with its last breath, as after a panic
				return answer, nil
			default:
			}
			if jobs != nil && !cold {
				return reply{}, errStale
			}
			return failed(exitError(job.id, e.command.ProcessState)), nil
		case <-timer.C:
			e.kill()
			return failed(timedOut(job.id, limit)), nil
		case <-ctx.Done():
			e.kill()
			return reply{}, ctx.Err()
		}
	}
}
