package function_test

import (
	"encoding/json"
	"strings"
	"testing"

	"opsworks-maintenance/lambda/maintenance"
)

// A button of the page is answered with a sentence, as HTML in which a reason stays text; the same request without widgetContext gets the
// JSON that it always got.
func TestHandler_Widget(t *testing.T) {
	const attack = `<img src=x onerror=alert(1)>`
	for request, want := range map[string]string{
		`"start": {"serverName": "automate-06"}`: "<p><b>started</b>. Maintenance of automate-06 was started.",
		`"hold": {}`:                             "<p><b>held</b>. ",
		`"plan": {"serverName": "automate-06"}`:  "<p><b>automate-06</b>: what would happen now.",
		`"nonsense": {}`:                         "<p><b>ignored</b>. ",
		`"stop": {"runId": "a b"}`:               "<p><b>refused</b>. ",
		`"status": {}`:                           `<pre>{"version":"v2"`,
	} {
		f := newFixture(t)
		context := `"widgetContext": {"forms": {"all": {"reason": ` + string(quoted(t, attack)) + `}}}`
		body := f.answer(t, operatorsARN, []byte("{"+request+", "+context+"}"))
		var html string
		if err := json.Unmarshal(body, &html); err != nil {
			t.Fatalf("%s: %v in %s", request, err, body)
		}
		if strings.Contains(html, "<img") || !strings.HasPrefix(html, want) {
			t.Errorf("%s: got %s", request, html)
		}
		if strings.HasPrefix(request, `"hold"`) && (len(f.runner.holds) != 1 || f.runner.holds[0].Reason != attack) {
			t.Errorf("held %+v", f.runner.holds)
		}
		var object map[string]any
		if plain := f.answer(t, operatorsARN, []byte("{"+request+"}")); json.Unmarshal(plain, &object) != nil {
			t.Errorf("%s: without a widget got %s", request, plain)
		}
	}
}

// A plan says in words what the open run waits for; of a name that is none, that it is none.
func TestHandler_WidgetPlan(t *testing.T) {
	waits := maintenance.Run{ID: "automate-06-1", ServerName: "automate-06", State: maintenance.RunWaiting, Zone: "Europe/Berlin",
		Wait: maintenance.Wait{Reason: maintenance.ReasonConcurrencyLimit, Figures: maintenance.Figures{Most: 2}}}
	for request, want := range map[string]string{
		`{"serverName": "automate-06"}`: "<p>Maintenance of automate-06 waits: the concurrency limit (2) is reached.</p>",
		`{"serverName": "a b"}`:         "<p><b>refused</b>. ",
	} {
		f := newFixture(t)
		f.runner.planned = maintenance.Plan{ServerName: "automate-06", Run: waits}
		var html string
		if err := json.Unmarshal(f.answer(t, operatorsARN, []byte(`{"plan": `+request+`, "widgetContext": {}}`)), &html); err != nil ||
			!strings.Contains(html, want) || strings.Contains(html, "<b></b>") {
			t.Errorf("%s: got %s, %v", request, html, err)
		}
	}
}

// A hold's sentence names who is at work; nothing names them again.
func TestHandler_WidgetHold(t *testing.T) {
	f := newFixture(t)
	f.runner.atWork = []maintenance.Run{{ID: "automate-06-1", ServerName: "automate-06"}}
	request := `{"hold": {"until": "2026-11-29T01:14:00Z"}, "widgetContext": {}}`
	const want = "<p><b>held</b>. Maintenance of all servers is held until Sun 29 Nov 01:14 UTC.</p>" // the double's, which has no detail
	var html string
	if err := json.Unmarshal(f.answer(t, operatorsARN, []byte(request)), &html); err != nil || html != want {
		t.Errorf("got %s, %v", html, err)
	}
}

// widgetContext opens no other door: on the function itself an operator's request is refused with it as without.
func TestHandler_WidgetEntrance(t *testing.T) {
	f := newFixture(t)
	f.answer(t, functionARN, []byte(`{"start": {"serverName": "automate-06"}, "widgetContext": {}}`))
	if f.runner.touched() || len(f.runner.refusals) != 1 || f.runner.refusals[0].Reason != maintenance.ReasonInvalidRequest {
		t.Errorf("asked %+v", f.runner)
	}
}

func quoted(t *testing.T, text string) []byte {
	t.Helper()
	b, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
