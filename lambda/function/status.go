package function

import (
	"context"
	"maps"
	"slices"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// StatusResponse answers {"status": {}}. Its fields are only added to.
type StatusResponse struct {
	Version string    `json:"version"`
	At      time.Time `json:"at"`
	// Runs are the open ones, oldest first, those of servers that the settings no longer have too.
	Runs []OpenRun `json:"runs"`
	// Servers are those of the settings, and those that the ledger knows besides, by name.
	Servers []ServerStatus     `json:"servers"`
	Fleet   FleetStatus        `json:"fleet"`
	Reason  maintenance.Reason `json:"reason,omitempty"` // why not everything could be read
	Message string             `json:"message,omitempty"`
}

// OpenRun is a run that is not over.
type OpenRun struct {
	RunID      string               `json:"runId"`
	ServerName string               `json:"serverName"`
	State      maintenance.RunState `json:"state"`
	Triggers   []RunTrigger         `json:"triggers"`
	Created    time.Time            `json:"created"`
	// WaitsFor is what a waiting run waits for.
	WaitsFor *Waiting `json:"waitsFor,omitempty"`
	// Started is when the backend accepted it, Began when it was first seen to go on, Deadline when it becomes overdue.
	Started     *time.Time `json:"started,omitempty"`
	Began       *time.Time `json:"began,omitempty"`
	Deadline    *time.Time `json:"deadline,omitempty"`
	ExecutionID string     `json:"executionId,omitempty"` // of Systems Manager
	// Approved is when an operator approved it.
	Approved *time.Time `json:"approved,omitempty"`
	// StopAsked is when an operator asked for its end.
	StopAsked *time.Time `json:"stopAsked,omitempty"`
	// Unseen says since when it could not be followed, and why.
	Unseen *Unseen `json:"unseen,omitempty"`
	Slot   int     `json:"slot,omitempty"`
}

// Unseen is since when a run could not be followed, and why.
type Unseen struct {
	Since  time.Time          `json:"since"`
	Reason maintenance.Reason `json:"reason"`
	Detail string             `json:"detail,omitempty"`
}

// ServerStatus is one server.
type ServerStatus struct {
	ServerName string `json:"serverName"`
	// Configured is false for a server that the settings no longer have, Enabled for one that they switch off.
	Configured  bool              `json:"configured"`
	Enabled     bool              `json:"enabled"`
	Backend     string            `json:"backend,omitempty"`
	OpenRun     string            `json:"openRun,omitempty"`
	LastEnds    []maintenance.End `json:"lastEnds"` // newest first
	LastSuccess *time.Time        `json:"lastSuccess,omitempty"`
	Hold        *maintenance.Hold `json:"hold,omitempty"`
}

// FleetStatus is what all servers share.
type FleetStatus struct {
	Hold *maintenance.Hold `json:"hold,omitempty"`
	// ConcurrencyLimit is how many runs may hold a server at the same time; 0 is any number. Slots are who holds one, "" for a free one.
	ConcurrencyLimit int      `json:"concurrencyLimit"`
	Slots            []string `json:"slots"`
}

func (h *Handler) status(ctx context.Context, in invocation) answer {
	var names []string
	for _, s := range in.Settings.Servers {
		names = append(names, s.Name)
	}
	fleet := h.Runner.Status(ctx, names)
	out := StatusResponse{
		Version: h.Version, At: in.Now.UTC(), Runs: []OpenRun{}, Servers: in.servers(fleet),
		Fleet: FleetStatus{Hold: liveHold(fleet.Fleet.Hold, in.Now), ConcurrencyLimit: in.Settings.MaxConcurrent, Slots: append([]string{},
			fleet.Slots...)},
	}
	for _, r := range fleet.Runs {
		out.Runs = append(out.Runs, in.openRun(r))
	}
	report := in.queryReport("", fleet.Err)
	if fleet.Err != nil {
		out.Reason, out.Message = report.Reason, report.Detail
	}
	return answer{Reports: []maintenance.Report{report}, Body: out}
}

func (in invocation) openRun(r maintenance.Run) OpenRun {
	run := OpenRun{
		RunID: r.ID, ServerName: r.ServerName, State: r.State, Triggers: runTriggers(r), Created: r.Created.UTC(),
		WaitsFor: in.waiting(r),
		Started:  moment(r.Accepted), Began: moment(r.Began), Deadline: moment(r.Deadline), ExecutionID: r.Reference,
		Approved: moment(r.Approval.At), StopAsked: moment(r.Stop.Asked()), Slot: r.Slot,
	}
	if u := r.Unseen; !u.Since.IsZero() {
		run.Unseen = &Unseen{Since: u.Since.UTC(), Reason: u.Reason, Detail: u.Detail}
	}
	return run
}

// servers are those of the settings and of the ledger.
func (in invocation) servers(fleet maintenance.Fleet) []ServerStatus {
	all := map[string]ServerStatus{}
	for _, s := range in.Settings.Servers {
		all[s.Name] = ServerStatus{ServerName: s.Name, Configured: true, Enabled: s.Enabled, Backend: string(s.Backend)}
	}
	for name := range fleet.Servers {
		if _, ok := all[name]; !ok {
			all[name] = ServerStatus{ServerName: name}
		}
	}
	out := make([]ServerStatus, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		s, kept := all[name], fleet.Servers[name]
		s.OpenRun, s.LastEnds, s.LastSuccess = kept.OpenRun, append([]maintenance.End{}, kept.Ends...), moment(kept.LastSuccess)
		s.Hold = liveHold(kept.Hold, in.Now)
		out = append(out, s)
	}
	return out
}

// liveHold is a hold that binds; nil if there is none.
func liveHold(h maintenance.Hold, now time.Time) *maintenance.Hold {
	if !h.Live(now) {
		return nil
	}
	return &h
}
