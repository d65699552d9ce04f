package ledger

import (
	"context"
	"fmt"
	"slices"

	"opsworks-maintenance/lambda/maintenance"
)

// transaction is a change on its way into the table.
type transaction struct {
	*Ledger
	maintenance.Change
	op     string
	writer string
	run    *expression // what changes of the run; nil where the key stands alone
	// server is the server's item as far as it has been seen; nothing is known of it where a change does not rest on it.
	server item
	// nothingToFree are the keys of the items that turned out to have nothing that could be given back.
	nothingToFree []string
}

// Commit implements maintenance.Ledger: with UpdateItem, or with TransactWriteItems if the change touches more than the run.
func (l *Ledger) Commit(ctx context.Context, change maintenance.Change) (maintenance.Run, error) {
	m, err := l.newTransaction(ctx, change)
	if err != nil {
		return change.From, err
	}
	w := &write{op: m.op, writer: m.writer, witness: m.witness(), steps: m.steps}
	stored, err := l.carryOut(ctx, w)
	switch {
	case err != nil:
		return change.From, err
	case m.run == nil || stored == nil:
		return m.To, nil
	}
	run, err := decode(stored)
	if err != nil {
		return change.From, unavailable(m.op, err)
	}
	return run, nil
}

func (l *Ledger) newTransaction(ctx context.Context, change maintenance.Change) (*transaction, error) {
	m := &transaction{Ledger: l, Change: change, writer: l.token(), op: "commit key " + change.Key}
	if m.To.ID == "" {
		return m, nil
	}
	m.op = fmt.Sprintf("commit run %s, %s", m.To.ID, m.To.State)
	m.To.Version, m.To.DueAt = m.From.Version+1, roundUp(m.To.DueAt)
	if m.counts() {
		m.To.Attempt.CountedOn = dayOf(m.Now) // which the decision may have been made before
	}
	var err error
	if m.run, err = difference(m.From, m.To); err != nil {
		return nil, unavailable(m.op, err)
	}
	m.run.set(attrWriter, text(m.writer))
	if m.From.Version == 0 {
		m.run.was(AttrPK, nil)
	} else {
		m.run.was(attrVersion, number(m.From.Version))
	}
	if m.ends() || m.givesBack() {
		if m.server, err = l.get(ctx, serverKey(m.To.ServerName)); err != nil {
			return nil, unavailable(m.op, err)
		}
	}
	return m, nil
}

func (m *transaction) witness() string {
	if m.run == nil {
		return keyKey(m.Key)
	}
	return runKey(m.To.ID)
}

// steps are the items of the change, in the order in which their conditions become the reason.
func (m *transaction) steps() []step {
	var steps []step
	add := func(needed bool, s func() step) {
		if needed {
			steps = append(steps, s())
		}
	}
	add(m.Key != "", m.keyStep)
	add(m.run != nil, m.runStep)
	add(m.Hold != nil, m.holdStep)
	add(m.Open || m.claims(), m.claimServer)
	add(m.claims() && m.Claim.Before != "", func() step { return checkBefore(m.op, *m.Claim) })
	add(m.ends() || m.givesBack(), m.recordServer)
	add(m.Free && !m.To.Open() && !m.ends() && !m.givesBack(), m.freeServer)
	if slot := m.To.Slot; slot != 0 && slot != m.From.Slot {
		steps = append(steps, m.take(slotKey(slot), maintenance.ReasonSlotTaken, maintenance.ReasonSlotTaken))
	}
	if node := m.To.Node; node != "" && node != m.From.Node {
		steps = append(steps, m.take(nodeKey(node), maintenance.ReasonNodeTaken, ""))
	}
	if m.Free && m.From.Slot != 0 {
		steps = append(steps, m.free(slotKey(m.From.Slot)))
	}
	if m.Free && m.From.Node != "" {
		steps = append(steps, m.free(nodeKey(m.From.Node)))
	}
	return slices.DeleteFunc(steps, func(s step) bool { return slices.Contains(m.nothingToFree, s.pk) })
}

// claims reports whether the server is claimed too, counts whether the start counts against a day.
func (m *transaction) claims() bool { return m.Claim != nil && !m.Claim.SlotOnly }
func (m *transaction) counts() bool { return m.claims() && m.Claim.DailyLimit > 0 }

// ends reports whether the change ends a run that began, givesBack whether it takes back a start that did not happen.
func (m *transaction) ends() bool { return m.Free && !m.To.Open() && maintenance.MayHaveRun(m.To) }

func (m *transaction) givesBack() bool {
	happened := m.To.State == maintenance.RunRunning || !m.To.Accepted.IsZero() || maintenance.MayHaveRun(m.To)
	return m.Free && m.From.Attempt.CountedOn != "" && m.From.Accepted.IsZero() && !happened
}

// keyStep: the key is new, or so old that it counts as new. TTL removes it some time later, which is no measure.
func (m *transaction) keyStep() step {
	e := &expression{}
	decided, _ := jsonText(m.Decided) // strings always have a form
	e.set(attrDecided, text(decided))
	e.set(attrExpires, seconds(m.Now.Add(keepKey)))
	e.set(attrWriter, text(m.writer))
	e.when("attribute_not_exists(#pk) OR #expires <= :now", item{":now": seconds(m.Now)})
	return step{pk: keyKey(m.Key), change: e, refused: m.duplicate}
}

func (m *transaction) duplicate(ctx context.Context, old item) error {
	if old == nil {
		var err error
		if old, err = m.get(ctx, keyKey(m.Key)); err != nil {
			return unavailable(m.op, err)
		}
	}
	decided, err := jsonOf[maintenance.Decided](old, attrDecided)
	return &maintenance.Error{Op: m.op, Reason: maintenance.ReasonDuplicate, Err: err, Holder: decided.RunID, Decided: decided}
}

func (m *transaction) runStep() step {
	return step{pk: runKey(m.To.ID), change: m.run, refused: moved(m.op)}
}

// moved says that a condition that failed means that another was faster.
func moved(op string) func(context.Context, item) error {
	return func(context.Context, item) error { return &maintenance.Error{Op: op, Reason: maintenance.ReasonMoved} }
}

// take makes a slot or a node the run's.
func (m *transaction) take(pk string, reason, busy maintenance.Reason) step {
	e := &expression{}
	e.set(attrRun, text(m.To.ID))
	e.when("attribute_not_exists(#run) OR #run = :mine", item{":mine": text(m.To.ID)})
	return step{pk: pk, change: e, busy: busy, refused: func(ctx context.Context, old item) error {
		if old == nil {
			old, _ = m.get(ctx, pk) // without it, only the holder's name is missing
		}
		return &maintenance.Error{Op: m.op, Reason: reason, Holder: textOf(old, attrRun)}
	}}
}

// free gives a slot or a node back, if it is the run's: else there is nothing to free.
func (m *transaction) free(pk string) step {
	return step{pk: pk, condition: "attribute_not_exists(#run) OR #run = :mine", values: item{":mine": text(m.To.ID)}, refused: m.skip(pk)}
}

func (m *transaction) skip(pk string) func(context.Context, item) error {
	return func(context.Context, item) error {
		m.nothingToFree = append(m.nothingToFree, pk)
		return nil
	}
}
