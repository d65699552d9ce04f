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
			`patience: "patience" is not a known key; known are servers, notify, maxConcurrent, endpoint, alarmTriggers`}},
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

// Whether a schedule ever fires again is asked before it is deployed, in its own time zone. A function that runs is not stopped by a
// date that has passed.
func TestResolve_SchedulesThatNeverFireAgain(t *testing.T) {
	for _, tt := range []struct {
		name, now, zone, expression string
		fires                       bool
	}{
		{"by rate, always", "2026-11-26T12:00:00Z", "UTC", "rate(1 day)", true},
		{"every year", "2026-11-26T12:00:00Z", "UTC", "cron(0 23 ? * SAT *)", true},
		{"at a time to come", "2026-11-26T12:00:00Z", "UTC", "at(2026-11-26T12:01:00)", true},
		{"at this very minute", "2026-11-26T12:00:59Z", "UTC", "at(2026-11-26T12:00:00)", false},
		{"at a time that is past in UTC, and to come in New York", "2026-11-26T12:00:00Z", "America/New_York", "at(2026-11-26T08:00:00)", true},
		{"at a time that is to come in UTC, and past in Berlin", "2026-11-26T12:00:00Z", "Europe/Berlin", "at(2026-11-26T12:30:00)", false},
		{"in years that are past", "2026-11-26T12:00:00Z", "UTC", "cron(15 10 ? * 6L 2022-2023)", false},
		{"in years of which one is to come", "2026-11-26T12:00:00Z", "UTC", "cron(15 10 ? * 6L 2022/5)", true},
		{"on the year's last Saturday, before it", "2026-12-26T22:59:00Z", "UTC", "cron(0 23 ? * SAT 2026)", true},
		{"on the year's last Saturday, after it", "2026-12-26T23:00:00Z", "UTC", "cron(0 23 ? * SAT 2026)", false},
		{"at one of several hours of today", "2026-12-31T12:00:00Z", "UTC", "cron(0,30 9,12 31 12 ? 2026)", true},
		{"at hours that are over today", "2026-12-31T12:30:00Z", "UTC", "cron(0,30 9,12 31 12 ? 2026)", false},
		{"in hours that run past the year's last midnight", "2027-01-01T01:59:00Z", "UTC", "cron(0 22-2 31 12 ? 2026)", true},
		{"after the hours that ran past midnight", "2027-01-01T02:00:00Z", "UTC", "cron(0 22-2 31 12 ? 2026)", false},
		{"on 29 February of a leap year to come", "2026-11-26T12:00:00Z", "UTC", "cron(0 0 29 2 ? *)", true},
		{"on 29 February of a year that is none", "2026-11-26T12:00:00Z", "UTC", "cron(0 0 29 2 ? 2027)", false},
		{"on a fifth Monday of February, once", "2026-11-26T12:00:00Z", "UTC", "cron(0 0 ? 2 2#5 2044)", true},
		{"on a fifth Monday of February, never", "2026-11-26T12:00:00Z", "UTC", "cron(0 0 ? 2 2#5 2043)", false},
		{"on the last day of the month", "2026-12-31T00:00:00Z", "UTC", "cron(0 12 L * ? 2026)", true},
		{"on the last but three, which is past", "2026-12-29T00:00:00Z", "UTC", "cron(0 12 L-3 * ? 2026)", false},
		{"on the last but three, which is today", "2026-12-28T00:00:00Z", "UTC", "cron(0 12 L-3 * ? 2026)", true},
		{"on the last but thirty of a month without", "2026-11-26T12:00:00Z", "UTC", "cron(0 12 L-30 11 ? *)", false},
		{"on the last Friday, which is past", "2026-12-26T00:00:00Z", "UTC", "cron(0 12 ? * 6L 2026)", false},
		{"on the last Saturday, which is today", "2026-12-26T00:00:00Z", "UTC", "cron(0 12 ? * 7L 2026)", true},
		{"on the week's last day, each week", "2026-12-26T00:00:00Z", "UTC", "cron(0 12 ? * L 2026)", true},
		{"on the working day nearest to a date to come", "2026-12-05T00:00:00Z", "UTC", "cron(0 12 6W 12 ? 2026)", true},
		{"on the working day nearest to a date long past", "2026-12-09T00:00:00Z", "UTC", "cron(0 12 6W 12 ? 2026)", false},
		{"on the month's last working day", "2026-12-31T00:00:00Z", "UTC", "cron(0 12 LW 12 ? 2026)", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now, err := time.Parse(time.RFC3339, tt.now)
			if err != nil {
				t.Fatal(err)
			}
			document := []byte(withServer(`"timezone": "` + tt.zone + `", "schedules": [{"name": "s", "expression": "` + tt.expression + `"}]`))
			_, err = check.Resolve(document, now)
			want := `servers[0].schedules[0].expression: "` + tt.expression + `" never fires again; give it a date to come, or remove the schedule`
			var invalid *check.InvalidError
			if tt.fires && err != nil || !tt.fires && (!errors.As(err, &invalid) || invalid.Error() != want) {
				t.Errorf("got %v", err)
			}
			if _, err := check.Resolve(document, time.Time{}); err != nil {
				t.Errorf("the function would not start: %v", err)
			}
		})
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
