package ledger

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"opsworks-maintenance/lambda/call"
)

// FirstTo implements maintenance.Ledger with UpdateItem. Who tells is a name of this call's own, by which it recognises that it
// was the first after all, if the answer that said so was lost. What is not done yet is done at 0: the emulator does not REMOVE.
func (l *Ledger) FirstTo(ctx context.Context, tell string, now, until time.Time) (bool, error) {
	teller := rand.Text()
	err := l.update(ctx, tellKey(tell),
		"SET #until = :until, #expires = :expires, #teller = :teller, #done = :never",
		"attribute_not_exists(#pk) OR #expires <= :seconds OR (#done = :never AND #until < :now)",
		item{":until": millis(until), ":expires": seconds(now.Add(keepTell)), ":teller": text(teller), ":seconds": seconds(now), ":now": millis(now), ":never": number(0)})
	var failed *types.ConditionalCheckFailedException
	switch {
	case err == nil:
		return true, nil
	case errors.As(err, &failed):
		return textOf(failed.Item, attrTeller) == teller, nil
	default:
		return false, unavailable("ask whether "+tell+" has been told", err)
	}
}

// Told implements maintenance.Ledger with UpdateItem.
func (l *Ledger) Told(ctx context.Context, tell string, now time.Time) error {
	err := l.update(ctx, tellKey(tell), "SET #done = :now, #expires = :expires", "",
		item{":now": millis(now), ":expires": seconds(now.Add(keepTell))})
	if err != nil {
		return unavailable("record that "+tell+" has been told", err)
	}
	return nil
}

// Notice implements maintenance.Ledger with UpdateItem.
func (l *Ledger) Notice(ctx context.Context, serverName string, since time.Time) error {
	err := l.update(ctx, serverKey(serverName), "SET #watchedFrom = if_not_exists(#watchedFrom, :since)", "", item{":since": millis(since)})
	if err != nil {
		return unavailable("record since when "+serverName+" is watched", err)
	}
	return nil
}

// MissedTold implements maintenance.Ledger with UpdateItem.
func (l *Ledger) MissedTold(ctx context.Context, serverName string, at time.Time) error {
	err := l.update(ctx, serverKey(serverName), "SET #missedTold = :at", "", item{":at": millis(at)})
	if err != nil {
		return unavailable("record that people know what "+serverName+" misses", err)
	}
	return nil
}

func (l *Ledger) update(ctx context.Context, pk, update, condition string, values item) error {
	in := &dynamodb.UpdateItemInput{
		TableName: &l.table, Key: key(pk), UpdateExpression: aws.String(update), ExpressionAttributeNames: names(update, condition),
		ExpressionAttributeValues: values,
	}
	if condition != "" {
		in.ConditionExpression, in.ReturnValuesOnConditionCheckFailure = aws.String(condition), types.ReturnValuesOnConditionCheckFailureAllOld
	}
	ctx, cancel := call.Half(ctx) // the other half is for telling, which needs no ledger
	defer cancel()
	_, err := l.api.UpdateItem(ctx, in)
	return err
}
