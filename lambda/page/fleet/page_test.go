package fleet_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/page/fleet"
)

// texts are the texts of a page's elements of a kind, by themselves.
func texts(t *testing.T, page, element string) (all []string) {
	t.Helper()
	document, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for node := range document.Descendants() {
		if node.Type != html.ElementNode || node.Data != element {
			continue
		}
		var text strings.Builder
		for inner := range node.Descendants() {
			if inner.Type == html.TextNode && inner.Parent.Data != "cwdb-action" && inner.Parent.Data != "style" {
				text.WriteString(inner.Data + " ")
			}
		}
		all = append(all, strings.Join(strings.Fields(text.String()), " "))
	}
	return all
}

// What needs somebody comes first; each row says how it stands, what it waits for and since when, and what can be asked.
func TestFleet_Rows(t *testing.T) {
	s, l := eight(t)
	page := shown(t, s, l, console(1200, "light", ""))
	rows := texts(t, page, "tbody")
	for i, want := range []string{
		"compiler-4 ! overdue Maintenance of compiler-4 should have been over Fri 27 Nov 01:14 CET, and is not seen to be. Started Thu 26 Nov " +
			"23:14 CET. Stop Close Plan Hold… ● succeeded Thu 26 Nov 00:14 CET",
		"puppet-01 ? approval needed Maintenance of puppet-01 waits: an operator has to approve it. Waits since Fri 27 Nov 01:14 CET. " +
			"Approve Stop Plan Hold… ● succeeded Thu 26 Nov 00:14 CET",
		"puppet-db ▶ running Maintenance of puppet-db was started. Started Fri 27 Nov 01:34 CET. Stop Plan Hold… " +
			"● succeeded Thu 26 Nov 00:14 CET Fri 27 Nov 22:30 CET (nightly)",
		"automate-06 … waiting automate-06 will be maintained when its window opens, Sat 28 Nov 22:00 CET, in 43h46m. Waits since Fri 27 Nov " +
			"00:14 CET. Start Stop Plan Hold… ● succeeded Thu 26 Nov 00:14 CET Sat 28 Nov 23:00 CET (weekly)",
		"compiler-1 ✕ failed Maintenance of compiler-1 has failed. Plan Start Hold… ✕ failed Thu 26 Nov 00:14 CET",
		"compiler-2 ‖ held Maintenance of compiler-2 is held until Fri 27 Nov 09:14 CET. Held since Fri 27 Nov 01:14 CET. night shift: disk is " +
			"being replaced Plan Start Release ● succeeded Thu 26 Nov 00:14 CET",
		"puppet-02 nothing open Plan Start Hold… ● succeeded Thu 26 Nov 00:14 CET after puppet-01",
		"compiler-3 disabled Plan Hold…",
	} {
		if !strings.HasPrefix(rows[i], want+" Last two weeks:") {
			t.Errorf("row %d:\n got %q\nwant %q", i, rows[i], want)
		}
	}
	if n := len(rows); n != 8 {
		t.Errorf("%d rows", n)
	}
	if head := texts(t, page, "p")[0]; head != "8 servers : 1 overdue, 1 approval needed, 1 running, 1 waiting, 1 failed, 1 held, "+
		"1 nothing open, 1 disabled; 2 of 2 slots taken" {
		t.Errorf("got %q", head)
	}
}

// Of a run in doubt it is said what the doubt is, of one that is asked to end that it is.
func TestFleet_RunsInDoubt(t *testing.T) {
	s, l := eight(t)
	running := l.fleet.Runs[2] // of puppet-db
	for want, change := range map[string]func(*maintenance.Run){
		"! not followed Maintenance of puppet-db cannot be followed: the function's role lacks a permission.": func(r *maintenance.Run) {
			r.Unseen = maintenance.Unseen{Since: now.Add(-20 * time.Minute), Reason: maintenance.ReasonDenied}
		},
		"Not seen since Fri 27 Nov 01:54 CET.": func(r *maintenance.Run) {
			r.Unseen = maintenance.Unseen{Since: now.Add(-20 * time.Minute), Reason: maintenance.ReasonUnavailable}
		},
		"! not followed": func(r *maintenance.Run) {
			r.State, r.Attempt.Unconfirmed = maintenance.RunStarting, "the answer was lost"
		},
		"▶ starting": func(r *maintenance.Run) { r.State = maintenance.RunStarting },
		"▶ running Maintenance of puppet-db is asked to stop.": func(r *maintenance.Run) {
			r.Stop = maintenance.StopRequest{At: now.Add(-time.Minute), By: "x"}
		},
	} {
		run := running
		change(&run)
		l.fleet.Runs[2] = run
		if rows := texts(t, shown(t, s, l, console(600, "light", "")), "tbody"); !slices.ContainsFunc(rows, func(row string) bool {
			return strings.HasPrefix(row, "puppet-db ") && strings.Contains(row, want)
		}) {
			t.Errorf("no %q in %s", want, strings.Join(rows, "\n"))
		}
	}
}

// Each button calls the function's alias with a request about its run, or its server; all that act ask before; what only looks does not.
func TestFleet_Buttons(t *testing.T) {
	s, l := eight(t)
	document, err := html.Parse(strings.NewReader(shown(t, s, l, console(600, "dark", ""))))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for node := range document.Descendants() {
		if node.Data != "cwdb-action" {
			continue
		}
		if before := node.PrevSibling; before == nil || before.Data != "a" {
			t.Fatalf("%s belongs to no link", node.FirstChild.Data)
		}
		attributes := map[string]string{}
		for _, a := range node.Attr {
			attributes[a.Key] = a.Val
		}
		var request map[string]json.RawMessage
		if err := json.Unmarshal([]byte(node.FirstChild.Data), &request); err != nil || len(request) != 1 {
			t.Fatalf("%s: %v", node.FirstChild.Data, err)
		}
		verb := slices.Collect(maps.Keys(request))[0]
		seen[verb] = true
		looks := verb == "plan" || verb == "server" || verb == "hold" && attributes["endpoint"] == self
		if looks != (attributes["confirmation"] == "") {
			t.Errorf("%s asks %q", node.FirstChild.Data, attributes["confirmation"])
		}
		to := operators
		if looks && verb != "plan" {
			to = self
		}
		if attributes["endpoint"] != to || attributes["display"] != "popup" {
			t.Errorf("%s goes to %q", node.FirstChild.Data, attributes)
		}
	}
	for _, verb := range []string{"plan", "start", "stop", "approve", "hold", "release", "close"} {
		if !seen[verb] {
			t.Errorf("no button for %s", verb)
		}
	}
	form := shown(t, s, l, console(600, "dark", `"hold": true, `))
	for _, want := range []string{`{"hold":{}}`, "confirmation='Hold maintenance? all servers'", "value='2026-11-28T01:14:00Z' selected"} {
		if !strings.Contains(form, want) {
			t.Errorf("no %s in %s", want, form)
		}
	}
}

// What is next is the first of the schedules, also beyond the two weeks that are drawn; of one whose time is not known, its expression; of
// one that follows, whom; of one that is disabled nothing.
func TestFleet_Next(t *testing.T) {
	server := func(name, more string) string {
		return `{"name": "` + name + `", "backend": "opsworks-cm", "timezone": "Europe/Berlin", ` + more + `}`
	}
	const monthly = `"schedules": [{"name": "monthly", "expression": "cron(0 3 ? * SUN#3 *)"}`
	s := resolved(t, `{"servers": [`+strings.Join([]string{
		server("a", monthly+`]`), server("b", monthly+`, {"name": "daily", "expression": "cron(0 4 * * ? *)"}]`),
		server("c", `"schedules": [{"name": "often", "expression": "rate(7 days)"}]`), server("d", `"after": "a"`),
		server("e", `"enabled": false, `+monthly+`]`),
	}, ", ")+`]}`)
	records := map[string]maintenance.ServerRecord{"a": {}, "b": {}, "c": {}, "d": {}, "e": {}}
	rows := texts(t, shown(t, s, ledger{fleet: maintenance.Fleet{Servers: records}}, console(600, "light", "")), "tbody")
	for i, want := range []string{" Sun 20 Dec 03:00 CET (monthly) Last", " Fri 27 Nov 04:00 CET (daily) Last", " often: rate(7 days) Last",
		" after a Last", "disabled Plan Hold… Last"} {
		if !strings.Contains(rows[i], want) {
			t.Errorf("%s has no %q", rows[i], want)
		}
	}
}

func TestServer_History(t *testing.T) {
	s, l := eight(t)
	page := shown(t, s, l, console(600, "light", `"server": "automate-06", `))
	rows := texts(t, page, "tr")
	const crossed = "Threshold Crossed: 3 out of the last 5 datapoints were less than the threshold (1.0)."
	for _, want := range []string{
		"Fri 27 Nov 00:14 CET alarm automate-06-health waiting automate-06 will be maintained when its window opens, Sat 28 Nov 22:00 CET, " +
			"in 43h46m. It expires Sun 29 Nov 04:00 CET. " + crossed,
		"Sat 21 Nov 02:14 CET alarm automate-06-health failed Maintenance of automate-06 has failed. It took 20m. " +
			"step Backup: exit 1: no space left on device " + crossed + " execution",
	} {
		if !slices.Contains(rows, want) {
			t.Errorf("no row %q in\n%s", want, strings.Join(rows, "\n"))
		}
	}
	for _, field := range []string{"name='until'", "name='reason'", "name='by'", `{"hold":{"serverName":"automate-06"}}`} {
		if !strings.Contains(page, field) {
			t.Errorf("no %s", field)
		}
	}
}

// Whatever it is asked, and whatever cannot be read, the page answers with a sentence.
func TestPage_Sentences(t *testing.T) {
	s, l := eight(t)
	const denied, unanswered = "read servers: AccessDeniedException", "list runs: no answer"
	unreadable := ledger{fleet: maintenance.Fleet{Err: errors.New(denied)}, err: errors.New(unanswered)}
	for name, c := range map[string]struct {
		ledger  ledger
		payload string
		want    string
	}{
		"no JSON": {l, `x`, "The page was asked with something that is not a JSON object."},
		"a list":  {l, `[1]`, "The page was asked with something that is not a JSON object."},
		"unknown parameter": {l, `{"srever": "a"}`, `The page does not know the parameter "srever". ` +
			`It knows "server", the name of one server.`},
		"several servers": {l, `{"server": ["a", "b"]}`, `The parameter "server" is not one server's name. ` +
			`Give one name, or leave it out for the fleet.`},
		"no name": {l, `{"server": "../x"}`, `"../x" is no server's name.`},
		"unknown server": {ledger{}, `{"server": "nobody-1"}`, "The settings have no server nobody-1, " +
			"and the table of runs knows nothing of it."},
		"no table":             {unreadable, `{}`, "The table of runs could not be read, so what follows is not all: " + denied},
		"no table, a server":   {unreadable, `{"server": "puppet-01"}`, "The table of runs could not be read: " + denied},
		"no history":           {unreadable, `{"server": "puppet-01"}`, "The history could not be read: " + unanswered},
		"a fault of its own":   {ledger{fleet: l.fleet, runs: []maintenance.Run{{ID: "x"}}}, `{"server": "puppet-01"}`, ""},
		"a strange context":    {l, `{"widgetContext": {"width": "wide", "theme": 3}}`, ""},
		"a context that isn't": {l, `{"widgetContext": []}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			page := shown(t, s, c.ledger, c.payload)
			if said := texts(t, page, "p"); c.want != "" && !slices.Contains(said, c.want) {
				t.Errorf("got %q", said)
			}
			if strings.Contains(page, "goroutine") {
				t.Error("a stack is on the page")
			}
		})
	}
	if rows := texts(t, shown(t, s, unreadable, `{}`), "tbody"); len(rows) != 8 || !strings.Contains(rows[0], "? not read") {
		t.Errorf("a table that could not be read is shown as %q", rows)
	}
}

// The console reads the first block as YAML. Whether widgetContext comes along, and what describe's value is, no document says.
func TestPage_Describe(t *testing.T) {
	s, l := eight(t)
	for _, payload := range []string{`{"describe": true}`, `{"describe": ""}`, console(600, "light", `"describe": true, `)} {
		markdown := shown(t, s, l, payload)
		if _, after, found := strings.Cut(markdown, "```yaml\n"); !found || !strings.HasPrefix(after, "server: \"\"\n```") {
			t.Errorf("%s: got %q", payload, markdown)
		}
	}
}

// A page that could not be built says why, to who looks.
func TestNew_Faults(t *testing.T) {
	_, err := fleet.New(func(string) string { return "" }, nil)
	if err == nil {
		t.Fatal("built from nothing")
	}
	out, err := fleet.Unable{Err: err}.Invoke(t.Context(), nil)
	for _, want := range []string{"RUNS_TABLE", "OPERATORS_FUNCTION", "AWS_REGION"} {
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%s is not in %s, %v", want, out, err)
		}
	}
}
