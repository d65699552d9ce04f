package ledger

import (
	"context"
	"errors"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

func fleetOf(i item) (maintenance.FleetRecord, error) {
	hold, err := jsonOf[maintenance.Hold](i, attrHold)
	return maintenance.FleetRecord{
		Hold: hold, Limit: int(numberOf(i, attrLimit)), Wanted: int(numberOf(i, attrWanted)), WantedSince: momentOf(i, attrWantedSince),
	}, err
}

// Limit implements maintenance.Ledger with UpdateItem: ReasonMoved if what is stored is not what was.
func (l *Ledger) Limit(ctx context.Context, was, is maintenance.FleetRecord) error {
	w := &write{op: "change the concurrency limit", writer: l.token(), witness: fleetKey}
	w.steps = func() []step {
		e := &expression{}
		e.set(attrWriter, text(w.writer))
		before, after := limitOf(was), limitOf(is)
		for _, name := range []string{attrLimit, attrWanted, attrWantedSince} {
			e.was(name, before[name])
			if after[name] != nil {
				e.set(name, after[name])
			} else {
				e.remove(name)
			}
		}
		return []step{{pk: fleetKey, change: e, refused: func(context.Context, item) error {
			return &maintenance.Error{Op: w.op, Reason: maintenance.ReasonMoved}
		}}}
	}
	_, err := l.carryOut(ctx, w)
	return err
}

// limitOf has no attribute for what is zero.
func limitOf(f maintenance.FleetRecord) item {
	i := item{}
	for name, n := range map[string]int{attrLimit: f.Limit, attrWanted: f.Wanted} {
		if n != 0 {
			i[name] = number(n)
		}
	}
	if !f.WantedSince.IsZero() {
		i[attrWantedSince] = moment(f.WantedSince)
	}
	return i
}

// errUnexpectedCondition: the condition of a write that adds one cannot fail for another reason than that it was made.
var errUnexpectedCondition = errors.New("unexpected ConditionalCheckFailedException")

// Count implements maintenance.Ledger with UpdateItem.
func (l *Ledger) Count(ctx context.Context, what string, now time.Time) (int, error) {
	w := &write{op: "count " + what, writer: l.token(), witness: countKey(what, dayOf(now))}
	w.steps = func() []step {
		e := &expression{}
		e.set(attrExpires, seconds(now.Add(keepCount)))
		e.set(attrWriter, text(w.writer))
		e.addOne(attrCount)
		e.when("attribute_not_exists(#writer) OR #writer <> :writer", nil) // a second attempt of one call counts nothing
		return []step{{pk: w.witness, change: e, refused: func(context.Context, item) error { return unavailable(w.op, errUnexpectedCondition) }}}
	}
	stored, err := l.carryOut(ctx, w)
	return int(numberOf(stored, attrCount)), err
}

// Watch implements maintenance.Ledger with UpdateItem.
func (l *Ledger) Watch(ctx context.Context, serverName string, since time.Time) error {
	w := &write{op: "watch " + serverName, steps: func() []step {
		e := &expression{}
		e.setOnce(attrWatchedFrom, moment(since))
		return []step{{pk: serverKey(serverName), change: e}}
	}}
	_, err := l.carryOut(ctx, w)
	return err
}
