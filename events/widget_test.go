package events_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/events"
)

// context is what the console adds, as the user guide has it (add_custom_widget_dashboard_about), with a form.
func widgetContext(form string) string {
	return fmt.Sprintf(`"widgetContext": {"dashboardName": "opsworks-maintenance", "widgetId": "widget-16", "accountId": "123456789012",
		"locale": "en", "timezone": {"label": "UTC", "offsetISO": "+00:00", "offsetInMinutes": 0}, "period": 300, "isAutoPeriod": true,
		"timeRange": {"mode": "relative", "start": 1627236199729, "end": 1627322599729, "relativeStart": 86400012,
		"zoom": {"start": 1627276030434, "end": 1627282956521}}, "theme": "light", "linkCharts": true, "title": "Fleet",
		"forms": {"all": %s}, "params": {"server": ""}, "width": 588, "height": 369}`, form)
}

// What the console sends for a button is the button's request; what stands in the form belongs to a hold, and no field is taken that a
// request does not have.
func TestFromWidget(t *testing.T) {
	until := time.Date(2026, 11, 28, 1, 14, 0, 0, time.UTC)
	form := `{"until": "2026-11-28T01:14:00Z", "reason": "audit", "by": "anna", "override": "window", "runId": "x", "serverName": "y"}`
	for request, want := range map[string]events.Event{
		`"stop": {"runId": "a-1"}`:          events.Stop{RunID: "a-1"},
		`"start": {"serverName": "a"}`:      events.Start{ServerName: "a"},
		`"plan": {"serverName": "a"}`:       events.Plan{ServerName: "a"},
		`"approve": {"runId": "a-1"}`:       events.Approve{RunID: "a-1", By: "anna"},
		`"release": {}`:                     events.Release{By: "anna"},
		`"hold": {"serverName": "a"}`:       events.Hold{ServerName: "a", Until: until, Reason: "audit", By: "anna"},
		`"hold": {"by": "b", "reason":"c"}`: events.Hold{Until: until, Reason: "c", By: "b"},
	} {
		inner, is := events.FromWidget([]byte("{" + request + ", " + widgetContext(form) + "}"))
		got, err := events.Decode(inner)
		if err != nil || !is || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v", request, got, err)
		}
		plain := []byte("{" + request + "}")
		if same, is := events.FromWidget(plain); is || string(same) != string(plain) {
			t.Errorf("%s came from no widget, and is %s", request, same)
		}
	}
	empty, _ := events.FromWidget([]byte(`{"hold": {}, ` + widgetContext(`{"until": "", "reason": "", "by": ""}`) + `}`))
	if got, err := events.Decode(empty); err != nil || got != (events.Hold{}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// What AWS sends is no widget's, whatever stands in it; what is wrong stays wrong.
func TestFromWidget_Others(t *testing.T) {
	for _, payload := range []string{
		`{"source": "aws.events", "detail-type": "Scheduled Event", "widgetContext": {}}`,
		`{"alarm": "widgetContext"}`, `{"hold": {"reason": "\"widgetContext\""}}`, `["widgetContext"]`, `{"widgetContext": `,
		`{"hold": {}, "hold": {}, "widgetContext": {}}`, `{"sweep": true}`,
	} {
		if got, is := events.FromWidget([]byte(payload)); is || string(got) != payload {
			t.Errorf("%s is %s", payload, got)
		}
	}
	for payload, want := range map[string]string{
		`{"hold": {"untl": "x"}, "widgetContext": {}}`:                               `unknown field "untl"`,
		`{"hold": {}, "widgetContext": {"forms": {"all": {"until": "tomorrow"}}}}`:   `until "tomorrow" is not a time`,
		`{"hold": {}, "widgetContext": {"forms": {"all": {"reason": ["a", "b"]}}}}`:  "reason has a wrong type",
		`{"stop": {"runId": "a-1"}, "start": {"runId": "a-1"}, "widgetContext": {}}`: "unknown field",
	} {
		inner, is := events.FromWidget([]byte(payload))
		if _, err := events.Decode(inner); !is || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", payload, err)
		}
	}
}
