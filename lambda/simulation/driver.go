package simulation

import (
	"cmp"
	"container/heap"
	"slices"
	"sync"
	"testing/synctest"
	"time"
)

// driver is one goroutine that owns the clock, the queue of what is to happen, and every choice. All else runs only while it waits.
type driver struct {
	begin time.Time
	queue queue
	count int // of what was ever queued: the order of what is to happen at one instant
	hash  key // of everything that happened, to compare two runs of one story
	end   time.Time

	woke   chan struct{}
	timer  *time.Timer
	mu     sync.Mutex // held for a moment, never across a call
	parked []*call
	spare  []*call
	landed []*flight
	idle   []*worker

	workers []*worker
	flying  int
}

// happening is something that is to happen at a time.
type happening struct {
	at    time.Time
	order int
	do    func()
}

type queue []happening

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if !q[i].at.Equal(q[j].at) {
		return q[i].at.Before(q[j].at)
	}
	return q[i].order < q[j].order
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(happening)) }
func (q *queue) Pop() any {
	last := len(*q) - 1
	h := (*q)[last]
	(*q)[last] = happening{}
	*q = (*q)[:last]
	return h
}

// now is the true time, which no container knows.
func (d *driver) now() time.Time { return time.Now().Round(0) }

func (d *driver) since() time.Duration { return time.Since(d.begin) }

// at queues what is to happen at a time; what is late happens at once.
func (d *driver) at(t time.Time, do func()) {
	d.count++
	heap.Push(&d.queue, happening{t.Round(0), d.count, do})
}

func (d *driver) after(pause time.Duration, do func()) { d.at(d.now().Add(pause), do) }

// note makes what happened part of the run's hash.
func (d *driver) note(k key, what int) {
	d.hash = key(mix(uint64(d.hash)^uint64(k)) ^ uint64(d.since())).number(what)
}

// settle waits until everybody is blocked, and takes in what has come in an order that does not depend on the scheduler of goroutines.
func (w *world) settle() {
	synctest.Wait()
	select {
	case <-w.woke:
	default:
	}
	w.mu.Lock()
	parked, landed := w.parked, w.landed
	w.parked, w.spare, w.landed = w.spare[:0], parked, nil
	w.mu.Unlock()
	if len(landed) > 1 {
		slices.SortFunc(landed, func(a, b *flight) int { return cmp.Compare(a.key, b.key) })
	}
	for _, f := range landed {
		w.flying--
		w.land(f)
	}
	if len(parked) > 1 {
		slices.SortFunc(parked, func(a, b *call) int { return cmp.Compare(a.key, b.key) })
	}
	for _, c := range parked {
		w.admit(c)
	}
}

// drive lets the world run until its end.
func (w *world) drive() {
	for {
		w.settle()
		if w.broke != nil && !w.goOn {
			return
		}
		now, next := w.now(), w.end
		switch {
		case len(w.queue) > 0:
			next = w.queue[0].at
		}
		if !now.Before(w.end) {
			return
		}
		if next.After(w.end) {
			next = w.end
		}
		if next.After(now) {
			w.sleep(next.Sub(now))
			continue // what the same instant woke gets to be blocked again first
		}
		heap.Pop(&w.queue).(happening).do()
	}
}

// sleep lets time pass until somebody comes who slept, or whose context has ended.
func (d *driver) sleep(pause time.Duration) {
	if d.timer == nil {
		d.timer = time.NewTimer(pause) // in the bubble
	} else {
		d.timer.Reset(pause)
	}
	select {
	case <-d.timer.C:
	case <-d.woke:
		d.timer.Stop()
	}
}

// wake tells the driver that somebody has come.
func (d *driver) wake() {
	select {
	case d.woke <- struct{}{}:
	default:
	}
}

// ground ends every flight, so that no goroutine is left when the bubble is.
func (w *world) ground() {
	w.grounded = true
	for w.settle(); w.flying > 0; w.settle() {
		for _, f := range w.flights {
			w.kill(f)
		}
		synctest.Wait()
		if w.mu.Lock(); len(w.landed) == 0 && len(w.parked) == 0 {
			w.mu.Unlock()
			time.Sleep(time.Minute) // somebody sleeps, or waits for a context
			continue
		}
		w.mu.Unlock()
	}
	for _, worker := range w.workers {
		close(worker.next)
	}
}

// worker is a goroutine whose stack has grown already, for one flight after the other.
type worker struct{ next chan func() }

// run has a worker do something.
func (d *driver) run(do func()) {
	d.mu.Lock()
	var w *worker
	if n := len(d.idle); n > 0 {
		w, d.idle = d.idle[n-1], d.idle[:n-1]
	}
	d.mu.Unlock()
	if w == nil {
		w = &worker{next: make(chan func(), 1)}
		d.workers = append(d.workers, w)
		go d.work(w)
	}
	w.next <- do
}

// work outlives the deaths of flights: a goroutine that dies by Goexit leaves the worker to a new one.
func (d *driver) work(w *worker) {
	closed := false
	defer func() {
		if !closed {
			go d.work(w)
			d.rest(w)
		}
	}()
	for do := range w.next {
		do()
		d.rest(w)
	}
	closed = true
}

func (d *driver) rest(w *worker) {
	d.mu.Lock()
	d.idle = append(d.idle, w)
	d.mu.Unlock()
}
