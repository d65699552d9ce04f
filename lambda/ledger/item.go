package ledger

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// item is an item of the table, its key, or the values of an expression.
type item = map[string]types.AttributeValue

// The keys of the table.
const (
	runPrefix = "run#"
	fleetKey  = "fleet"
)

func runKey(id string) string               { return runPrefix + id }
func serverKey(serverName string) string    { return "server#" + serverName }
func keyKey(key string) string              { return "key#" + key }
func slotKey(slot int) string               { return "slot#" + strconv.Itoa(slot) }
func nodeKey(node string) string            { return "node#" + node }
func countKey(what string, d string) string { return "count#" + what + "#" + d }
func dayOf(t time.Time) string              { return t.UTC().Format(time.DateOnly) }

// The attributes that have a meaning here. An expression names them with # before, since many are reserved words.
const (
	attrExpires = "expires" // TTL, in seconds
	attrWriter  = "writer"  // of a run, a key, the fleet, a count: the token of who wrote it last

	attrVersion = "version" // of a run
	attrEdition = "edition"
	attrState   = "state"
	attrBackend = "backend"
	attrLook    = "look"

	attrOpenRun     = "openRun" // of a server
	attrEnds        = "ends"
	attrLastEnd     = "lastEnd" // the latest of ends in milliseconds, for conditions
	attrLastSuccess = "lastSuccess"
	attrDay         = "day"
	attrStarts      = "starts"
	attrHold        = "hold"      // of the fleet too
	attrHoldUntil   = "holdUntil" // hold's end in milliseconds, for conditions
	attrWatchedFrom = "watchedFrom"
	attrChanged     = "changed" // counts changes of what a server's record is computed from

	attrRun     = "run"     // of a slot, of a node
	attrDecided = "decided" // of a key
	attrCount   = "count"   // of a count

	attrLimit       = "limit" // of the fleet
	attrWanted      = "wanted"
	attrWantedSince = "wantedSince"
)

// How long items outlive what they are about. Runs and keys outlive every queue an event can wait in.
const (
	keepRun   = 90 * 24 * time.Hour // after its creation, or what it stands until, once over and notified
	keepKey   = 30 * 24 * time.Hour
	keepCount = 3 * 24 * time.Hour
)

func key(pk string) item                       { return item{AttrPK: text(pk)} }
func text(s string) types.AttributeValue       { return &types.AttributeValueMemberS{Value: s} }
func moment(t time.Time) types.AttributeValue  { return text(t.UTC().Format(time.RFC3339Nano)) }
func seconds(t time.Time) types.AttributeValue { return number(t.Unix()) } // as TTL takes it
func number[N int | int64](n N) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(int64(n), 10)}
}

// millis is in milliseconds, rounded down; those of roundUp are not before t.
func millis(t time.Time) types.AttributeValue { return number(t.UnixMilli()) }

func roundUp(t time.Time) time.Time {
	if down := t.Truncate(time.Millisecond); !down.Equal(t) {
		return down.Add(time.Millisecond)
	}
	return t
}

func textOf(i item, name string) string {
	if v, ok := i[name].(*types.AttributeValueMemberS); ok {
		return v.Value
	}
	return ""
}

func numberOf(i item, name string) int64 {
	v, ok := i[name].(*types.AttributeValueMemberN)
	if !ok {
		return 0
	}
	n, _ := strconv.ParseInt(v.Value, 10, 64) // the table only ever gets whole numbers
	return n
}

// millisOf and momentOf are the zero time where there is no such attribute.
func millisOf(i item, name string) time.Time {
	if _, ok := i[name]; !ok {
		return time.Time{}
	}
	return time.UnixMilli(numberOf(i, name)).UTC()
}

func momentOf(i item, name string) time.Time {
	t, _ := time.Parse(time.RFC3339Nano, textOf(i, name))
	return t
}

// jsonOf reads what is stored as JSON; nothing where there is no such attribute.
func jsonOf[T any](i item, name string) (T, error) {
	var v T
	if s := textOf(i, name); s != "" {
		return v, json.Unmarshal([]byte(s), &v)
	}
	return v, nil
}

// jsonText is JSON without the escapes that only HTML needs.
func jsonText(v any) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return strings.TrimSuffix(b.String(), "\n"), err
}
