package maintenance

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"time"
)

// CauseKind is what kind of thing asked for maintenance.
type CauseKind string

// The kinds of causes.
const (
	CauseAlarm    CauseKind = "alarm"
	CauseSchedule CauseKind = "schedule"
	CauseManual   CauseKind = "manual"
)

// Cause is what asked for maintenance. One cause starts at most one maintenance of a server, however often it is delivered.
type Cause struct {
	Kind CauseKind
	// Name is the name of the alarm, rule or schedule; empty for a person.
	Name string
	// Time is when the alarm changed state, when the schedule fired, when the person asked.
	Time time.Time
	// Reason is the alarm's own words.
	Reason string
	// ID tells causes of one kind apart. With Time it identifies an alarm's state change or a schedule's firing by every path
	// the event can take; for a person it is the request's own key, or the id of the invocation.
	ID string
}

// Key is the deduplication key of the cause for one server.
func (c Cause) Key(serverName string) string {
	parts := []string{string(c.Kind), c.ID, serverName}
	if c.Kind != CauseManual {
		parts = append(parts, strconv.FormatInt(c.Time.UnixMilli(), 10))
	}
	hash := sha256.New()
	for _, part := range parts {
		// The length first, so that no two lists of parts read the same.
		hash.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		hash.Write([]byte(part))
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

// Request is one wish: maintenance of one server for one cause.
type Request struct {
	ServerName       string
	Cause            Cause
	EngineAttributes []EngineAttribute
	// Overrides are the names of gates a person wants left out.
	Overrides []string
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
