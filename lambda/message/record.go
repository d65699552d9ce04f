package message

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// recordVersion is 2 since a record says trigger in place of cause, and expires in place of patienceEnds.
const recordVersion = 2

// record is the form for machines. Fields are only ever added; runId, outcome and time identify a message, however often it comes.
type record struct {
	Version          int             `json:"version"`
	RunID            string          `json:"runId"`
	Outcome          string          `json:"outcome"`
	Reason           string          `json:"reason,omitempty"`
	Message          string          `json:"message"`
	ServerName       string          `json:"serverName,omitempty"`
	Server           *server         `json:"server,omitempty"`
	Trigger          *trigger        `json:"trigger,omitempty"`
	Triggers         []trigger       `json:"triggers,omitempty"`         // all that the run holds
	EngineAttributes []string        `json:"engineAttributes,omitempty"` // names only
	Overrides        []string        `json:"override,omitempty"`
	Attempt          int             `json:"attempt,omitempty"`
	Time             *time.Time      `json:"time,omitempty"`
	WaitsSince       *time.Time      `json:"waitsSince,omitempty"`
	MayStart         *time.Time      `json:"mayStart,omitempty"`
	HeldUntil        *time.Time      `json:"heldUntil,omitempty"`
	Expires          *time.Time      `json:"expires,omitempty"`
	Started          *time.Time      `json:"started,omitempty"` // when the backend accepted it
	Deadline         *time.Time      `json:"deadline,omitempty"`
	Detail           string          `json:"detail,omitempty"`
	ExecutionID      string          `json:"executionId,omitempty"` // of Systems Manager
	Answer           json.RawMessage `json:"answer,omitempty"`      // the Server that StartMaintenance returned
}

type server struct {
	Backend           string `json:"backend"`
	ARN               string `json:"arn,omitempty"`
	Node              string `json:"node,omitempty"`
	Runbook           string `json:"runbook,omitempty"`
	Engine            string `json:"engine,omitempty"`
	EngineVersion     string `json:"engineVersion,omitempty"`
	StatusBefore      string `json:"statusBefore,omitempty"`
	Status            string `json:"status,omitempty"`
	StatusReason      string `json:"statusReason,omitempty"`
	MaintenanceStatus string `json:"maintenanceStatus,omitempty"` // of the most recent finished run
}

type trigger struct {
	Kind   string     `json:"kind"`
	Name   string     `json:"name,omitempty"`
	Time   *time.Time `json:"time,omitempty"`
	Reason string     `json:"reason,omitempty"`
	Key    string     `json:"key,omitempty"`
}

// Record is what a report says to machines, as JSON: every fact of it by name, times in UTC.
func Record(report maintenance.Report) (Message, error) {
	v := viewOf(report)
	out := record{
		Version: recordVersion, RunID: v.RunID, Outcome: string(v.Outcome), Reason: string(v.Reason), Message: summary(v),
		ServerName:       v.ServerName,
		EngineAttributes: v.Attributes, Overrides: v.Trigger.Overrides, Attempt: v.Attempt, Detail: v.Detail, ExecutionID: v.Reference,
		Time: moment(v.At), WaitsSince: moment(v.waitsSince()), MayStart: moment(v.mayStart()), HeldUntil: moment(v.heldUntil()),
		Expires: moment(v.expires()), Started: moment(v.Started), Deadline: moment(v.deadline()), Answer: answered(v.Answer),
	}
	if v.Server.Backend != "" {
		out.Server = recordServer(v)
	}
	if v.Trigger.Kind != "" {
		asked := recordTrigger(v.Trigger, v.ServerName)
		out.Trigger = &asked
	}
	for _, t := range v.Triggers {
		out.Triggers = append(out.Triggers, recordTrigger(t, v.ServerName))
	}
	body, err := marshal(out)
	return Message{Body: body, Attributes: attributes(v)}, err
}

func recordServer(v view) *server {
	return &server{
		Backend:           v.Server.Backend,
		ARN:               v.Server.ARN,
		Node:              v.Server.Node,
		Runbook:           v.Server.Runbook,
		Engine:            v.Server.Engine,
		EngineVersion:     v.Server.EngineVersion,
		StatusBefore:      v.state(v.ServerAtDecision.Status),
		Status:            v.state(v.Server.Status),
		StatusReason:      v.Server.StatusReason,
		MaintenanceStatus: string(v.Server.MaintenanceStatus),
	}
}

// recordTrigger has the deduplication key where a server was made out, by which it is made.
func recordTrigger(t maintenance.Trigger, serverName string) trigger {
	out := trigger{Kind: string(t.Kind), Name: t.Name, Time: moment(t.Time), Reason: t.Reason}
	if serverName != "" {
		out.Key = t.Key(serverName)
	}
	return out
}

// answered is the backend's answer as an object of the record, its texts cleaned like all that comes from outside. What is no object,
// or longer than a record carries, is left out.
func answered(answer string) json.RawMessage {
	if len(answer) > 2*longAnswer {
		return nil
	}
	var object map[string]any
	decoder := json.NewDecoder(bytes.NewReader([]byte(answer)))
	decoder.UseNumber() // a number stays as it was written
	if decoder.Decode(&object) != nil || object == nil || decoder.More() {
		return nil
	}
	text, err := marshal(cleanJSON(object))
	if err != nil || len(text) > longAnswer {
		return nil
	}
	return json.RawMessage(text)
}

func cleanJSON(value any) any {
	switch value := value.(type) {
	case string:
		return clean(value, longField)
	case []any:
		for i := range value {
			value[i] = cleanJSON(value[i])
		}
	case map[string]any:
		out := make(map[string]any, len(value))
		for _, name := range slices.Sorted(maps.Keys(value)) { // always the same, also where two names become one
			out[clean(name, shortField)] = cleanJSON(value[name])
		}
		return out
	}
	return value
}

// moment is a time that may not be there; one that RFC 3339 cannot write is not.
func moment(t time.Time) *time.Time {
	t = t.UTC()
	if t.IsZero() || t.Year() < 0 || t.Year() > 9999 {
		return nil
	}
	return &t
}

// marshal leaves <, > and & readable; nothing here is embedded in HTML.
func marshal(value any) (string, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "", fmt.Errorf("write JSON: %w", err)
	}
	return string(bytes.TrimRight(b.Bytes(), "\n")), nil
}
