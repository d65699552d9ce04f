package simulation

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"opsworks-maintenance/lambda/maintenance"
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
	o, _ := d.oddOf(d.serving, strings.TrimPrefix(key, "run#"), "stale", d.knobs.Stale, func(r *roller) oddity { return oddity{"stale", staleness(r)} })
	return o.long
}

// table is DynamoDB, whose transactions may find others at work on their items (API_TransactWriteItems), and which may leave some of what
// is asked undone (API_BatchGetItem, UnprocessedKeys). The ledger of the world is kept what the table is.
func (d *deep) table(c *call, q sent, a *answer) {
	switch q.operation {
	case "UpdateItem", "TransactWriteItems":
		if _, ok := d.oddOf(c, "item", "conflict", d.knobs.Conflict, happens("conflict")); ok {
			a.take(d.conflict(c, q))
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
		d.watchRead(c.flight, q.server)
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

// update changes an item of the table as the world's own.
func (d *deep) update(pk string, values map[string]any) {
	names, given, sets := map[string]string{}, map[string]any{}, []string{}
	for name, value := range values {
		names["#"+name], given[":"+name] = name, value
		sets = append(sets, "#"+name+" = :"+name)
	}
	body, err := json.Marshal(map[string]any{"TableName": runsTable, "Key": map[string]any{"pk": map[string]string{"S": pk}},
		"UpdateExpression": "SET " + strings.Join(sets, ", "), "ExpressionAttributeNames": names, "ExpressionAttributeValues": given})
	check(err)
	a, q := newAnswer(http.StatusOK, ""), sent{body: body, header: http.Header{"X-Amz-Target": {"DynamoDB_20120810.UpdateItem"}}}
	d.changes = nil
	if d.tables.ServeHTTP(a, q.as()); a.code != http.StatusOK {
		panic(a.body.String())
	}
	d.mirror(nil, q)
}

func ceilMillis(t time.Time) string {
	return strconv.FormatInt(t.Add(time.Millisecond-1).UnixMilli(), 10)
}

// mirror keeps the world's ledger what the table is. Runs come last: by then what holds them is known.
func (d *deep) mirror(c *call, q sent) {
	l := d.ledger
	for _, change := range d.changes {
		kind, name, _ := strings.Cut(change.key, "#")
		i := change.attributes
		switch kind {
		case "server":
			l.servers[name] = maintenance.ServerRecord{OpenRun: i["openRun"], Ends: jsonOf[[]maintenance.End](i["ends"]), LastSuccess: timeOf(i["lastSuccess"]),
				Day: i["day"], Starts: intOf(i["starts"]), Hold: jsonOf[maintenance.Hold](i["hold"]), WatchedFrom: timeOf(i["watchedFrom"])}
		case "fleet":
			l.fleet = maintenance.FleetRecord{Hold: jsonOf[maintenance.Hold](i["hold"]), Limit: intOf(i["limit"]), Wanted: intOf(i["wanted"]),
				WantedSince: timeOf(i["wantedSince"])}
		case "key":
			l.keys[name] = keptKey{jsonOf[maintenance.Decided](i["decided"]), time.Unix(int64(intOf(i["expires"])), 0)}
		case "slot":
			hold(l.slots, intOf(name), i["run"])
		case "node":
			hold(l.nodes, name, i["run"])
		}
		l.wrote = d.now()
	}
	for _, change := range d.changes {
		if strings.HasPrefix(change.key, "run#") {
			d.mirrorRun(c, q, runOf(change.attributes))
		}
	}
}

func hold[K comparable](all map[K]string, what K, run string) {
	if run == "" {
		delete(all, what)
		return
	}
	all[what] = run
}

func (d *deep) mirrorRun(c *call, q sent, to maintenance.Run) {
	from := maintenance.Run{}
	if h := d.ledger.runs[to.ID]; h != nil {
		from = h.last()
	}
	d.ledger.put(c.flight.id, to)
	if q.change == nil {
		return // its next look alone has moved
	}
	change := *q.change
	change.From, change.To = from, to
	d.watchCommit(c, change)
	d.aim(from, to)
}

// quoted are the attributes of a run that are texts, where JSON has quotes.
var quoted = func() map[string]bool {
	out := map[string]bool{}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[maintenance.Run]()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		out[name] = f.Type.Kind() == reflect.String || f.Type == reflect.TypeFor[time.Time]()
	}
	return out
}()

// runOf reads a run as lambda/ledger writes it: an attribute for each field, what is composite as JSON, the next look in milliseconds.
func runOf(attributes map[string]string) maintenance.Run {
	values := make(map[string]json.RawMessage, len(attributes))
	for name, text := range attributes {
		quotes, known := quoted[name]
		switch {
		case !known || name == "next":
		case quotes:
			values[name], _ = json.Marshal(text) // a string always has a form
		default:
			values[name] = json.RawMessage(text)
		}
	}
	text, err := json.Marshal(values)
	check(err)
	run := jsonOf[maintenance.Run](string(text))
	if attributes["next"] != "" {
		run.Next = time.UnixMilli(int64(intOf(attributes["next"]))).UTC()
	}
	return run
}

func jsonOf[T any](text string) (v T) {
	if text != "" {
		check(json.Unmarshal([]byte(text), &v))
	}
	return v
}

func timeOf(text string) (t time.Time) {
	if text != "" {
		var err error
		t, err = time.Parse(time.RFC3339Nano, text)
		check(err)
	}
	return t
}

func intOf(text string) int {
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	check(err)
	return n
}
