package ledger

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"opsworks-maintenance/lambda/maintenance"
)

// item is an item of the table, its key, or the values of an expression.
type item = map[string]types.AttributeValue

// The keys of the table: one partition key, whose prefix says what the item is.
func runKey(id string) string                     { return "run#" + id }
func causeKey(key string) string                  { return "cause#" + key }
func leaseKey(serverName string) string           { return "lease#" + serverName }
func serverKey(serverName string) string          { return "server#" + serverName }
func dayKey(serverName string, day string) string { return "day#" + serverName + "#" + day }
func tellKey(tell string) string                  { return "tell#" + tell }

const fleetKey = "fleet"

// How long items outlive what they are about. Runs and causes outlive every queue an event can wait in.
const (
	keepRun   = 90 * 24 * time.Hour // after its creation, once closed
	keepCause = 30 * 24 * time.Hour
	keepDay   = 3 * 24 * time.Hour
	keepTell  = 2 * 24 * time.Hour
)

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
func number[N int | int64](n N) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(int64(n), 10)}
}
func millis(t time.Time) types.AttributeValue  { return number(t.UnixMilli()) }
func seconds(t time.Time) types.AttributeValue { return number(t.Unix()) } // as TTL wants it
func key(pk string) item                       { return item{attrKey: text(pk)} }

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

// timeOf is the zero time where there is no such attribute.
func timeOf(i item, name string) time.Time {
	if _, ok := i[name]; !ok {
		return time.Time{}
	}
	return time.UnixMilli(numberOf(i, name)).UTC()
}

// The attributes of the table. An expression names them with # before, since many are reserved words.
const (
	attrKey     = "pk"
	attrExpires = "expires" // TTL
	attrRun     = "run"     // of a cause, of a lease

	attrRecord  = "record" // of a run
	attrState   = "state"
	attrVersion = "version"
	attrServer  = "server"
	attrCreated = "created"
	attrOpen    = "open" // only while it is not closed

	attrLastEnd     = "lastEnd" // of a server
	attrLastSuccess = "lastSuccess"
	attrWatchedFrom = "watchedFrom"
	attrMissedTold  = "missedTold"

	attrStarts  = "starts"  // of a day
	attrRunning = "running" // of the fleet
	attrTeller  = "teller"  // of something told
)

// names are the attributes an expression names.
func names(expressions ...string) map[string]string {
	found := map[string]string{}
	for _, expression := range expressions {
		for _, word := range strings.FieldsFunc(expression, func(r rune) bool { return strings.ContainsRune(" ,()=<>", r) }) {
			if name, ok := strings.CutPrefix(word, "#"); ok {
				found[word] = name
			}
		}
	}
	return found
}

// runItem is a run with the attributes beside its record that conditions and indexes need.
func runItem(run maintenance.Run, record string) item {
	i := item{
		attrKey: text(runKey(run.ID)), attrRecord: text(record), attrState: text(string(run.State)), attrVersion: number(run.Version),
		attrServer: text(run.ServerName), attrCreated: millis(run.Created),
	}
	if run.Open() {
		i[attrOpen] = text("1")
	} else {
		i[attrExpires] = seconds(run.Created.Add(keepRun))
	}
	return i
}

func encode(run maintenance.Run) (string, error) {
	record, err := json.Marshal(run)
	return string(record), err
}

func decode(i item) (maintenance.Run, error) {
	var run maintenance.Run
	if err := json.Unmarshal([]byte(textOf(i, attrRecord)), &run); err != nil {
		return maintenance.Run{}, fmt.Errorf("read the record of %s: %w", textOf(i, attrKey), err)
	}
	return run, nil
}
