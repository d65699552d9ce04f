package maintenance

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
)

// Blockers are the alarms that keep a server from being started while they are in ALARM; the zero value is none.
type Blockers struct {
	// Prefixes are how their names begin, Blocks says of one that begins so whether it is one.
	Prefixes []string
	Blocks   func(alarm string) bool
}

// Alarm is an alarm that is in ALARM, and since when; zero if that is unknown.
type Alarm struct {
	Name  string
	Since time.Time
}

// Alarms reads alarms.
type Alarms interface {
	// InAlarm reads all alarms in ALARM whose names begin so. With an error it is unknown which there are.
	InAlarm(ctx context.Context, prefix string) ([]Alarm, error)
}

// Blocking are the blockers that are in ALARM, since the longest first. Err is why they may not be all.
type Blocking struct {
	Alarms []Alarm
	Err    error
}

// unblocked: while an alarm of blockedBy is in ALARM, nothing starts. What cannot be read is not taken for OK.
func unblocked(_ Run, _ Trigger, f Facts) Verdict {
	switch b := f.Blocking; {
	case f.Policy.BlockedBy.Blocks == nil:
		return pass
	case b == nil:
		return Verdict{Ruling: RulingAsk, Need: NeedBlocking}
	case len(b.Alarms) > 0:
		return Verdict{Ruling: RulingWait, Reason: ReasonBlocked, Detail: b.detail(), Figures: b.figures()}
	case b.Err != nil:
		reason := ReasonOf(b.Err)
		return Verdict{Ruling: RulingWait, Reason: reason, Detail: b.Err.Error(), Fault: !reason.Retryable()}
	default:
		return pass
	}
}

// maxBlocking bounds how many alarms a run keeps the names of.
const maxBlocking = 3

func (b Blocking) figures() Figures {
	f := Figures{Most: len(b.Alarms), Since: b.Alarms[0].Since}
	for _, a := range b.Alarms[:min(len(b.Alarms), maxBlocking)] {
		f.Alarms = append(f.Alarms, cut(a.Name, maxName))
	}
	return f
}

func (b Blocking) detail() string {
	texts := make([]string, len(b.Alarms))
	for i, a := range b.Alarms {
		texts[i] = a.Name + " is in ALARM"
		if !a.Since.IsZero() {
			texts[i] += " since " + a.Since.UTC().Format(time.RFC3339)
		}
	}
	return joinFirst(texts, maxBlocking, "; ")
}

// alarmReads are what one invocation has read of alarms, each prefix once, so that a sweep asks once for all servers.
type alarmReads struct {
	from Alarms
	mu   sync.Mutex // of the map alone, never held across a call
	all  map[string]*alarmRead
}

// alarmRead is one answer. Who holds the turn reads; who waits for the turn can leave with their context.
type alarmRead struct {
	turn   chan struct{}
	done   bool
	alarms []Alarm
	err    error
}

func (r *alarmReads) of(prefix string) *alarmRead {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all = map[string]*alarmRead{}
	}
	if r.all[prefix] == nil {
		r.all[prefix] = &alarmRead{turn: make(chan struct{}, 1)}
	}
	return r.all[prefix]
}

// look reads which of the blockers are in ALARM.
func (r *alarmReads) look(ctx context.Context, blockers Blockers) *Blocking {
	b := &Blocking{}
	var failed readErrors
	for _, prefix := range blockers.Prefixes {
		alarms, err := r.read(ctx, prefix)
		if err != nil {
			failed = append(failed, err)
		}
		for _, a := range alarms {
			if blockers.Blocks(a.Name) && !slices.Contains(b.Alarms, a) {
				b.Alarms = append(b.Alarms, a)
			}
		}
	}
	if len(failed) > 0 {
		slices.SortStableFunc(failed, func(a, b error) int { return failed.rank(a) - failed.rank(b) })
		b.Err = failed
	}
	slices.SortFunc(b.Alarms, func(a, b Alarm) int { return cmp.Or(a.Since.Compare(b.Since), strings.Compare(a.Name, b.Name)) })
	return b
}

// readErrors are why alarms could not be read: what somebody has to mend comes before what passes by itself.
type readErrors []error

func (readErrors) rank(err error) int {
	if ReasonOf(err).Retryable() {
		return 1
	}
	return 0
}

func (e readErrors) Error() string {
	texts := make([]string, len(e))
	for i, err := range e {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

func (e readErrors) Unwrap() []error { return e }

// read gives the answer for a prefix. One whose reader ran out of time is not kept: the next may have more.
func (r *alarmReads) read(ctx context.Context, prefix string) ([]Alarm, error) {
	if r.from == nil {
		return nil, &Error{Op: "read alarms", Reason: ReasonUnsupported, Err: errors.New("this version reads no alarms")}
	}
	one := r.of(prefix)
	select {
	case one.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, &Error{Op: "wait for the alarms " + prefix + "*", Reason: ReasonUnavailable, Err: ctx.Err()}
	}
	defer func() { <-one.turn }()
	if one.done {
		return one.alarms, one.err
	}
	alarms, err := r.from.InAlarm(ctx, prefix)
	one.alarms, one.err, one.done = alarms, err, ctx.Err() == nil
	return alarms, err
}
