package ledger

import (
	"context"
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"opsworks-maintenance/lambda/awscall"
	"opsworks-maintenance/lambda/maintenance"
)

// step is one item of a write.
type step struct {
	pk string
	// change is how the item is changed, if it is not only checked; nil deletes it, under condition.
	change    *expression
	checked   bool
	condition string
	values    item
	// refused says what it means that the condition failed, by the item as it was: an error, or nil if the write is to be tried again
	// with what has been learned.
	refused func(ctx context.Context, old item) error
	// busy, if set, is the reason where another's transaction is at work on the item. Else it is waited for.
	busy maintenance.Reason
}

// write is one change of the table, all or nothing, tried until it is known what became of it.
type write struct {
	op     string
	writer string
	// witness is the item that names the writer if the write was made; empty if there is none.
	witness string
	// steps are made anew after a condition failed. Their order is that in which failed conditions become the reason.
	steps func() []step
	// doubt is true once an attempt was made of which it is not known whether it did anything.
	doubt bool
}

// carryOut gives the witness as it is now, where the write's answer holds it, or where the write was found made: else nil.
func (s *store) carryOut(ctx context.Context, w *write) (item, error) {
	callCtx, cancel := awscall.HalfRemaining(ctx)
	defer cancel()
	steps, token := w.steps(), s.token()
	for attempt := 1; ; attempt++ {
		after, err := s.send(callCtx, steps, token)
		if err == nil {
			return after, nil
		}
		failed, code, old := firstReason(err)
		switch {
		case code == conditionFailed && failed < len(steps):
			if w.writer != "" && textOf(old, attrWriter) == w.writer {
				return s.witnessOf(ctx, w, steps[failed].pk, old)
			}
			if refusal := steps[failed].refused(ctx, old); refusal != nil {
				return s.settle(ctx, w, refusal)
			}
			steps, token = w.steps(), s.token()
			if attempt < attempts {
				continue // nobody is in the way
			}
		case code == transactionConflict && failed < len(steps) && steps[failed].busy != "":
			return s.settle(ctx, w, &maintenance.Error{Op: w.op, Reason: steps[failed].busy, Err: err})
		case !isConflict(code) && !retryable(err):
			w.doubt = w.doubt || !answered(err)
			return s.settle(ctx, w, unavailable(w.op, err))
		default:
			w.doubt = w.doubt || !answered(err)
		}
		if attempt == attempts || !s.wait(callCtx, attempt) {
			return s.settle(ctx, w, unavailable(w.op, err))
		}
	}
}

// settle finds out whether a write that is in doubt was made after all. If its witness cannot be read, that stays unknown.
func (s *store) settle(ctx context.Context, w *write, refusal error) (item, error) {
	if !w.doubt || w.witness == "" {
		return nil, refusal
	}
	stored, err := s.get(ctx, w.witness)
	switch {
	case err != nil:
		return nil, unavailable(w.op, errors.Join(refusal, err))
	case textOf(stored, attrWriter) == w.writer:
		return stored, nil
	default:
		return nil, refusal
	}
}

// witnessOf gives the witness of a write that another of its items shows to have been made.
func (s *store) witnessOf(ctx context.Context, w *write, pk string, old item) (item, error) {
	if pk == w.witness {
		return old, nil
	}
	stored, err := s.get(ctx, w.witness)
	if err != nil {
		return nil, unavailable(w.op, err)
	}
	return stored, nil
}

// noRetry leaves trying again to carryOut, which has to know of each attempt what it may have done.
func noRetry(o *dynamodb.Options) { o.Retryer = aws.NopRetryer{} }

// send makes one attempt: a single step by UpdateItem, which gives the item as it is then.
func (s *store) send(ctx context.Context, steps []step, token string) (item, error) {
	if len(steps) == 1 {
		e := steps[0].change
		out, err := s.api.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: &s.table, Key: key(steps[0].pk), UpdateExpression: aws.String(e.update()), ConditionExpression: e.condition(),
			ExpressionAttributeNames: e.names(), ExpressionAttributeValues: e.values, ReturnValues: types.ReturnValueAllNew,
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		}, noRetry)
		if err != nil {
			return nil, err
		}
		return out.Attributes, nil
	}
	in := &dynamodb.TransactWriteItemsInput{ClientRequestToken: &token}
	for _, one := range steps {
		in.TransactItems = append(in.TransactItems, one.transactItem(&s.table))
	}
	_, err := s.api.TransactWriteItems(ctx, in, noRetry)
	return nil, err
}

func (s step) transactItem(table *string) types.TransactWriteItem {
	old := types.ReturnValuesOnConditionCheckFailureAllOld
	if e := s.change; s.checked {
		return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName: table, Key: key(s.pk), ConditionExpression: e.condition(),
			ExpressionAttributeNames: e.names(), ExpressionAttributeValues: e.values, ReturnValuesOnConditionCheckFailure: old,
		}}
	} else if e != nil {
		return types.TransactWriteItem{Update: &types.Update{
			TableName: table, Key: key(s.pk), UpdateExpression: aws.String(e.update()), ConditionExpression: e.condition(),
			ExpressionAttributeNames: e.names(), ExpressionAttributeValues: e.values, ReturnValuesOnConditionCheckFailure: old,
		}}
	}
	return types.TransactWriteItem{Delete: &types.Delete{
		TableName: table, Key: key(s.pk), ConditionExpression: &s.condition,
		ExpressionAttributeNames: names(s.condition), ExpressionAttributeValues: s.values, ReturnValuesOnConditionCheckFailure: old,
	}}
}

// The codes of cancellation reasons (API_TransactWriteItems) that are told apart.
const (
	conditionFailed     = "ConditionalCheckFailed"
	transactionConflict = "TransactionConflict"
)

// isConflict says that another is at work on an item, or that there is no capacity for it: nothing was written
// (API_TransactWriteItems, cancellation reasons; TransactionConflictException is that of a write of a single item).
func isConflict(code string) bool {
	switch code {
	case transactionConflict, "TransactionConflictException", "ThrottlingError", "ProvisionedThroughputExceeded":
		return true
	default:
		return false
	}
}

// firstReason is the first item that is a reason why nothing was written, with the reason's code. The reasons of a transaction are as
// many as its items, in the same order; the code of an item that was not the matter is None.
func firstReason(err error) (int, string, item) {
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) {
		return 0, conditionFailed, failed.Item
	}
	var canceled *types.TransactionCanceledException
	if !errors.As(err, &canceled) {
		return 0, awscall.Code(err), nil
	}
	for i, reason := range canceled.CancellationReasons {
		if code := aws.ToString(reason.Code); code != "" && code != "None" {
			return i, code, reason.Item
		}
	}
	return 0, "", nil
}

// answered reports whether the service said that it did nothing.
func answered(err error) bool {
	var response *awshttp.ResponseError
	if awscall.Code(err) == "" || !errors.As(err, &response) {
		return false
	}
	return response.HTTPStatusCode() >= http.StatusBadRequest && response.HTTPStatusCode() < http.StatusInternalServerError
}

// retryable is what the SDK takes for it: no answer, a fault of the service, a throttle, TransactionInProgressException.
func retryable(err error) bool {
	return retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err).Bool()
}
