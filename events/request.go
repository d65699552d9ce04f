package events

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

func startForm(f form) (Event, error) {
	inner, err := f.object()
	if err != nil {
		return nil, err
	}
	return inner.start()
}

// start is the object of startForm, or the whole payload where an operator wrote the short {"serverName": …}.
func (f form) start() (Event, error) {
	if err := f.only("serverName", "runId", "engineAttributes", "key", "override"); err != nil {
		return nil, err
	}
	var start Start
	var err error
	if start.ServerName, start.RunID, err = f.serverOrRun(); err != nil {
		return nil, err
	}
	if start.EngineAttributes, err = f.engineAttributes(); err != nil {
		return nil, err
	}
	if start.Key, err = f.optional("key"); err != nil {
		return nil, err
	}
	if start.Override, err = f.override(); err != nil {
		return nil, err
	}
	return start, nil
}

// override reads the gates to leave out. Their order and repetitions say nothing, so that a key used again is not taken for another
// request because of them.
func (f form) override() ([]string, error) {
	var gates []string
	if err := f.read("override", &gates); err != nil {
		return nil, err
	}
	known := maintenance.Overrides()
	for _, gate := range gates {
		if !slices.Contains(known, gate) {
			return nil, f.invalid("override %s is not a gate that can be overridden; those that can: %s", quote(gate), strings.Join(known,
				", "))
		}
	}
	slices.Sort(gates)
	return slices.Compact(gates), nil
}

func (f form) engineAttributes() ([]maintenance.EngineAttribute, error) {
	var list []map[string]json.RawMessage
	if err := f.read("engineAttributes", &list); err != nil {
		return nil, err
	}
	if len(list) > 10 {
		return nil, f.invalid("engineAttributes holds %d; StartMaintenance knows one", len(list))
	}
	var attributes []maintenance.EngineAttribute
	for i, fields := range list {
		item := form{name: fmt.Sprintf("%s: engineAttributes[%d]", f.name, i), fields: fields}
		if err := item.only("name", "value"); err != nil {
			return nil, err
		}
		name, err := item.text("name")
		if err != nil {
			return nil, err
		}
		value, err := item.text("value")
		if err != nil {
			return nil, err
		}
		attributes = append(attributes, maintenance.EngineAttribute{Name: name, Value: value})
	}
	return attributes, nil
}

func stopForm(f form) (Event, error) {
	name, id, _, err := f.target()
	return Stop{name, id}, err
}

func closeForm(f form) (Event, error) {
	name, id, _, err := f.target()
	return Close{name, id}, err
}

func approveForm(f form) (Event, error) {
	name, id, inner, err := f.target("by")
	if err != nil {
		return nil, err
	}
	by, err := inner.optional("by")
	return Approve{name, id, by}, err
}

func holdForm(f form) (Event, error) {
	inner, err := f.object()
	if err != nil {
		return nil, err
	}
	if err := inner.only("serverName", "until", "reason", "by"); err != nil {
		return nil, err
	}
	var hold Hold
	if hold.ServerName, err = inner.optional("serverName"); err != nil {
		return nil, err
	}
	if hold.Reason, err = inner.optional("reason"); err != nil {
		return nil, err
	}
	if hold.By, err = inner.optional("by"); err != nil {
		return nil, err
	}
	hold.Until, err = inner.until()
	return hold, err
}

// until is a time, zero if none is given.
func (f form) until() (time.Time, error) {
	text, err := f.optional("until")
	if err != nil || text == "" {
		return time.Time{}, err
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || !writable(at) {
		return time.Time{}, f.invalid("until %s is not a time like 2026-11-29T06:00:00+01:00", quote(text))
	}
	return at.UTC(), nil
}

func releaseForm(f form) (Event, error) {
	inner, err := f.object()
	if err != nil {
		return nil, err
	}
	if err := inner.only("serverName", "until", "by"); err != nil {
		return nil, err
	}
	var release Release
	if release.ServerName, err = inner.optional("serverName"); err != nil {
		return nil, err
	}
	if release.By, err = inner.optional("by"); err != nil {
		return nil, err
	}
	release.Until, err = inner.until()
	return release, err
}

func planForm(f form) (Event, error) {
	name, err := f.server()
	return Plan{name}, err
}

func historyForm(f form) (Event, error) {
	name, err := f.server()
	return History{name}, err
}

func statusForm(f form) (Event, error) {
	inner, err := f.object()
	if err != nil {
		return nil, err
	}
	return Status{}, inner.only()
}

// server reads a form that is about one server.
func (f form) server() (string, error) {
	inner, err := f.object()
	if err != nil {
		return "", err
	}
	if err := inner.only("serverName"); err != nil {
		return "", err
	}
	return inner.text("serverName")
}

// target reads a form that is about one run, and gives its object, which may have more fields.
func (f form) target(more ...string) (serverName, runID string, inner form, err error) {
	if inner, err = f.object(); err != nil {
		return "", "", inner, err
	}
	if err := inner.only(append([]string{"serverName", "runId"}, more...)...); err != nil {
		return "", "", inner, err
	}
	serverName, runID, err = inner.serverOrRun()
	return serverName, runID, inner, err
}

// serverOrRun reads the names by which an operator means a run: at least one of them.
func (f form) serverOrRun() (serverName, runID string, err error) {
	if serverName, err = f.optional("serverName"); err != nil {
		return "", "", err
	}
	if runID, err = f.optional("runId"); err != nil {
		return "", "", err
	}
	switch {
	case serverName == "" && runID == "":
		return "", "", f.invalid("serverName and runId are missing; give one of them")
	case runID != "" && !validRunID(runID):
		return "", "", f.invalid("runId %s is not the id of a run", quote(runID))
	}
	return serverName, runID, nil
}

// validRunID reports whether an id can be one that maintenance.NewID made: a server's name, a time, a word.
func validRunID(id string) bool {
	return len(id) <= 100 && !strings.ContainsFunc(id, func(c rune) bool {
		return c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
	})
}
