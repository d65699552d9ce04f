package ledger

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"opsworks-maintenance/lambda/call"
	"opsworks-maintenance/lambda/maintenance"
)

// Save implements maintenance.Ledger with PutItem.
func (l *Ledger) Save(ctx context.Context, run maintenance.Run) (maintenance.Run, error) {
	m, err := newMove("save run "+run.ID, run, run)
	if err != nil {
		return run, err
	}
	work, cancel := call.Half(ctx)
	_, err = l.api.PutItem(work, l.putInput(m))
	cancel()
	var failed *types.ConditionalCheckFailedException
	switch {
	case err == nil:
		return m.run, nil
	case errors.As(err, &failed):
		return l.settle(ctx, m, &maintenance.Error{Op: m.op, Reason: maintenance.Moved})
	default:
		return l.settle(ctx, m, unavailable(m.op, err))
	}
}

// Free implements maintenance.Ledger in one transaction. What there is nothing to free of (a lease that is another run's, a
// fleet or a day that counts none) is left out of it, at the price of another call.
func (l *Ledger) Free(ctx context.Context, run maintenance.Run) (maintenance.Run, error) {
	givenBack := run.Counted != "" && !run.Accepted
	freed := run
	freed.Slot = false
	if givenBack {
		freed.Counted = ""
	}
	if freed.Open() {
		freed.Attempt, freed.AttemptEnds, freed.Counted = "", time.Time{}, ""
	}
	m, err := newMove("free "+run.ServerName+" of run "+run.ID, run, freed)
	if err != nil {
		return run, err
	}
	// The run first: it alone can refuse.
	steps := []step{l.put(m), l.release(run)}
	if run.Slot {
		steps = append(steps, l.less(fleetKey, attrRunning))
	}
	if givenBack {
		steps = append(steps, l.less(dayKey(run.ServerName, run.Counted), attrStarts))
	}
	if run.Began && !run.Ended.IsZero() {
		steps = append(steps, l.end(run))
	}
	return l.transact(ctx, m, rand.Text(), steps)
}

func (l *Ledger) release(run maintenance.Run) step {
	condition := "attribute_not_exists(#pk) OR #run = :run"
	return step{optional: true, write: types.TransactWriteItem{Delete: &types.Delete{
		TableName: &l.table, Key: key(leaseKey(run.ServerName)), ConditionExpression: &condition,
		ExpressionAttributeNames: names(condition), ExpressionAttributeValues: item{":run": text(run.ID)},
	}}}
}

// less counts down, never below zero.
func (l *Ledger) less(pk, attribute string) step {
	s := l.change(pk, "ADD #"+attribute+" :less", "#"+attribute+" > :zero", item{":less": number(-1), ":zero": number(0)})
	s.optional = true
	return s
}

func (l *Ledger) end(run maintenance.Run) step {
	update := "SET #lastEnd = :end"
	if run.Outcome == maintenance.Succeeded {
		update += ", #lastSuccess = :end"
	}
	return l.change(serverKey(run.ServerName), update, "", item{":end": millis(run.Ended)})
}
