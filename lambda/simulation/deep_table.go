package simulation

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// written is an item as a write has left it; nil attributes are that it is gone.
type written struct {
	key        string
	attributes map[string]string
}

func (d *deep) wrote(key string, attributes map[string]string) {
	d.changes = append(d.changes, written{key, attributes})
}

// behind is how far an index is behind for an item.
func (d *deep) behind(key string, changed time.Time) time.Duration {
	if d.serving == nil || d.now().Sub(changed) >= longestLate {
		return 0
	}
	o, _ := d.oddOf(d.serving, strings.TrimPrefix(key, "run#"), "stale", d.knobs.Stale, func(r *roller) oddity {
		return oddity{"stale", staleness(r)}
	})
	return o.long
}

// table is DynamoDB, whose transactions may find others at work on their items (API_TransactWriteItems), and which may leave some of what
// is asked undone (API_BatchGetItem, UnprocessedKeys). The ledger of the world is kept what the table is.
func (d *deep) table(c *call, q sent, a *answer) {
	switch q.operation {
	case "UpdateItem", "TransactWriteItems":
		if _, ok := d.oddOf(c, "item", "conflict", d.knobs.Conflict, happens("conflict")); ok {
			a.take(d.conflict(c, q))
			d.excuse(c.flight, "") // one that meets nothing else has failed to record what it published
			return
		}
	case "BatchGetItem":
		if _, ok := d.oddOf(c, "keys", "unprocessed", d.knobs.Conflict, happens("unprocessed")); ok {
			a.header.Set("Content-Type", "application/x-amz-json-1.0")
			fmt.Fprintf(&a.body, `{"Responses":{%q:[]},"UnprocessedKeys":%s}`, runsTable, field(q.body, "RequestItems"))
			return
		}
	}
	d.serving, d.changes = c, nil
	d.tables.ServeHTTP(a, q.as())
	d.serving = nil
	if q.reads && q.operation == "BatchGetItem" && a.code == http.StatusOK {
		d.watchRead(c, q.server)
	}
	d.mirror(c, q)
}

// field is a member of a JSON object as it was written.
func field(object []byte, name string) json.RawMessage {
	var all map[string]json.RawMessage
	check(json.Unmarshal(object, &all))
	return all[name]
}

// conflict is the answer where another transaction is at work on one of the items.
func (d *deep) conflict(c *call, q sent) *answer {
	if q.operation == "UpdateItem" {
		return q.refusal(http.StatusBadRequest, "TransactionConflictException")
	}
	var items []json.RawMessage
	check(json.Unmarshal(field(q.body, "TransactItems"), &items))
	busy := roll(d.story.Seed, c.key.and("busy")).below(len(items))
	var reasons []string
	for i := range items {
		code := "None"
		if i == busy {
			code = "TransactionConflict"
		}
		reasons = append(reasons, fmt.Sprintf(`{"Code":%q}`, code))
	}
	return newAnswer(http.StatusBadRequest, fmt.Sprintf(`{"__type":"TransactionCanceledException","message":"no","CancellationReasons":[%s]}`,
		strings.Join(reasons, ",")))
}
