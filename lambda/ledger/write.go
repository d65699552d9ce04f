package ledger

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"opsworks-maintenance/lambda/call"
	"opsworks-maintenance/lambda/maintenance"
)

// move is a run on its way into the table.
type move struct {
	op     string
	from   maintenance.Run // as it was given, and is given back if the move fails
	run    maintenance.Run // as it will be stored
	record string
	claim  bool // of a new attempt, whose name alone tells whether it was made
}

func newMove(op string, from, to maintenance.Run) (move, error) {
	to.Version = from.Version + 1
	record, err := encode(to)
	if err != nil {
		return move{}, unavailable(op, err)
	}
	return move{op: op, from: from, run: to, record: record}, nil
}

// step is one item of a transaction and what it means that its condition fails.
type step struct {
	write  types.TransactWriteItem
	reason maintenance.Reason
	// until says, of the item as it is, when the condition will hold; nil where nobody knows.
	until func(ctx context.Context, old item) time.Time
	// optional steps are left out if their condition fails: there is nothing for them to do.
	optional bool
}

// change is a step that updates an item. Its condition is checked alone if there is no update. That it is never a Put, which
// would do for some, is for the emulator, which gives back the item that failed a condition only here.
func (l *Ledger) change(pk, update, condition string, values item) step {
	onFailure := types.ReturnValuesOnConditionCheckFailureAllOld
	if update == "" {
		return step{write: types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName: &l.table, Key: key(pk), ConditionExpression: aws.String(condition), ExpressionAttributeNames: names(condition),
			ExpressionAttributeValues: values, ReturnValuesOnConditionCheckFailure: onFailure,
		}}}
	}
	u := &types.Update{
		TableName: &l.table, Key: key(pk), UpdateExpression: aws.String(update), ExpressionAttributeNames: names(update, condition),
		ExpressionAttributeValues: values, ReturnValuesOnConditionCheckFailure: onFailure,
	}
	if condition != "" {
		u.ConditionExpression = aws.String(condition)
	}
	return step{write: types.TransactWriteItem{Update: u}}
}

// put is the step that writes the run itself: new, or at the version it was read at.
func (l *Ledger) put(m move) step {
	in := l.putInput(m)
	return step{reason: maintenance.Moved, write: types.TransactWriteItem{Put: &types.Put{
		TableName: in.TableName, Item: in.Item, ConditionExpression: in.ConditionExpression,
		ExpressionAttributeNames: in.ExpressionAttributeNames, ExpressionAttributeValues: in.ExpressionAttributeValues,
	}}}
}

func (l *Ledger) putInput(m move) *dynamodb.PutItemInput {
	condition, values := "attribute_not_exists(#pk)", item(nil)
	if m.from.Version > 0 {
		condition, values = "#version = :version", item{":version": number(m.from.Version)}
	}
	return &dynamodb.PutItemInput{
		TableName: &l.table, Item: runItem(m.run, m.record), ConditionExpression: aws.String(condition),
		ExpressionAttributeNames: names(condition), ExpressionAttributeValues: values,
	}
}

// transact writes a move in one transaction. The first step whose condition fails is the reason why not.
func (l *Ledger) transact(ctx context.Context, m move, token string, steps []step) (maintenance.Run, error) {
	in := &dynamodb.TransactWriteItemsInput{ClientRequestToken: aws.String(token)}
	for _, s := range steps {
		in.TransactItems = append(in.TransactItems, s.write)
	}
	work, cancel := call.Half(ctx)
	_, err := l.api.TransactWriteItems(work, in)
	cancel()
	if err == nil {
		return m.run, nil
	}
	var canceled *types.TransactionCanceledException
	if !errors.As(err, &canceled) {
		return l.settle(ctx, m, unavailable(m.op, err))
	}
	first, code, old := firstReason(canceled)
	if code != conditionFailed || first >= len(steps) {
		return l.settle(ctx, m, unavailable(m.op, err))
	}
	failed := steps[first]
	if failed.optional {
		return l.transact(ctx, m, rand.Text(), slices.Delete(slices.Clone(steps), first, first+1))
	}
	return l.refused(ctx, m, failed, old)
}

// refused is a move that a condition refused, with the item that failed it where the answer held it.
func (l *Ledger) refused(ctx context.Context, m move, failed step, old item) (maintenance.Run, error) {
	refusal := &maintenance.Error{Op: m.op, Reason: failed.reason}
	switch failed.reason {
	case maintenance.Duplicate, maintenance.Leased, maintenance.Moved:
		if holder := textOf(old, attrRun); holder != "" && holder != m.run.ID {
			refusal.Err = fmt.Errorf("by run %s", holder)
			return m.from, refusal
		}
		return l.settle(ctx, m, refusal) // it may be held by this very move
	}
	if failed.until != nil {
		refusal.Until = failed.until(ctx, old)
		m.from.Until = refusal.Until
	}
	return m.from, refusal
}

// settle finds out what a write came to whose answer does not say so: none came, or a condition refused it that an earlier
// attempt of the very same write, whose answer was lost, would have made fail. If the ledger cannot be read, nobody knows.
func (l *Ledger) settle(ctx context.Context, m move, refusal error) (maintenance.Run, error) {
	stored, err := l.Find(ctx, m.run.ID)
	switch {
	case err == nil && m.made(stored):
		return stored, nil
	case err == nil || maintenance.ReasonOf(err) == maintenance.NotFound:
		return m.from, refusal
	default:
		return m.from, unavailable(m.op, errors.Join(refusal, err))
	}
}

// made reports whether what is stored is this move: the same attempt's claim, or the same record to the letter.
func (m move) made(stored maintenance.Run) bool {
	if m.claim && m.run.Attempt != "" {
		return stored.State == maintenance.RunStarting && stored.Attempt == m.run.Attempt
	}
	record, err := encode(stored)
	return err == nil && record == m.record
}

const conditionFailed = "ConditionalCheckFailed"

// firstReason is the first item of a transaction that has a reason to cancel it. The reasons are as many as the items, in the
// same order; those of items that were not the matter are None. DynamoDB gives all of them, emulators may stop at the first.
func firstReason(canceled *types.TransactionCanceledException) (int, string, item) {
	for i, reason := range canceled.CancellationReasons {
		if code := aws.ToString(reason.Code); code != "" && code != "None" {
			return i, code, reason.Item
		}
	}
	return 0, "", nil
}
