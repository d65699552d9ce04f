package simulation

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// mirror keeps the world's ledger what the table is. Runs come last: by then what holds them is known.
func (d *deep) mirror(c *call, q sent) {
	l := d.ledger
	for _, change := range d.changes {
		kind, name, _ := strings.Cut(change.key, "#")
		i := change.attributes
		switch kind {
		case "server":
			l.servers[name] = maintenance.ServerRecord{OpenRun: i["openRun"], Ends: jsonOf[[]maintenance.End](i["ends"]),
				LastSuccess: timeOf(i["lastSuccess"]), Day: i["day"], Starts: intOf(i["starts"]),
				Hold: jsonOf[maintenance.Hold](i["hold"]), WatchedFrom: timeOf(i["watchedFrom"]), Changes: intOf(i["changed"])}
		case "fleet":
			l.fleet = maintenance.FleetRecord{Hold: jsonOf[maintenance.Hold](i["hold"]), Limit: intOf(i["limit"]), Wanted: intOf(i["wanted"]),
				WantedSince: timeOf(i["wantedSince"])}
		case "key":
			d.keyed[name]++
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
		run.DueAt = time.UnixMilli(int64(intOf(attributes["next"]))).UTC()
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
