package maintenance

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"
)

// TriggerKind is what kind of thing asked for maintenance.
type TriggerKind string

// The kinds of triggers.
const (
	TriggerAlarm    TriggerKind = "alarm"
	TriggerSchedule TriggerKind = "schedule"
	TriggerAfter    TriggerKind = "after" // another server's success
	TriggerManual   TriggerKind = "manual"
)

// TriggerKinds lists them all, in the order of the README.
func TriggerKinds() []TriggerKind {
	return []TriggerKind{TriggerAlarm, TriggerSchedule, TriggerAfter, TriggerManual}
}

// Trigger is what asked for maintenance of a server. One trigger starts at most one maintenance, however often it is delivered.
type Trigger struct {
	Kind TriggerKind `json:"kind"`
	// Name is the name of the alarm, rule or schedule, or of the server that went before; empty for an operator.
	Name string `json:"name,omitempty"`
	// Time is when the alarm changed state, when the schedule fired, when the operator asked.
	Time time.Time `json:"time"`
	// Reason is the alarm's own words.
	Reason string `json:"reason,omitempty"`
	// ID tells triggers of one kind apart. With Time it identifies an alarm's state change or a schedule's firing by every path
	// the event can take; for an operator it is the request's own key, or the id of the invocation.
	ID string `json:"id,omitempty"`
	// Series is the time series of an alarm that watches several, with which its ID ends.
	Series string `json:"series,omitempty"`
	// NewAlarm is true for the first evaluation of an alarm that was just made.
	NewAlarm bool `json:"newAlarm,omitempty"`
	// Overrides are the names of gates an operator wants left out.
	Overrides []string `json:"overrides,omitempty"`
}

// of says whether a trigger is the alarm's, or that of one of its time series. An alarm's name may hold anything, a # too.
func (t Trigger) of(alarm Trigger) bool {
	return t.Kind == TriggerAlarm && (t.ID == alarm.ID || t.Series != "" && t.ID == alarm.ID+"#"+t.Series)
}

// Key is the deduplication key of the trigger for one server.
func (t Trigger) Key(serverName string) string {
	parts := []string{string(t.Kind), t.ID, serverName}
	if t.Kind != TriggerManual {
		parts = append(parts, strconv.FormatInt(t.Time.UnixMilli(), 10))
	}
	return digest(parts...)
}

// digest is a short name for a list of texts; no two lists have the same.
func digest(parts ...string) string {
	hash := sha256.New()
	for _, part := range parts {
		hash.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part)))) // the length first, so that no two lists read the same
		hash.Write([]byte(part))
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

// Request asks for maintenance of one server for one trigger.
type Request struct {
	ServerName string
	Trigger    Trigger
	// RunID, if set, is the run that an operator wants started, and no other.
	RunID            string
	EngineAttributes []EngineAttribute
}

// digest is a digest of what a request asks for beside its server. A key that is used again with another digest is no repetition.
func (q Request) digest() string {
	parts := []string{q.RunID, strings.Join(slices.Sorted(slices.Values(q.Trigger.Overrides)), ",")}
	for _, a := range q.EngineAttributes {
		parts = append(parts, a.Name, a.Value)
	}
	return digest(parts...)
}

// EngineAttribute goes to StartMaintenance with the request. Its value may be a secret, so it does not print.
type EngineAttribute struct {
	Name  string
	Value string `json:"-"`
}

// String gives the name alone; it covers the fmt verbs that would otherwise print the value.
func (a EngineAttribute) String() string { return a.Name + "=(redacted)" }

// GoString does the same for %#v.
func (a EngineAttribute) GoString() string { return a.String() }

// What a run keeps of its triggers, so that its item stays under 16 KB.
const (
	maxTriggers     = 20
	maxTriggerBytes = 9 << 10 // of all of them
	maxReason       = 1024    // bytes, of the first trigger and the last
	maxMiddleReason = 100     // of those between
	maxName         = 255     // of an alarm, API_PutMetricAlarm
	reasonCutMark   = "…"
)

// merge adds a trigger to those a run holds: one for each alarm (or time series of it), schedule, or server that goes before, a later one
// in its place. What there is no room for is counted, and asks as an alarm does: so another kind gets the room of an alarm between the
// first and the last, as long as there is one.
func (r Run) merge(t Trigger) Run {
	held := slices.Clone(r.Triggers)
	t.Name, t.Reason = cut(t.Name, maxName), cut(t.Reason, maxReason)
	same := func(h Trigger) bool {
		if t.Kind == TriggerAfter { // whose ID is the run that succeeded
			return h.Kind == t.Kind && h.Name == t.Name
		}
		return h.Kind == t.Kind && h.ID == t.ID && t.Kind != TriggerManual
	}
	if i := slices.IndexFunc(held, same); i >= 0 {
		if t.Time.After(held[i].Time) {
			if i > 0 && i < len(held)-1 {
				t.Reason = cut(t.Reason, maxMiddleReason)
			}
			held[i] = t
		}
		r.Triggers = held
		return r
	}
	for !t.fitsBeside(held) {
		r.More++
		i := 0
		if t.Kind != TriggerAlarm && len(held) > 2 {
			i = slices.IndexFunc(held[1:len(held)-1], func(h Trigger) bool { return h.Kind == TriggerAlarm }) + 1
		}
		if i == 0 {
			r.Triggers, r.MoreTime = held, later(r.MoreTime, t.Time)
			return r
		}
		r.MoreTime = later(r.MoreTime, held[i].Time)
		held = slices.Delete(held, i, i+1)
	}
	if n := len(held); n > 1 {
		held[n-1].Reason = cut(held[n-1].Reason, maxMiddleReason)
	}
	r.Triggers = append(held, t)
	return r
}

// fitsBeside reports whether a run has room for one more trigger.
func (t Trigger) fitsBeside(held []Trigger) bool {
	bytes := t.size()
	for _, h := range held {
		bytes += h.size()
	}
	return len(held) < maxTriggers && bytes <= maxTriggerBytes
}

// size is about how much a trigger takes in a run's item, in bytes.
func (t Trigger) size() int { return 120 + len(t.Name) + len(t.ID) + len(t.Reason) }

// cut shortens a text to so many bytes, at a rune.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	end := most - len(reasonCutMark)
	for end > 0 && s[end]&0xc0 == 0x80 {
		end--
	}
	return s[:end] + reasonCutMark
}
