package check_test

import (
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

func TestResolve_ExpiresAfter(t *testing.T) {
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

// Whether a schedule ever fires again is asked only of a date.
func TestResolve_PastScheduleWithoutDate(t *testing.T) {
	parse(t, withServer(`"schedules": [{"name": "s", "expression": "at(2020-01-01T12:30:00)"}]`))
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
