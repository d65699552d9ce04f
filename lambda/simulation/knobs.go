package simulation

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"
)

// Knobs are how likely each fault is. A seed first draws which of them exist at all, and how strong they are.
type Knobs struct {
	// What calls meet. The ledger's, the backends' and the topics' share is each one's own.
	FailBefore, FailAfter, Hang, HangAfter, DieBefore, DieAfter, DieLate float64
	Slow, Late                                                           float64
	Ledger, Backend, Notifier                                            float64
	// What models do beyond.
	Stale, Conflict                                                 float64 // the ledger
	Lag, Empty, Partial, Refuse                                     float64 // both backends
	Queue, Reboot, Rival, BadRun, Cancel                            float64 // ssm, and what becomes of a maintenance
	Never, BeginLate, NoEvent                                       float64 // opsworks-cm
	EndLost, EndLate, EndTwice                                      float64 // the event that a run is over
	Skew, Twice, Retard                                             float64 // Lambda and EventBridge
	Click, ClickStop, ClickClose, Clear, Again, Overlap, Impatience float64 // what aims
	Approve                                                         float64
}

// all lists the knobs by their names in a story.
func (k *Knobs) all() iter.Seq2[string, *float64] {
	return func(yield func(string, *float64) bool) {
		for _, one := range []struct {
			name string
			p    *float64
		}{
			{"fail-before", &k.FailBefore}, {"fail-after", &k.FailAfter}, {"hang", &k.Hang}, {"hang-after", &k.HangAfter},
			{"die-before", &k.DieBefore}, {"die-after", &k.DieAfter}, {"die-late", &k.DieLate}, {"slow", &k.Slow}, {"late", &k.Late},
			{"ledger", &k.Ledger}, {"backend", &k.Backend}, {"notifier", &k.Notifier}, {"stale", &k.Stale}, {"conflict", &k.Conflict},
			{"lag", &k.Lag}, {"empty", &k.Empty}, {"partial", &k.Partial}, {"refuse", &k.Refuse}, {"queue", &k.Queue}, {"reboot", &k.Reboot},
			{"rival", &k.Rival},
			{"bad-run", &k.BadRun}, {"cancel", &k.Cancel}, {"never", &k.Never}, {"begin-late", &k.BeginLate}, {"no-event", &k.NoEvent},
			{"end-lost", &k.EndLost}, {"end-late", &k.EndLate}, {"end-twice", &k.EndTwice}, {"skew", &k.Skew}, {"twice", &k.Twice},
			{"retard", &k.Retard}, {"click", &k.Click}, {"click-stop", &k.ClickStop}, {"clear", &k.Clear}, {"again", &k.Again},
			{"overlap", &k.Overlap}, {"impatience", &k.Impatience}, {"click-close", &k.ClickClose},
			{"approve", &k.Approve},
		} {
			if !yield(one.name, one.p) {
				return
			}
		}
	}
}

func (k *Knobs) set(name, value string) error {
	for n, p := range k.all() {
		if n == name {
			var err error
			*p, err = strconv.ParseFloat(value, 64)
			return err
		}
	}
	return fmt.Errorf("no knob %s", name)
}

// chances are the fates with theirs, in the order in which they are drawn.
func (k *Knobs) chances() [fates]float64 {
	return [fates]float64{0, k.FailBefore, k.FailAfter, k.Hang, k.HangAfter, k.DieBefore, k.DieAfter, k.DieLate}
}

// struck is how likely a call meets any fate but a fine one.
func (k *Knobs) struck(op string) float64 {
	sum := 0.0
	for _, p := range k.chances() {
		sum += p
	}
	switch {
	case strings.HasPrefix(op, "ledger."):
		return sum * k.Ledger
	case strings.HasPrefix(op, "sns."):
		return sum * k.Notifier
	default:
		return sum * k.Backend
	}
}

// strike draws which.
func (k *Knobs) strike(r *roller) oddity {
	chances, sum := k.chances(), 0.0
	for _, p := range chances {
		sum += p
	}
	x := r.float() * sum
	for f, p := range chances {
		if x -= p; x < 0 {
			switch fate(f) {
			case hang, hangAfter:
				return oddity{fateNames[f], r.between(3*time.Second, timeout)}
			case dieLate:
				return oddity{fateNames[f], lateness(r).long}
			}
			return oddity{what: fateNames[f]}
		}
	}
	return oddity{what: fateNames[failBefore]}
}

// draw draws the knobs of a seed: swarm testing (Groce and others, 2012): what is always there hides what it is not.
func (k *Knobs) draw(r *roller) {
	strength := map[string]float64{
		"fail-before": 0.08, "fail-after": 0.06, "hang": 0.03, "hang-after": 0.03, "die-before": 0.04, "die-after": 0.05, "die-late": 0.04,
		"slow": 0.05, "late": 0.8, "ledger": 1, "backend": 1, "notifier": 1, "stale": 0.7, "conflict": 0.3, "lag": 0.8, "empty": 0.5,
		"partial": 0.1, "refuse": 0.3, "queue": 0.6, "reboot": 0.4, "rival": 0.6, "bad-run": 0.6, "cancel": 0.2, "never": 0.3, "begin-late": 0.7,
		"no-event": 0.5,
		"end-lost": 0.8, "end-late": 0.8, "end-twice": 0.5, "skew": 0.7, "twice": 0.4, "retard": 0.3, "click": 0.5, "click-stop": 0.3,
		"clear": 0.5, "again": 0.5, "overlap": 0.1, "impatience": 0.5, "click-close": 0.1, "approve": 1,
	}
	for name, p := range k.all() {
		switch on, much := r.float(), r.float(); {
		case name == "ledger" || name == "backend" || name == "notifier":
			*p = 1
			if on < 0.2 {
				*p = 0
			}
		case on < 0.45:
			*p = strength[name] * much
		}
	}
}
