package table

import (
	"encoding/json"
	"time"
)

// transact carries out all or nothing, and names every item whose condition failed (API_TransactWriteItems: "a list of cancellation
// reasons ... ordered according to the order of items"; API_CancellationReason).
func (s *Service) transact(body []byte) (any, error) {
	var in struct {
		TransactItems      []map[kind]write
		ClientRequestToken string
	}
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	request, _ := json.Marshal(in) // whose members come in an order of their own, which the body's need not
	if known, ok := s.tokens[in.ClientRequestToken]; ok && in.ClientRequestToken != "" && time.Now().Before(known.until) {
		if known.request != string(request) {
			return nil, &fault{Type: "IdempotentParameterMismatchException"}
		}
		return struct{}{}, nil
	}
	if len(in.TransactItems) < 1 || len(in.TransactItems) > 100 || len(in.ClientRequestToken) > 36 {
		return nil, invalid("1 to 100 items, and a token of at most 36 characters")
	}
	outcomes, reasons, err := s.tryAll(in.TransactItems)
	if err != nil {
		return nil, err
	}
	if reasons != nil {
		return nil, &fault{Type: "TransactionCanceledException", CancellationReasons: reasons,
			Message: "Transaction cancelled, please refer cancellation reasons for specific reasons"}
	}
	for _, o := range outcomes {
		s.commit(o)
	}
	s.tokens[in.ClientRequestToken] = token{string(request), time.Now().Add(tokenLife)}
	return struct{}{}, nil
}

// tryAll gives reasons only if an item's condition failed.
func (s *Service) tryAll(writes []map[kind]write) (outcomes []outcome, reasons []reason, err error) {
	seen, refused := map[string]bool{}, false
	for _, one := range writes {
		if len(one) != 1 {
			return nil, nil, invalid("TransactItems can only contain one of Check, Put, Update or Delete")
		}
		for k, w := range one {
			o, err := s.try(k, w)
			if err != nil {
				return nil, nil, err
			}
			id := w.TableName + "/" + o.key
			if seen[id] {
				return nil, nil, invalid("Transaction request cannot include multiple operations on one item")
			}
			seen[id] = true
			r := reason{Code: "None"}
			if o.refused {
				r, refused = reason{Code: "ConditionalCheckFailed", Message: refusal}, true
				if w.ReturnValuesOnConditionCheckFailure == "ALL_OLD" {
					r.Item = o.old
				}
			}
			outcomes, reasons = append(outcomes, o), append(reasons, r)
		}
	}
	if !refused {
		return outcomes, nil, nil
	}
	return nil, reasons, nil
}
