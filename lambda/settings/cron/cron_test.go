package cron_test

import (
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // the zones must not depend on the machine

	"opsworks-maintenance/lambda/settings/cron"
)

// The expressions of the EventBridge user guide (Cron expressions reference,
// Setting a schedule pattern) and of the Scheduler user guide (Schedule types).
func TestParse_ExpressionsOfTheDocumentation(t *testing.T) {
	for _, expression := range []string{
		"cron(0 10 * * ? *)", "cron(15 12 * * ? *)", "cron(0 18 ? * MON-FRI *)", "cron(0 8 1 * ? *)",
		"cron(0/15 * * * ? *)", "cron(0/10 * ? * MON-FRI *)", "cron(0/5 8-17 ? * MON-FRI *)",
		"cron(0/30 20-2 ? * MON-FRI *)", "cron(0 9 ? * 2#1 *)", "cron(15 10 ? * 6L 2022-2023)",
		"cron(0 12 3W * ? *)", "cron(0 12 L * ? *)", "cron(0 21 LW * ? *)", "cron(0 12 L-3 * ? *)",
		"cron(0 12 ? * L *)", "cron(0 12 ? JAN,FEB,MAR mon *)", "cron(*/5 */2 1-15/2 1/3 ? 1970-2199/2)",
		"cron(0 2 ? * FRI#5 *)", "cron(0 0 29 2 ? *)", "cron(0 1 ? NOV-FEB SAT-SUN *)", "cron(0 0 30,31 FEB,MAR ? *)",
		"rate(1 minute)", "rate(5 minutes)", "rate(1 hour)", "rate(7 days)",
		"at(2022-11-20T13:00:00)", "at(2024-02-29T23:59:59)",
	} {
		t.Run(expression, func(t *testing.T) {
			if _, err := cron.Parse(expression); err != nil {
				t.Errorf("it %v", err)
			}
		})
	}
}

func TestParse_Expressions(t *testing.T) {
	const rate = "; write for example rate(1 hour) or rate(7 days)"
	const neither = "is not a schedule expression; write cron(…), rate(…) or at(…)"
	for expression, want := range map[string]string{
		"":                             neither,
		"every day":                    neither,
		"cron(0 1 ? * SUN *":           neither,
		"Cron(0 1 ? * SUN *)":          neither,
		" rate(1 hour)":                neither,
		"cron()":                       "has 0 fields; cron has six: minute hour day-of-month month day-of-week year",
		"cron(0 1 * * *)":              "has 5 fields; cron has six: minute hour day-of-month month day-of-week year",
		"cron(0 1 ? * ? *)":            "has ? for day-of-month and for day-of-week; give one of them",
		"cron(0 1 * * * *)":            "gives day-of-month and day-of-week; put ? for one of them",
		"cron(60 1 ? * SUN *)":         `has "60" for minute; write 0 to 59`,
		"cron(0 24 ? * SUN *)":         `has "24" for hour; write 0 to 23`,
		"cron(0 -1 ? * SUN *)":         `has "-1" for hour; write 0 to 23`,
		"cron(0 1, ? * SUN *)":         `has "1," for hour; write 0 to 23`,
		"cron(? 1 ? * SUN *)":          `has "?" for minute; write 0 to 59`,
		"cron(0 *,3 ? * SUN *)":        `has "*,3" for hour; * stands alone`,
		"cron(0/0 1 ? * SUN *)":        `has "0/0" for minute; after / write 1 to 59`,
		"cron(0/60 1 ? * SUN *)":       `has "0/60" for minute; after / write 1 to 59`,
		"cron(/5 1 ? * SUN *)":         `has "/5" for minute; write 0 to 59`,
		"cron(0 1 32 * ? *)":           `has "32" for day-of-month; write 1 to 31`,
		"cron(0 1 0 * ? *)":            `has "0" for day-of-month; write 1 to 31`,
		"cron(0 1 32W * ? *)":          `has "32W" for day-of-month; before W write one day, 1 to 31`,
		"cron(0 1 1,15W * ? *)":        `has "1,15W" for day-of-month; before W write one day, 1 to 31`,
		"cron(0 1 L-31 * ? *)":         `has "L-31" for day-of-month; after L- write 1 to 30`,
		"cron(0 1 1,L * ? *)":          `has "1,L" for day-of-month; write 1 to 31`,
		"cron(0 1 30 FEB ? *)":         `has "30" for day-of-month; no such day is in the given months, so it would never fire`,
		"cron(0 1 31 4,6,9,11 ? *)":    `has "31" for day-of-month; no such day is in the given months, so it would never fire`,
		"cron(0 1 ? 13 SUN *)":         `has "13" for month; write 1 to 12 or JAN to DEC`,
		"cron(0 1 ? * 0 *)":            `has "0" for day-of-week; write 1 to 7 or SUN to SAT`,
		"cron(0 1 ? * 8 *)":            `has "8" for day-of-week; write 1 to 7 or SUN to SAT`,
		"cron(0 1 ? * SUNDAY *)":       `has "SUNDAY" for day-of-week; write 1 to 7 or SUN to SAT`,
		"cron(0 1 ? * 1/2 *)":          `has "1/2" for day-of-week; it takes no steps; list the days`,
		"cron(0 1 ? * 2#6 *)":          `has "2#6" for day-of-week; write one day # 1 to 5, and nothing else`,
		"cron(0 1 ? * 3#1,6#3 *)":      `has "3#1,6#3" for day-of-week; write one day # 1 to 5, and nothing else`,
		"cron(0 1 ? * 8#1 *)":          `has "8#1" for day-of-week; before # or L write one day, 1 to 7 or SUN to SAT`,
		"cron(0 1 ? * MON,FRIL *)":     `has "MON,FRIL" for day-of-week; before # or L write one day, 1 to 7 or SUN to SAT`,
		"cron(0 1 ? * SUN 1969)":       `has "1969" for year; write 1970 to 2199`,
		"cron(0 1 ? * SUN 2200)":       `has "2200" for year; write 1970 to 2199`,
		"cron(0 1 ? * SUN 2030-2029)":  `has "2030-2029" for year; the range runs backwards`,
		"rate()":                       "is not a number and a unit" + rate,
		"rate(1h)":                     "is not a number and a unit" + rate,
		"rate(0 hours)":                `has "0" for a number of at least 1` + rate,
		"rate(+1 hour)":                `has "+1" for a number of at least 1` + rate,
		"rate(1 week)":                 `has "week" for a unit of minutes, hours or days` + rate,
		"rate(1 minutes)":              "must say 1 minute",
		"rate(2 minute)":               "must say 2 minutes",
		"at(2026-02-30T00:00:00)":      "has no date and time as in at(2026-11-30T22:00:00)",
		"at(2026-02-03)":               "has no date and time as in at(2026-11-30T22:00:00)",
		"at(2026-02-03T00:00:00.5)":    "has no date and time as in at(2026-11-30T22:00:00)",
		"at(2026-02-03T00:00:00Z)":     "has no date and time as in at(2026-11-30T22:00:00)",
		"cron(99999999999 1 ? * 1 *)":  `has "99999999999" for minute; write 0 to 59`,
		"cron(0 1-2-3 ? * SUN *)":      `has "1-2-3" for hour; write 0 to 23`,
		"cron(0 1 ? * SUN-MON,X *)":    `has "SUN-MON,X" for day-of-week; write 1 to 7 or SUN to SAT`,
		"cron(0 1/2/3 ? * SUN *)":      `has "1/2/3" for hour; after / write 1 to 23`,
		"cron(0 1 ? * SUN *)cron(0 1)": `has 7 fields; cron has six: minute hour day-of-month month day-of-week year`,
	} {
		if _, err := cron.Parse(expression); err == nil || err.Error() != want {
			t.Errorf("%s %v, want %s", expression, err, want)
		}
	}
}

func TestFiring_FiresAfter(t *testing.T) {
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
			zone, err := time.LoadLocation(tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			firing, err := cron.Parse(tt.expression)
			if err != nil {
				t.Fatal(err)
			}
			if got := firing.FiresAfter(now.In(zone)); got != tt.fires {
				t.Errorf("fires: %t", got)
			}
		})
	}
}

// What may be meant for the day after midnight comes first, once as the day after and once as the same day.
func TestFiring_Week(t *testing.T) {
	for expression, want := range map[string]string{
		"cron(0,30 22 ? * SAT *)": "Sat 22:00 Sat 22:30 ",
		"cron(0 23-1 ? * SAT *)":  "Sun 00:00 Sun 01:00 Sat 00:00 Sat 01:00 Sat 23:00 ",
		"at(2026-11-30T22:15:00)": "Mon 22:15 ",
		"rate(1 day)":             "",
	} {
		firing, err := cron.Parse(expression)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for day, minute := range firing.Week() {
			got += time.Date(2026, 11, 22+int(day), 0, minute, 0, 0, time.UTC).Format("Mon 15:04 ")
		}
		if got != want || firing.Drifts() != (want == "") {
			t.Errorf("%s: %s, want %s", expression, got, want)
		}
	}
}

// A schedule fires by the clock of its place: in an hour that is skipped it does not, and in one that comes twice, once.
func TestFiring_Between(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for expression, c := range map[string]struct {
		from string
		want []string
	}{
		"cron(0 23 ? * SAT *)":     {"2026-11-27T02:14", []string{"2026-11-28T23:00", "2026-12-05T23:00"}},
		"cron(30 2 * 3 ? *)":       {"2026-03-28T00:00", []string{"2026-03-28T02:30", "2026-03-30T02:30", "2026-03-31T02:30"}},
		"cron(30 2 25,26 10 ? *)":  {"2026-10-24T00:00", []string{"2026-10-25T02:30", "2026-10-26T02:30"}},
		"cron(0 23-1 ? * FRI#4 *)": {"2026-11-27T02:14", []string{"2026-11-27T23:00", "2026-11-28T00:00", "2026-11-28T01:00"}},
		"cron(0 1 L * ? *)":        {"2026-11-27T02:14", []string{"2026-11-30T01:00"}},
		"cron(0 0 1 1 ? 2027)":     {"2026-11-27T02:14", nil},
		"at(2026-12-01T03:00:00)":  {"2026-11-27T02:14", []string{"2026-12-01T03:00"}},
		"at(2026-11-27T02:13:00)":  {"2026-11-27T02:14", nil},
		"rate(7 days)":             {"2026-11-27T02:14", []string{"uncertain"}},
		"cron(0 12 3W * ? *)":      {"2026-11-27T02:14", []string{"uncertain"}},
	} {
		t.Run(expression, func(t *testing.T) {
			const layout = "2006-01-02T15:04"
			from, err := time.ParseInLocation(layout, c.from, berlin)
			if err != nil {
				t.Fatal(err)
			}
			firing, err := cron.Parse(expression)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			times, certain := firing.Between(from, from.AddDate(0, 0, 14), 4)
			for _, at := range times {
				got = append(got, at.Format(layout))
			}
			if !certain {
				got = []string{"uncertain"}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
