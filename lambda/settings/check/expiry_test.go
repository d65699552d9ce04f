package check_test

import (
	"errors"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/settings/check"
)

func TestResolve_ExpiresAfter(t *testing.T) {
	const weekly = `"schedules": [{"name": "weekly", "expression": "cron(0 23 ? * SAT *)"}]`
	const flexible = `"schedules": [{"name": "weekly", "expression": "cron(0 23 ? * SAT *)", "flexible": "15m"},
		{"name": "daily", "expression": "rate(1 day)"}]`
	checkFaults(t, []faultCase{
		{"the name of the first edition", withServer(`"patience": "6h"`), []string{
			"servers[0].patience: patience is called expiresAfter now"}},
		{"the name of the first edition, where it never stood", `{"patience": "6h", ` + withServer("")[1:], []string{
			`patience: "patience" is not a known key; known are servers, notify, maxConcurrent, endpoint, alarmTriggers, maxWildcardRules`}},
		{"no time at all", withServer(`"expiresAfter": "0s", ` + flexible), []string{
			`servers[0].expiresAfter: "0s" lets nothing start; write how long a trigger may wait, or leave it out for the end of the window`}},
		{"no duration", withServer(`"expiresAfter": "soon"`), []string{
			`servers[0].expiresAfter: "soon" is not a duration; write for example 90m, 12h, 8d or 1d12h`}},
		{"as long as the schedule is flexible", withServer(`"expiresAfter": "15m", ` + flexible), []string{
			`servers[0].expiresAfter: "15m" is too short for schedule "weekly", which may fire up to 16m late; write 16m or more`}},
		{"a minute longer than the schedule is flexible", withServer(`"expiresAfter": "16m", ` + flexible), nil},
		{"shorter than the minute of a schedule", withServer(`"expiresAfter": "59s", ` + weekly), []string{
			`servers[0].expiresAfter: "59s" is too short for schedule "weekly", which may fire up to 1m late; write 1m or more`}},
		{"short, without a schedule", withServer(`"expiresAfter": "59s"`), nil},
		{"left out, with a flexible schedule", withServer(flexible), nil},
		{"an answer to the return to OK that is none", withServer(`"whenAlarmClears": "cancels"`), []string{
			`servers[0].whenAlarmClears: "cancels" is not a known answer; did you mean "cancel"?`}},
	})
	for fields, want := range map[string]time.Duration{``: 0, `"expiresAfter": "90m"`: 90 * time.Minute} {
		if got := parse(t, withServer(fields)).Servers[0].ExpiresAfter; got != want {
			t.Errorf("%s: expires after %s, want %s", fields, got, want)
		}
	}
	for fields, want := range map[string]bool{``: false, `"whenAlarmClears": "cancel"`: false, `"whenAlarmClears": "keep"`: true} {
		if got := parse(t, withServer(fields)).Servers[0].KeepWhenCleared; got != want {
			t.Errorf("%s: keeps %t, want %t", fields, got, want)
		}
	}
}

// Whether a schedule ever fires again is asked of a date, in the schedule's own time zone.
func TestResolve_SchedulesThatNeverFireAgain(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	for zone, want := range map[string]string{
		"America/New_York": "",
		"Europe/Berlin": `servers[0].schedules[0].expression: "at(2026-11-26T12:30:00)" never fires again; ` +
			"give it a date to come, or remove the schedule",
	} {
		document := []byte(withServer(`"timezone": "` + zone + `", "schedules": [{"name": "s", "expression": "at(2026-11-26T12:30:00)"}]`))
		_, err := check.Resolve(document, now)
		var invalid *check.InvalidError
		if want == "" && err != nil || want != "" && (!errors.As(err, &invalid) || invalid.Error() != want) {
			t.Errorf("in %s: %v", zone, err)
		}
		if _, err := check.Resolve(document, time.Time{}); err != nil {
			t.Errorf("without a date: %v", err)
		}
	}
}

// Without expiresAfter the window of the settings says when a trigger expires: an alarm on Wednesday waits for Saturday's.
func TestServer_DefaultExpiry(t *testing.T) {
	server := parse(t, withServer(`"timezone": "Europe/Berlin",
		"window": {"days": ["Sat", "Sun"], "start": "22:00", "end": "04:00"}`)).Servers[0]
	policy := maintenance.Policy{
		Window: maintenance.Window{Hours: server.Window, Location: server.Location}, ExpiresAfter: server.ExpiresAfter,
	}
	for name, times := range map[string][2]string{
		"an alarm on Wednesday":            {"2026-11-25T12:00:00+01:00", "2026-11-29T04:00:00+01:00"},
		"a schedule in the window":         {"2026-11-28T23:00:00+01:00", "2026-11-29T04:00:00+01:00"},
		"a schedule after the last window": {"2026-11-30T04:00:00+01:00", "2026-12-06T04:00:00+01:00"},
	} {
		at, err := time.Parse(time.RFC3339, times[0])
		if err != nil {
			t.Fatal(err)
		}
		if got := policy.Expires(maintenance.Trigger{Time: at}).Format(time.RFC3339); got != times[1] {
			t.Errorf("%s of %s expires %s, want %s", name, times[0], got, times[1])
		}
	}
}
