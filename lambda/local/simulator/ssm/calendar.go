package ssm

import (
	"slices"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
)

// calendar is a Change Calendar with at most one change ahead: after it, the state is the other one for good.
type calendar struct {
	open        bool
	next        time.Time // zero: it stays as it is
	unsupported bool
}

func (c *calendar) openAt(at time.Time) bool {
	return c.open == (c.next.IsZero() || at.Before(c.next))
}

// SetCalendar makes a calendar known, or changes it: its state now, and when that changes (zero: never).
func (l *library) SetCalendar(name string, open bool, next time.Time) {
	l.documentsMu.Lock()
	defer l.documentsMu.Unlock()
	l.calendars[name] = &calendar{open: open, next: next}
}

// BreakCalendar lets a calendar have an entry that the service does not support.
func (l *library) BreakCalendar(name string) {
	l.documentsMu.Lock()
	defer l.documentsMu.Unlock()
	l.calendars[name] = &calendar{unsupported: true}
}

// getCalendarState follows API_GetCalendarState. That AtTime comes back as it was sent is documented, how the service writes the
// other times is not: to the second, in UTC.
func (l *library) getCalendarState(in simulator.Members) (any, error) {
	names, err := textsIn(in, "CalendarNames")
	if err != nil {
		return nil, err
	}
	asked, err := in.Text("AtTime")
	if err != nil {
		return nil, err
	}
	at := time.Now()
	var check validation
	if check.Given(names != nil, "calendarNames") {
		check.Hidden(len(names) > 0, "calendarNames", "Member must have length greater than or equal to 1")
	}
	if asked != nil {
		var ok bool
		at, ok = isoTime(*asked)
		check.Unless(ok, *asked, "atTime", "Member must be an ISO 8601 time")
	}
	if err := check.Failure(); err != nil {
		return nil, err
	}

	l.documentsMu.Lock()
	defer l.documentsMu.Unlock()
	chosen, err := l.chosenCalendars(names)
	if err != nil {
		return nil, err
	}
	output := struct {
		State, AtTime      string
		NextTransitionTime string `json:",omitempty"`
	}{State: "CLOSED", AtTime: iso(at)}
	if allOpen(chosen, at) {
		output.State = "OPEN"
	}
	if asked != nil {
		output.AtTime = *asked
	}
	if next := transition(chosen, at); !next.IsZero() {
		output.NextTransitionTime = iso(next)
	}
	return output, nil
}

func iso(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// chosenCalendars expects the lock to be held.
func (l *library) chosenCalendars(names []string) ([]*calendar, error) {
	var chosen []*calendar
	for _, name := range names {
		found := l.calendars[l.document(name)]
		switch {
		case found == nil && l.runbook(name) != nil:
			return nil, simulator.Refused("InvalidDocumentType", "Document "+name+" is no change calendar.")
		case found == nil:
			return nil, simulator.Refused("InvalidDocument", "No document "+name+" exists in this account and Region.")
		case found.unsupported:
			return nil, simulator.Refused("UnsupportedCalendarException", "Calendar "+name+" has an entry that is not supported.")
		}
		chosen = append(chosen, found)
	}
	return chosen, nil
}

// allOpen: several calendars are open only if all are.
func allOpen(calendars []*calendar, at time.Time) bool {
	return !slices.ContainsFunc(calendars, func(c *calendar) bool { return !c.openAt(at) })
}

// transition is the first moment after at when the calendars' common state changes. That it is the common one is our choice.
func transition(calendars []*calendar, at time.Time) time.Time {
	var moments []time.Time
	for _, c := range calendars {
		if c.next.After(at) {
			moments = append(moments, c.next)
		}
	}
	slices.SortFunc(moments, time.Time.Compare)
	for _, moment := range moments {
		if allOpen(calendars, moment) != allOpen(calendars, at) {
			return moment
		}
	}
	return time.Time{}
}
