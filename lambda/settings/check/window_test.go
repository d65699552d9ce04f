package check_test

import (
	"slices"
	"testing"
	"time"

	"opsworks-maintenance/lambda/settings"
)

func windowOf(t *testing.T, window string) settings.Window {
	t.Helper()
	return parse(t, withServer(`"window": `+window)).Servers[0].Window
}

func TestWindow_Covers(t *testing.T) {
	const night = `{"days": ["Sat", "Sun"], "start": "22:00", "end": "04:00"}`
	const lunch = `{"days": ["Wed"], "start": "12:00", "end": "13:30"}`
	const midnight = `{"days": ["Fri"], "start": "23:00", "end": "00:00"}`
	const sunday = `{"days": ["Sun"], "start": "00:00", "end": "24:00"}`
	at := func(hour, minute int) int { return hour*60 + minute }
	for _, test := range []struct {
		name, window string
		day          time.Weekday
		minute       int
		want         bool
	}{
		{"the minute before a night begins", night, time.Saturday, at(21, 59), false},
		{"the minute in which a night begins", night, time.Saturday, at(22, 0), true},
		{"the minute before a night ends", night, time.Monday, at(3, 59), true},
		{"the minute in which a night ends", night, time.Monday, at(4, 0), false},
		{"the morning between two nights", night, time.Sunday, at(3, 0), true},
		{"the morning before the first night", night, time.Saturday, at(3, 0), false},
		{"lunch", lunch, time.Wednesday, at(13, 29), true},
		{"after lunch", lunch, time.Wednesday, at(13, 30), false},
		{"lunch on another day", lunch, time.Thursday, at(12, 0), false},
		{"the last minute before midnight", midnight, time.Friday, at(23, 59), true},
		{"midnight itself", midnight, time.Saturday, 0, false},
		{"the first minute of a whole day", sunday, time.Sunday, 0, true},
		{"the last minute of a whole day", sunday, time.Sunday, at(23, 59), true},
		{"the day after a whole day", sunday, time.Monday, 0, false},
		{"a minute that does not exist", sunday, time.Sunday, at(24, 0), false},
		{"a day that does not exist", sunday, 7, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := windowOf(t, test.window).Covers(test.day, test.minute); got != test.want {
				t.Errorf("Covers(%v, %d) = %t, want %t", test.day, test.minute, got, test.want)
			}
		})
	}

	t.Run("the zero value is always open", func(t *testing.T) {
		var window settings.Window
		for day := time.Sunday; day <= time.Saturday; day++ {
			for minute := range 24 * 60 {
				if !window.Covers(day, minute) {
					t.Fatalf("closed on %v at minute %d", day, minute)
				}
			}
		}
		if window.Covers(time.Sunday, -1) || window.Covers(-1, 0) {
			t.Error("open at a time that does not exist")
		}
	})
	t.Run("seven whole days are always", func(t *testing.T) {
		window := windowOf(t, `{"days": ["Mon","Tue","Wed","Thu","Fri","Sat","Sun"], "start": "00:00", "end": "24:00"}`)
		if !window.Always() || window.String() != "always" {
			t.Errorf("window = %s", window)
		}
	})
}

func TestWindow_String(t *testing.T) {
	for want, window := range map[string]string{
		"Mon, Sun 22:00–04:00": `{"days": ["Sun", "Mon"], "start": "22:00", "end": "04:00"}`,
		"Wed 00:00–24:00":      `{"days": ["Wed"], "start": "00:00", "end": "24:00"}`,
		"Fri 23:05–24:00":      `{"days": ["Fri"], "start": "23:05", "end": "00:00"}`,
	} {
		t.Run(want, func(t *testing.T) {
			if got := windowOf(t, window).String(); got != want {
				t.Errorf("String() = %s", got)
			}
		})
	}
}

func TestResolve_Window(t *testing.T) {
	t.Run("a wrong window makes no schedule wrong", func(t *testing.T) {
		got := faultsOf(t, withServer(`"window": {"days": ["Sat"], "start": "22:00", "end": "x"}, `+
			`"schedules": [{"name": "s", "expression": "rate(1 day)"}]`))
		if len(got) != 1 {
			t.Errorf("faults = %q, want that of the window alone", got)
		}
	})
}

// Between the minutes that Changes names, nothing changes.
func TestWindow_Changes(t *testing.T) {
	for _, text := range []string{
		`{"days": ["Sat", "Sun"], "start": "22:00", "end": "04:00"}`, `{"days": ["Mon"], "start": "00:00", "end": "24:00"}`,
		`{"days": ["Wed"], "start": "09:30", "end": "17:45"}`,
	} {
		window := windowOf(t, text)
		for day := time.Sunday; day <= time.Saturday; day++ {
			for minute := 1; minute < 24*60; minute++ {
				if window.Covers(day, minute) != window.Covers(day, minute-1) && !slices.Contains(window.Changes(), minute) {
					t.Errorf("%s changes on %s at minute %d, which Changes does not name: %v", text, day, minute, window.Changes())
				}
			}
		}
	}
}
