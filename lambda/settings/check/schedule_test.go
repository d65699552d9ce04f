package check_test

import (
	"strings"
	"testing"
)

func withSchedule(expression, more string) string {
	return withServer(`"schedules": [{"name": "s", "expression": "` + expression + `"` + more + `}]`)
}

// The expressions of the EventBridge user guide (Cron expressions reference,
// Setting a schedule pattern) and of the Scheduler user guide (Schedule types).
func TestResolve_ExpressionsOfTheDocumentation(t *testing.T) {
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
			if got := faultsOf(t, withSchedule(expression, "")); got != nil {
				t.Errorf("faults = %q, want none", got)
			}
		})
	}
}

func TestResolve_Expressions(t *testing.T) {
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
		checkFaults(t, []faultCase{{expression, withSchedule(expression, ""),
			[]string{`servers[0].schedules[0].expression: "` + expression + `" ` + want}}})
	}
}

func TestResolve_ScheduleOutsideItsWindow(t *testing.T) {
	const night = `{"days": ["Sat", "Sun"], "start": "22:00", "end": "04:00"}`
	const weekend = `{"days": ["Sat", "Sun"], "start": "00:00", "end": "24:00"}`
	for _, test := range []struct {
		name, window, expression, flexible string
		want                               string // "": inside
	}{
		{"in the evening of an opening day", night, "cron(0 23 ? * SAT *)", "", ""},
		{"in the first and the last minutes", night, "cron(0,59 22,3 ? * SUN *)", "", ""},
		{"by a range of days that passes the week's end", night, "cron(0 23 ? * SAT-SUN *)", "", ""},
		{"by a range of days that passes it too far", night, "cron(0 23 ? * SAT-MON *)", "", "can fire on Mon 23:00"},
		{"by hours past midnight, in the night before", night, "cron(0 22-2 ? * SAT *)", "", "can fire on Sat 00:00"},
		{"by hours past midnight, in the night after", `{"days": ["Sat"], "start": "00:00", "end": "24:00"}`,
			"cron(0 22-2 ? * SAT *)", "", "can fire on Sun 00:00"},
		{"by hours past midnight, with both nights open", `{"days": ["Fri", "Sat", "Sun"], "start": "22:00", "end": "04:00"}`,
			"cron(0 22-2 ? * SAT *)", "", ""},
		{"in the night after an opening day", night, "cron(30 3 ? * MON *)", "", ""},
		{"in the night before an opening day", night, "cron(30 3 ? * SAT *)", "", "can fire on Sat 03:30"},
		{"at the minute the window ends", night, "cron(0 4 ? * SUN *)", "", "can fire on Sun 04:00"},
		{"on another day", night, "cron(0 3 ? * TUE *)", "", "can fire on Tue 03:00"},
		{"on the first of the month", night, "cron(0 23 1 * ? *)", "", "can fire on Mon 23:00"},
		{"on a working day of the month", night, "cron(0 3 15W * ? *)", "", "can fire on Tue 03:00"},
		{"on the last Sunday", night, "cron(0 23 ? * 1L *)", "", ""},
		{"on the second Tuesday", night, "cron(0 23 ? * 3#2 *)", "", "can fire on Tue 23:00"},
		{"on the last day of the week", night, "cron(0 23 ? * L *)", "", ""},
		{"by steps that leave the window", night, "cron(0/20 22/1 ? * SAT *)", "", ""},
		{"by hours that leave the window", night, "cron(0 20/1 ? * SAT *)", "", "can fire on Sat 20:00"},
		{"flexible to the last minute", night, "cron(0 23 ? * SAT *)", "4h59m", ""},
		{"flexible past the end", night, "cron(0 23 ? * SAT *)", "5h",
			"can fire on Sun 04:00 (due Sat 23:00, flexible by 300 minutes)"},
		{"flexible on a Sunday, past the end on Monday", night, "cron(0 23 ? * SUN *)", "24h",
			"can fire on Mon 04:00 (due Sun 23:00, flexible by 1440 minutes)"},
		{"flexible from one whole day into the next", weekend, "cron(0 12 ? * SAT *)", "24h", ""},
		{"flexible out of the last whole day", weekend, "cron(0 0 ? * SUN *)", "24h",
			"can fire on Mon 00:00 (due Sun 00:00, flexible by 1440 minutes)"},
		{"once, on a Saturday", night, "at(2026-11-28T23:00:00)", "", ""},
		{"once, on a Monday", night, "at(2026-11-30T23:00:00)", "", "can fire on Mon 23:00"},
		{"a rate", night, "rate(7 days)", "", "cannot be kept inside"},
		{"a rate while it is always open", `{"days": ["Mon","Tue","Wed","Thu","Fri","Sat","Sun"], "start": "00:00", "end": "24:00"}`,
			"rate(7 days)", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			flexible := ""
			if test.flexible != "" {
				flexible = `, "flexible": "` + test.flexible + `"`
			}
			got := faultsOf(t, withServer(`"window": `+test.window+`, "schedules": [{"name": "s", "expression": "`+
				test.expression+`"`+flexible+`}]`))
			var want []string
			switch {
			case strings.HasPrefix(test.want, "cannot"):
				want = []string{"servers[0].schedules[0].expression: \"" + test.expression + "\" cannot be kept inside the window " +
					"Sat, Sun 22:00–04:00: its time of day depends on when it was created; write cron(…)"}
			case test.want != "":
				window := "Sat, Sun 22:00–04:00"
				switch {
				case test.window == weekend:
					window = "Sat, Sun 00:00–24:00"
				case test.window != night:
					window = "Sat 00:00–24:00"
				}
				want = []string{"servers[0].schedules[0].expression: \"" + test.expression + "\" " + test.want +
					", outside the window " + window + "; move the schedule or the window"}
			}
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("faults:\n%q\nwant:\n%q", got, want)
			}
		})
	}
}

func TestResolve_Schedules(t *testing.T) {
	two := func(first, second string) string {
		return `{"servers": [{"name": "a", "backend": "ssm", "runbook": "Maintain", ` + first + `},
			{"name": "b", "backend": "ssm", "runbook": "Maintain", ` + second + `}]}`
	}
	const weekly = `"schedules": [{"name": "weekly", "expression": "rate(7 days)", "flexible": "60m"}]`
	checkFaults(t, []faultCase{
		{"nothing is given", withServer(`"schedules": [{}]`), []string{
			"servers[0].schedules[0].name: is missing; give the schedule a name",
			"servers[0].schedules[0].expression: is missing; write cron(…), rate(…) or at(…)"}},
		{"a key with a slip", withServer(`"schedules": [{"name": "s", "expresion": "rate(1 day)"}]`), []string{
			`servers[0].schedules[0].expresion: "expresion" is not a known key; did you mean "expression"?`,
			"servers[0].schedules[0].expression: is missing; write cron(…), rate(…) or at(…)"}},
		{"a name of 65 letters", withServer(`"schedules": [{"name": "` + strings.Repeat("a", 65) + `", "expression": "rate(1 day)"}]`),
			[]string{`servers[0].schedules[0].name: "` + strings.Repeat("a", 60) +
				`"… is not the name of a schedule; write 1 to 64 letters, digits, dots, dashes and underscores`}},
		{"a name twice on one server", withServer(`"schedules": [{"name": "s", "expression": "rate(1 day)"}, ` +
			`{"name": "s", "expression": "rate(1 day)"}]`),
			[]string{`servers[0].schedules[1].name: "s" is the same as that of item 0; give it another`}},
		{"flexible by part of a minute", withSchedule("rate(1 day)", `, "flexible": "90s"`), []string{
			`servers[0].schedules[0].flexible: "90s" is not possible; write whole minutes, 1m to 24h`}},
		{"flexible by more than a day", withSchedule("rate(1 day)", `, "flexible": "1d1m"`), []string{
			`servers[0].schedules[0].flexible: "1d1m" is not possible; write whole minutes, 1m to 24h`}},
		{"a schedule that two servers share", two(weekly, strings.ReplaceAll(weekly, "60m", "1h")), nil},
		{"a shared schedule at another time", two(weekly, strings.ReplaceAll(weekly, "7 days", "8 days")), []string{
			`servers[1].schedules[0]: schedule "weekly" has another expression at servers[0].schedules[0]; ` +
				"make them equal or give this one another name"}},
		{"a shared schedule in another zone", two(weekly, weekly+`, "timezone": "Europe/Berlin"`), []string{
			`servers[1].schedules[0]: schedule "weekly" has another timezone at servers[0].schedules[0]; ` +
				"make them equal or give this one another name"}},
		{"a shared schedule of other flexibility", two(weekly, strings.ReplaceAll(weekly, "60m", "59m")), []string{
			`servers[1].schedules[0]: schedule "weekly" has another flexible at servers[0].schedules[0]; ` +
				"make them equal or give this one another name"}},
	})
}
