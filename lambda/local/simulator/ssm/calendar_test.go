package ssm_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"opsworks-maintenance/lambda/local/simulator/simulatortest"
	"opsworks-maintenance/lambda/local/simulator/ssm"
)

func TestService_GetCalendarState(t *testing.T) {
	s := newService(t, ssm.Config{})
	at := func(hour int) time.Time { return time.Date(2126, 11, 23, hour, 0, 0, 0, time.UTC) } // ahead of every clock
	s.SetCalendar("always", true, time.Time{})
	s.SetCalendar("closes-at-6", true, at(6))
	s.SetCalendar("opens-at-4", false, at(4))
	client := newClient(t, s, 1)

	for name, test := range map[string]struct {
		calendars   []string
		at          string
		state, next string
	}{
		"open for good": {[]string{"always"}, "", "OPEN", ""},
		"now":           {[]string{"closes-at-6"}, "", "OPEN", "2126-11-23T06:00:00Z"},
		"by ARN": {[]string{"arn:aws:ssm:us-east-1:123456789012:document/opens-at-4"}, "", "CLOSED",
			"2126-11-23T04:00:00Z"},
		"at its very change": {[]string{"opens-at-4"}, "2126-11-23T04:00:00Z", "OPEN", ""},
		"just before":        {[]string{"opens-at-4"}, "2126-11-23T04:59:59+01:00", "CLOSED", "2126-11-23T04:00:00Z"},
		"one closed of several": {[]string{"always", "closes-at-6", "opens-at-4"}, "2126-11-23T03:00:00Z", "CLOSED",
			"2126-11-23T04:00:00Z"},
		"all open":                     {[]string{"always", "closes-at-6", "opens-at-4"}, "2126-11-23T05:00:00Z", "OPEN", "2126-11-23T06:00:00Z"},
		"one closed again":             {[]string{"closes-at-6", "opens-at-4"}, "2126-11-23T06:00:00Z", "CLOSED", ""},
		"a date and time without zone": {[]string{"closes-at-6"}, "2126-11-23T05:59:59", "OPEN", "2126-11-23T06:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			in := &sdk.GetCalendarStateInput{CalendarNames: test.calendars}
			if test.at != "" {
				in.AtTime = aws.String(test.at)
			}
			got, err := client.GetCalendarState(t.Context(), in)
			must(t, err)
			if string(got.State) != test.state || aws.ToString(got.NextTransitionTime) != test.next {
				t.Errorf("%s until %q", got.State, aws.ToString(got.NextTransitionTime))
			}
			if test.at != "" && *got.AtTime != test.at {
				t.Errorf("at %s", *got.AtTime)
			}
			if _, err := time.Parse(time.RFC3339, *got.AtTime); test.at == "" && err != nil {
				t.Errorf("at %v", err)
			}
		})
	}
}

func TestService_GetCalendarState_Errors(t *testing.T) {
	s := newService(t, ssm.Config{})
	s.SetCalendar("always", true, time.Time{})
	s.BreakCalendar("broken")
	client := newClient(t, s, 1)
	ask := func(at *string, names ...string) error {
		_, err := client.GetCalendarState(t.Context(), &sdk.GetCalendarStateInput{CalendarNames: names, AtTime: at})
		return err
	}
	simulatortest.WantType[*types.InvalidDocument](t, ask(nil, "always", "nobody"))
	simulatortest.WantType[*types.InvalidDocumentType](t, ask(nil, "maintain-chef"))
	simulatortest.WantType[*types.UnsupportedCalendarException](t, ask(nil, "broken"))
	post(t, s, "GetCalendarState", `{"CalendarNames":[]}`).Has(t, "ValidationException")
	simulatortest.WantCode(t, ask(aws.String("tomorrow"), "always"), "ValidationException")
}
