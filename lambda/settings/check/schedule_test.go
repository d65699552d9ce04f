package check_test

import (
	"strings"
	"testing"
)

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
