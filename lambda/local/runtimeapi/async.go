package runtimeapi

import "time"

// retries is how often Lambda repeats an asynchronous invocation that ended in a function error, by default.
const retries = 2

// InvokeAsync queues an asynchronous invocation, as EventBridge, SNS and alarms make them, and returns its request id, which
// the retries share. What fails for the last time is dropped: there is no failure destination here.
func (f *Function) InvokeAsync(payload []byte) (string, error) { return f.invokeAsync("", payload) }

func (f *Function) invokeAsync(alias string, payload []byte) (string, error) {
	if !f.enter() {
		return "", ErrClosed
	}
	id := newUUID()
	go func() {
		defer f.active.Done()
		f.attempts(id, alias, payload)
	}()
	return id, nil
}

func (f *Function) attempts(id, alias string, payload []byte) {
	pause := f.config.RetryDelay
	for attempt := 0; ; attempt++ {
		result, err := f.invoke(f.ctx, id, alias, payload)
		if err == nil && result.Error == nil || attempt == retries {
			return
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-f.ctx.Done():
			timer.Stop()
			return
		}
		pause *= 2
	}
}
