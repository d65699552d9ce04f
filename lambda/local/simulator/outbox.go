package simulator

import "sync"

// Outbox hands out what is to be told, one thing at a time, in the order it was added and outside all locks.
type Outbox struct {
	mu         sync.Mutex
	pending    []func()
	delivering bool
}

// Add may be called with the service's lock held; whoever does calls Deliver after releasing it.
func (o *Outbox) Add(tell func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pending = append(o.pending, tell)
}

// Deliver tells what is pending. Whoever delivers already does it for the others too: that keeps the order, and lets those who
// are told cause further things to tell.
func (o *Outbox) Deliver() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.delivering {
		return
	}
	o.delivering = true
	for len(o.pending) > 0 {
		next := o.pending[0]
		o.pending = o.pending[1:]
		o.mu.Unlock()
		next()
		o.mu.Lock()
	}
	o.delivering = false
}
