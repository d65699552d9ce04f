package notify

import (
	"bytes"
	"encoding/json"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// record is the form for machines. Fields are only ever added; runId with outcome identifies a message, however often it comes.
type record struct {
	Version          int          `json:"version"`
	RunID            string       `json:"runId"`
	Outcome          string       `json:"outcome"`
	Reason           string       `json:"reason,omitempty"`
	Message          string       `json:"message"`
	ServerName       string       `json:"serverName,omitempty"`
	Server           *server      `json:"server,omitempty"`
	Cause            *recordCause `json:"cause,omitempty"`
	EngineAttributes []string     `json:"engineAttributes,omitempty"` // names only
	Overrides        []string     `json:"override,omitempty"`
	Time             time.Time    `json:"time"`
	MayStart         *time.Time   `json:"mayStart,omitempty"`
	PatienceEnds     *time.Time   `json:"patienceEnds,omitempty"`
	Started          *time.Time   `json:"started,omitempty"`
	Deadline         *time.Time   `json:"deadline,omitempty"`
	Detail           string       `json:"detail,omitempty"`
	ExecutionID      string       `json:"executionId,omitempty"` // of Systems Manager
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

type recordCause struct {
	Kind   string    `json:"kind"`
	Name   string    `json:"name,omitempty"`
	Time   time.Time `json:"time"`
	Reason string    `json:"reason,omitempty"`
	Key    string    `json:"key,omitempty"`
}

func renderRecord(r maintenance.Report) ([]byte, error) {
	out := record{
		Version:          1,
		RunID:            r.RunID,
		Outcome:          string(r.Outcome),
		Reason:           string(r.Reason),
		Message:          summary(r),
		ServerName:       r.Request.ServerName,
		EngineAttributes: attributeNames(r),
		Overrides:        r.Request.Overrides,
		Time:             r.At.UTC(),
		Detail:           r.Detail,
		ExecutionID:      r.Reference,
	}
	if r.Server.Backend != "" {
		out.Server = &server{
			Backend:           r.Server.Backend,
			ARN:               r.Server.ARN,
			Node:              r.Server.Node,
			Runbook:           r.Server.Runbook,
			Engine:            r.Server.Engine,
			EngineVersion:     r.Server.EngineVersion,
			StatusBefore:      string(r.Before),
			Status:            string(r.Server.Status),
			StatusReason:      r.Server.StatusReason,
			MaintenanceStatus: string(r.Server.MaintenanceStatus),
		}
	}
	if c := r.Request.Cause; c.Kind != "" {
		out.Cause = &recordCause{Kind: string(c.Kind), Name: c.Name, Time: c.Time.UTC(), Reason: c.Reason, Key: causeKey(r)}
	}
	out.MayStart, out.PatienceEnds, out.Started, out.Deadline = moment(r.Until), moment(r.Patience), moment(r.Started), moment(r.Deadline)
	return marshal(out)
}

// moment is a time that may not be there.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// marshal leaves <, > and & readable; nothing here is embedded in HTML.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
