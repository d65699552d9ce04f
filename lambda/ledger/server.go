package ledger

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"opsworks-maintenance/lambda/maintenance"
)

// recordOf is what a server's item says.
func recordOf(i item) (maintenance.ServerRecord, error) {
	ends, errEnds := jsonOf[[]maintenance.End](i, attrEnds)
	hold, errHold := jsonOf[maintenance.Hold](i, attrHold)
	return maintenance.ServerRecord{
		OpenRun: textOf(i, attrOpenRun), Ends: ends, LastSuccess: momentOf(i, attrLastSuccess), Day: textOf(i, attrDay),
		Starts: int(numberOf(i, attrStarts)), Hold: hold, WatchedFrom: momentOf(i, attrWatchedFrom),
		Changes: int(numberOf(i, attrChanged)),
	}, errors.Join(errEnds, errHold)
}

// claimServer makes the run the server's open run. Everything that may forbid it is one condition on one item.
func (m *transaction) claimServer() step {
	e := &expression{}
	e.set(attrOpenRun, text(m.To.ID))
	e.addOne(attrChanged)
	if !m.claims() {
		e.was(attrOpenRun, nil)
		return step{pk: serverKey(m.To.ServerName), change: e, refused: m.claimRefused}
	}
	e.when("attribute_not_exists(#openRun) OR #openRun = :mine", item{":mine": text(m.To.ID)})
	if !m.Claim.IgnoreHold {
		e.when("attribute_not_exists(#holdUntil) OR #holdUntil <= :now", item{":now": millis(m.Now)})
	}
	if m.Claim.Cooldown > 0 {
		e.when("attribute_not_exists(#lastEnd) OR #lastEnd <= :latest", item{":latest": millis(m.Now.Add(-m.Claim.Cooldown))})
	}
	if m.counts() {
		m.countStart(e)
	}
	return step{pk: serverKey(m.To.ServerName), change: e, refused: m.claimRefused}
}

// checkBefore: the server that goes before is as it was read, whatever else is at work on it.
func checkBefore(op string, c maintenance.Claim) step {
	e := &expression{}
	var was types.AttributeValue
	if n := c.BeforeChanges; n > 0 {
		was = number(n)
	}
	e.was(attrChanged, was)
	return step{pk: serverKey(c.Before), change: e, checked: true, refused: moved(op)}
}

// countStart counts the start to its day. An update cannot tell whether that is the day the item counts; until it has been seen, it
// is taken for the first start of the day.
func (m *transaction) countStart(e *expression) {
	today := dayOf(m.Now)
	if textOf(m.server, attrDay) == today {
		e.addOne(attrStarts)
		e.when("#day = :today AND (attribute_not_exists(#starts) OR #starts < :most)",
			item{":today": text(today), ":most": number(m.Claim.DailyLimit)})
		return
	}
	e.set(attrDay, text(today))
	e.set(attrStarts, number(1))
	e.when("attribute_not_exists(#day) OR #day <> :day", nil)
}

// claimRefused finds the condition that failed. Conditions count in milliseconds: one that failed by less is found a millisecond
// earlier.
func (m *transaction) claimRefused(ctx context.Context, old item) error {
	record, err := m.noteServer(ctx, old)
	if err != nil {
		return err
	}
	var refusal *maintenance.Error
	switch {
	case !m.claims() && record.OpenRun != "":
		refusal = &maintenance.Error{Reason: maintenance.ReasonOpenRun, Holder: record.OpenRun}
	case m.claims():
		refusal = record.Refuses(*m.Claim, m.To.ID, m.Now)
		if refusal == nil {
			refusal = record.Refuses(*m.Claim, m.To.ID, m.Now.Add(-time.Millisecond))
		}
	}
	if refusal == nil {
		return nil
	}
	refusal.Op = m.op
	return refusal
}

// noteServer takes note of the server's item as a condition found it. It is read where the answer did not hold it.
func (m *transaction) noteServer(ctx context.Context, old item) (maintenance.ServerRecord, error) {
	if old == nil {
		var err error
		if old, err = m.get(ctx, serverKey(m.To.ServerName)); err != nil {
			return maintenance.ServerRecord{}, unavailable(m.op, err)
		}
	}
	m.server = old
	record, err := recordOf(old)
	if err != nil {
		return record, unavailable(m.op, err)
	}
	return record, nil
}

// holdStep changes the hold of the server or the fleet, on condition that it ends when the one that is known does; that it is the same one,
// its record's version says.
func (m *transaction) holdStep() step {
	e, pk := &expression{}, fleetKey
	if m.Hold.ServerName != "" {
		pk = serverKey(m.Hold.ServerName)
	}
	if is := m.Hold.Is; is == (maintenance.Hold{}) {
		e.remove(attrHold)
		e.remove(attrHoldUntil)
	} else {
		hold, _ := jsonText(is) // times and strings always have a form
		e.set(attrHold, text(hold))
		e.set(attrHoldUntil, millis(roundUp(is.Until)))
	}
	if was := m.Hold.Was; was == (maintenance.Hold{}) {
		e.was(attrHoldUntil, nil)
	} else {
		e.was(attrHoldUntil, millis(roundUp(was.Until)))
	}
	return step{pk: pk, change: e, refused: moved(m.op)}
}

// freeServer takes the open run off a server whose record does not change otherwise.
func (m *transaction) freeServer() step {
	e := &expression{}
	e.remove(attrOpenRun)
	e.addOne(attrChanged)
	e.when("#openRun = :mine", item{":mine": text(m.To.ID)})
	pk := serverKey(m.To.ServerName)
	return step{pk: pk, change: e, refused: m.skip(pk)}
}

// recordServer writes what is computed from the server's item as it was seen: the run's end, and a start that did not happen. The
// item counts its changes, so that what another wrote meanwhile is not undone.
func (m *transaction) recordServer() step {
	e := &expression{}
	record, _ := recordOf(m.server) // ends that cannot be read are given up
	if !m.To.Open() && record.OpenRun == m.To.ID {
		e.remove(attrOpenRun)
	}
	if m.ends() {
		m.recordEnd(e, record)
	}
	if m.givesBack() && record.Day == m.From.Attempt.CountedOn && record.Starts > 0 {
		e.set(attrStarts, number(record.Starts-1))
	}
	e.addOne(attrChanged)
	e.was(attrChanged, m.server[attrChanged])
	return step{pk: serverKey(m.To.ServerName), change: e, refused: func(ctx context.Context, old item) error {
		_, err := m.noteServer(ctx, old)
		return err
	}}
}

func (m *transaction) recordEnd(e *expression, record maintenance.ServerRecord) {
	end := maintenance.End{RunID: m.To.ID, Outcome: m.To.Outcome, Reason: m.To.Reason, At: m.To.Ended}
	if end.At.IsZero() {
		end.At = m.Now
	}
	ends := append([]maintenance.End{end}, record.Ends...)
	slices.SortStableFunc(ends, func(a, b maintenance.End) int { return b.At.Compare(a.At) })
	ends = ends[:min(len(ends), maintenance.MaxEnds)]
	list, _ := jsonText(ends) // times and strings always have a form
	e.set(attrEnds, text(list))
	e.set(attrLastEnd, millis(roundUp(ends[0].At)))
	if end.Outcome == maintenance.OutcomeSucceeded && end.At.After(record.LastSuccess) {
		e.set(attrLastSuccess, moment(end.At))
	}
}
