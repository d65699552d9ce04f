package maintenance_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"opsworks-maintenance/lambda/maintenance"
)

// hours is open from a minute to another of the days it starts on, over midnight if to is not after from.
type hours struct {
	days     map[time.Weekday]bool
	from, to int
}

func (h hours) Covers(day time.Weekday, minute int) bool {
	if h.from < h.to {
		return h.days[day] && h.from <= minute && minute < h.to
	}
	return h.days[day] && minute >= h.from || h.days[(day+6)%7] && minute < h.to
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	location, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return location
}

var (
	saturdayNight = hours{map[time.Weekday]bool{time.Saturday: true}, 22 * 60, 4 * 60}
	sundayEarly   = hours{map[time.Weekday]bool{time.Sunday: true}, 2 * 60, 3*60 + 30}
	everyDay      = map[time.Weekday]bool{0: true, 1: true, 2: true, 3: true, 4: true, 5: true, 6: true}
)

// Times are written in UTC, with the wall clock in the name: what is tested is the way from one to the other. Europe/Berlin
// and America/New_York change on Sundays in the night, Australia/Lord_Howe by half an hour.
func TestWindow_Contains(t *testing.T) {
	for _, tt := range []struct {
		name, zone string
		hours      hours
		utc        string
		want       bool
	}{
		{"Berlin, Saturday 22:00, winter", "Europe/Berlin", saturdayNight, "2026-11-28T21:00:00Z", true},
		{"Berlin, Saturday 21:59:59, winter", "Europe/Berlin", saturdayNight, "2026-11-28T20:59:59Z", false},
		{"Berlin, Saturday 22:00, summer", "Europe/Berlin", saturdayNight, "2026-07-04T20:00:00Z", true},
		{"Berlin, Sunday 03:59, winter", "Europe/Berlin", saturdayNight, "2026-11-29T02:59:59Z", true},
		{"Berlin, Sunday 04:00, winter", "Europe/Berlin", saturdayNight, "2026-11-29T03:00:00Z", false},
		{"Berlin, Sunday 22:00: the window starts on Saturdays", "Europe/Berlin", saturdayNight, "2026-11-29T21:00:00Z", false},

		{"Berlin in spring, 01:59 and then 03:00: still open", "Europe/Berlin", sundayEarly, "2026-03-29T01:00:00Z", true},
		{"Berlin in spring, 01:59 before the skipped hour", "Europe/Berlin", sundayEarly, "2026-03-29T00:59:00Z", false},
		{"Berlin in autumn, the first 02:30", "Europe/Berlin", sundayEarly, "2026-10-25T00:30:00Z", true},
		{"Berlin in autumn, the second 02:30", "Europe/Berlin", sundayEarly, "2026-10-25T01:30:00Z", true},
		{"Berlin in autumn, 03:30", "Europe/Berlin", sundayEarly, "2026-10-25T02:30:00Z", false},

		{"New York in spring, 03:00 after 01:59", "America/New_York", sundayEarly, "2026-03-08T07:00:00Z", true},
		{"New York in spring, 01:59", "America/New_York", sundayEarly, "2026-03-08T06:59:00Z", false},
		{"New York in autumn, the first 01:30: not yet", "America/New_York", sundayEarly, "2026-11-01T05:30:00Z", false},
		{"New York in autumn, the second 01:30: not yet", "America/New_York", sundayEarly, "2026-11-01T06:30:00Z", false},
		{"New York in autumn, 02:00", "America/New_York", sundayEarly, "2026-11-01T07:00:00Z", true},

		{"Lord Howe in spring, 02:30 after 01:59", "Australia/Lord_Howe", sundayEarly, "2026-10-03T15:30:00Z", true},
		{"Lord Howe in spring, 01:59", "Australia/Lord_Howe", sundayEarly, "2026-10-03T15:29:00Z", false},
		{"Lord Howe in autumn, the first 01:30: not yet", "Australia/Lord_Howe", sundayEarly, "2026-04-04T14:30:00Z", false},
		{"Lord Howe in autumn, the second 01:59: not yet", "Australia/Lord_Howe", sundayEarly, "2026-04-04T15:29:00Z", false},
		{"Lord Howe in autumn, 02:00", "Australia/Lord_Howe", sundayEarly, "2026-04-04T15:30:00Z", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, tt.utc)
			if err != nil {
				t.Fatal(err)
			}
			w := maintenance.Window{Hours: tt.hours, Location: zone(t, tt.zone)}
			if got := w.Contains(at); got != tt.want {
				t.Errorf("%s is %s there: got %v", tt.utc, at.In(w.Location).Format("Mon 15:04:05 MST"), got)
			}
		})
	}
}

func TestWindow_Opens(t *testing.T) {
	for _, tt := range []struct {
		name, zone string
		hours      hours
		after      string
		want       string
	}{
		{"on Monday: on Saturday", "Europe/Berlin", saturdayNight, "2026-11-23T12:00:00Z", "2026-11-28T22:00:00+01:00"},
		{"inside the window: the next minute", "Europe/Berlin", saturdayNight, "2026-11-28T21:30:30Z", "2026-11-28T22:31:00+01:00"},
		{"over the change to summer: the wall clock stays", "Europe/Berlin", saturdayNight, "2026-03-23T12:00:00Z", "2026-03-28T22:00:00+01:00"},
		{"the start is skipped: when the clock has jumped over it", "Europe/Berlin", sundayEarly, "2026-03-28T12:00:00Z",
			"2026-03-29T03:00:00+02:00"},
		{"the start comes twice: the first", "Europe/Berlin", sundayEarly, "2026-10-24T12:00:00Z", "2026-10-25T02:00:00+02:00"},
		{"New York in spring: when the clock has jumped", "America/New_York", sundayEarly, "2026-03-07T12:00:00Z", "2026-03-08T03:00:00-04:00"},
		{"New York in autumn: after both 01:30", "America/New_York", sundayEarly, "2026-10-31T12:00:00Z", "2026-11-01T02:00:00-05:00"},
		{"Lord Howe in spring: half an hour is skipped", "Australia/Lord_Howe", sundayEarly, "2026-10-03T00:00:00Z", "2026-10-04T02:30:00+11:00"},
		{"Lord Howe in autumn: after both 01:30", "Australia/Lord_Howe", sundayEarly, "2026-04-04T00:00:00Z", "2026-04-05T02:00:00+10:30"},
		{"all its minutes are skipped this week: next week", "Europe/Berlin", hours{map[time.Weekday]bool{time.Sunday: true}, 130, 140},
			"2026-03-28T12:00:00Z", "2026-04-05T02:10:00+02:00"},
		{"every day", "UTC", hours{everyDay, 60, 120}, "2026-11-23T01:59:59Z", "2026-11-24T01:00:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			after, err := time.Parse(time.RFC3339, tt.after)
			if err != nil {
				t.Fatal(err)
			}
			w := maintenance.Window{Hours: tt.hours, Location: zone(t, tt.zone)}
			got, ok := w.Opens(after)
			if !ok || got.Format(time.RFC3339) != tt.want {
				t.Errorf("got %s, %v; want %s", got.Format(time.RFC3339), ok, tt.want)
			}
		})
	}
}

func TestWindow_NeverOpens(t *testing.T) {
	if at, ok := (maintenance.Window{Hours: hours{}}).Opens(now); ok {
		t.Errorf("opens at %s", at)
	}
}

func TestWindow_ZeroValueIsAlwaysOpen(t *testing.T) {
	if !(maintenance.Window{}).Contains(now) {
		t.Error("closed")
	}
}

// steady are the same hours, which say when they change.
type steady struct{ maintenance.Hours }

func (s steady) Changes() []int {
	var changes []int
	for minute := range 24 * 60 {
		for day := time.Sunday; day <= time.Saturday; day++ {
			if minute == 0 || s.Covers(day, minute) != s.Covers(day, minute-1) {
				changes = append(changes, minute)
				break
			}
		}
	}
	return changes
}

// Looking only at the minutes that may change finds what looking at every minute finds, on the days of daylight saving too.
func TestWindow_StepsAreNoShortcutToAnotherAnswer(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	walked := maintenance.Window{Hours: closed{}, Location: berlin}
	stepped := maintenance.Window{Hours: steady{closed{}}, Location: berlin}
	end := time.Date(2026, 11, 5, 0, 0, 0, 0, time.UTC)
	for at := time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC); at.Before(end); at = at.Add(397 * time.Minute) {
		opens, _ := walked.Opens(at)
		if got, _ := stepped.Opens(at); !got.Equal(opens) {
			t.Fatalf("after %s it opens at %s, and by steps at %s", at, opens, got)
		}
		if got, want := stepped.Closes(at), walked.Closes(at); !got.Equal(want) {
			t.Fatalf("after %s it closes at %s, and by steps at %s", at, want, got)
		}
	}
}
