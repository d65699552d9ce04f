package ledger

import (
	"context"
	"fmt"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// Take implements maintenance.Ledger with UpdateItem. A run of a later edition comes with ReasonUnsupported.
func (l *Ledger) Take(ctx context.Context, due maintenance.Due, next time.Time) (maintenance.Run, error) {
	w := &write{op: "take run " + due.RunID, writer: l.token(), witness: runKey(due.RunID)}
	var later item // the run, if it needs a later edition
	w.steps = func() []step {
		e := &expression{}
		e.set(AttrNext, millis(roundUp(next)))
		e.set(attrVersion, number(due.Version+1))
		e.set(attrWriter, text(w.writer))
		e.was(attrVersion, number(due.Version))
		e.when("attribute_not_exists(#edition) OR #edition <= :edition", item{":edition": number(maintenance.Edition)})
		return []step{{pk: w.witness, change: e, refused: func(ctx context.Context, old item) error {
			if edition := numberOf(old, attrEdition); edition > maintenance.Edition {
				later = old
				return &maintenance.Error{Op: w.op, Reason: maintenance.ReasonUnsupported,
					Err: fmt.Errorf("a later version of the function wrote the run: its edition is %d, this version's %d", edition, maintenance.Edition)}
			}
			return &maintenance.Error{Op: w.op, Reason: maintenance.ReasonMoved}
		}}}
	}
	stored, err := l.carryOut(ctx, w)
	if err != nil {
		run, _ := decode(later) // as far as this edition can read it
		return run, err
	}
	run, err := decode(stored)
	if err != nil {
		return maintenance.Run{}, unavailable(w.op, err)
	}
	return run, nil
}
