package maintenance_test

import (
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// weekend is open all Saturday and Sunday; a day has the minutes 0 to 1439 and no other.
type weekend struct{}

func (weekend) Covers(day time.Weekday, minute int) bool {
	return (day == time.Saturday || day == time.Sunday) && minute < 24*60
}

func TestWindow_StaysOpenOverMidnight(t *testing.T) {
	w := maintenance.Window{Hours: weekend{}}
	if closes, want := w.Closes(now), time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC); !closes.Equal(want) {
		t.Errorf("open on both days of the weekend, it closes %s, want %s", closes, want)
	}
}
