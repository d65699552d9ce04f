// Package runtimeapi runs the built binary of a Lambda function on this machine as Lambda does: as a process of its own behind
// the Lambda Runtime API (version 2018-06-01), its real start-up included. Handler adds the Invoke API.
//
// It differs from Lambda where Lambda needs more than one machine: callers queue where Lambda would throttle, nothing limits
// the process's memory, a failed init is not repeated within the invocation, and there are no extensions. Linux and macOS.
package runtimeapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// ErrClosed is the answer to an invocation that Close came upon.
var ErrClosed = errors.New("the function is closed")

// Config says what to run and how.
type Config struct {
	Binary      string   // its folder is the process's working directory, as /var/task is
	Env         []string // the process's whole environment; AWS_LAMBDA_RUNTIME_API is added
	FunctionARN string
	Aliases     []string // by which the function may be invoked besides

	Timeout     time.Duration // of one invocation; default 3 s, as in Lambda
	InitTimeout time.Duration // from process start to its first request for work; default 10 s, Lambda's limit
	Concurrency int           // processes at the same time, default 1

	// Output receives the processes' standard output and error, one whole line per Write, never two at a time.
	Output io.Writer

	// RetryDelay is the pause before the first retry of an asynchronous invocation; the second pause is twice as long.
	// Default: one minute, as in Lambda.
	RetryDelay time.Duration
}

// Result is what an invocation came to.
type Result struct {
	RequestID string
	Payload   []byte         // what Lambda's Invoke would answer with: the response, or the error's document
	Error     *FunctionError // nil: the function answered
	Cold      bool           // a process was started for it
	Init      time.Duration  // from process start to its first request for work, if cold
	Duration  time.Duration  // from handing over the payload to the answer
}

// Function is one function. Its environments (processes) start when they are needed and stay for later invocations.
type Function struct {
	config Config
	output *lines
	slots  chan struct{} // a token for each environment that is not idle
	ctx    context.Context
	stop   context.CancelFunc
	active sync.WaitGroup

	mu    sync.Mutex
	idle  []*environment
	live  map[*environment]struct{}
	usage []Usage
}

// New returns a function; nothing is started before the first invocation.
func New(config Config) *Function {
	config.Timeout = orDefault(config.Timeout, 3*time.Second)
	config.InitTimeout = orDefault(config.InitTimeout, 10*time.Second)
	config.RetryDelay = orDefault(config.RetryDelay, time.Minute)
	config.Concurrency = max(config.Concurrency, 1)
	if config.Output == nil {
		config.Output = io.Discard
	}
	ctx, stop := context.WithCancel(context.Background())
	return &Function{
		config: config,
		output: &lines{out: config.Output},
		slots:  make(chan struct{}, config.Concurrency),
		ctx:    ctx,
		stop:   stop,
		live:   make(map[*environment]struct{}),
	}
}

func orDefault(given, otherwise time.Duration) time.Duration {
	if given <= 0 {
		return otherwise
	}
	return given
}

// Invoke calls the function and waits for its answer. A failure of the function is in the result; the error is for what keeps
// it from running at all: ctx ended (its environment is killed then), Close, or a binary that cannot be started.
func (f *Function) Invoke(ctx context.Context, payload []byte) (Result, error) {
	return f.InvokeAlias(ctx, "", payload)
}

// InvokeAlias is Invoke through an alias, which the function sees at the end of the ARN that it was invoked by.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
func (f *Function) InvokeAlias(ctx context.Context, alias string, payload []byte) (Result, error) {
	if !f.enter() {
		return Result{}, ErrClosed
	}
	defer f.active.Done()
	return f.invoke(ctx, newUUID(), alias, payload)
}

// enter counts a caller in, unless the function is closed. Close waits for those counted.
func (f *Function) enter() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ctx.Err() != nil {
		return false
	}
	f.active.Add(1)
	return true
}

// invoke runs under a caller counted in by enter.
func (f *Function) invoke(ctx context.Context, id, alias string, payload []byte) (Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(f.ctx, cancel)()

	select {
	case f.slots <- struct{}{}:
	case <-ctx.Done():
		return Result{}, f.reason(ctx)
	}
	for {
		e, cold, err := f.environment()
		if err != nil {
			<-f.slots
			return Result{}, fmt.Errorf("start the function: %w", err)
		}
		arn := f.config.FunctionARN
		if alias != "" {
			arn += ":" + alias
		}
		job := newInvocation(id, arn, payload)
		result, err := e.run(ctx, f.config, job, cold)
		if errors.Is(err, errStale) {
			continue // an idle process had died: Lambda starts another without a word, and so do we
		}
		f.active.Add(1)
		go f.settle(e, job.deadline)
		if err != nil {
			return Result{}, f.reason(ctx)
		}
		return result, nil
	}
}

func (f *Function) reason(ctx context.Context) error {
	if f.ctx.Err() != nil {
		return ErrClosed
	}
	return ctx.Err()
}

// environment takes an idle one, or starts one.
func (f *Function) environment() (*environment, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.idle) > 0 {
		last := len(f.idle) - 1
		e := f.idle[last] // the one used last, as Lambda prefers
		f.idle = slices.Delete(f.idle, last, last+1)
		if !e.dead() {
			return e, false, nil
		}
	}
	e, err := startEnvironment(f.config, f.output)
	if err != nil {
		return nil, false, err
	}
	f.live[e] = struct{}{}
	f.active.Add(1)
	go f.bury(e)
	return e, true, nil
}

// bury waits for a process to end and keeps its usage.
func (f *Function) bury(e *environment) {
	defer f.active.Done()
	<-e.exited
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.live, e)
	f.usage = append(f.usage, e.usage())
}

// settle gives the slot back when the environment asks for work again or is gone. An answer does not end an invocation: only
// the next request for work does, and until then the deadline holds.
func (f *Function) settle(e *environment, deadline time.Time) {
	defer f.active.Done()
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	asks := false
	select {
	case <-e.exited:
	default:
		select {
		case <-e.arrived:
			asks = !e.doomed.Load()
		case <-e.exited:
		case <-timer.C:
		case <-f.ctx.Done():
		}
	}
	if asks {
		e.sample()
		f.mu.Lock()
		f.idle = append(f.idle, e)
		f.mu.Unlock()
	} else {
		e.kill()
		<-e.exited
	}
	<-f.slots
}

// Close kills the processes, ends the invocations under way with ErrClosed, and waits for all of it.
func (f *Function) Close() error {
	f.mu.Lock()
	f.stop()
	for e := range f.live {
		e.kill()
	}
	f.mu.Unlock()
	f.active.Wait()
	return nil
}

// Usage returns what each ended process has used, in the order they ended: after Close, all.
func (f *Function) Usage() []Usage {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.usage)
}

func taskRoot(binary string) (path, dir string, err error) {
	path, err = filepath.Abs(binary)
	return path, filepath.Dir(path), err
}
