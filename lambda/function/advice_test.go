package function_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"opsworks-maintenance/lambda/function"
	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/maintenance"
)

// What people are told comes true if they do as it says, or nothing.
func TestAdvice(t *testing.T) {
	close := func(r *harness, id string) string {
		return r.responses(r.invoke(operatorsARN, aboutRun("close", id)))[0].Message
	}
	for name, c := range map[string]struct {
		settings string
		do       func(t *testing.T, r *harness)
	}{
		"a window that opens after the run expires": {opensTooLate, func(t *testing.T, r *harness) {
			r.event(r.rings(), "waiting outside-window")
			r.holds("it starts nothing, and expires ")
			r.passes(10 * time.Hour)
			if n := r.starts(); n > 0 {
				t.Errorf("%d starts", n)
			}
		}},
		"a request that is refused while a run waits": {opensSoon, func(t *testing.T, r *harness) {
			id := r.event(r.rings(), "waiting outside-window")
			r.operator(aboutRun("start", id), "refused outside-window")
			r.holds("this request starts nothing")
			r.passes(40 * time.Minute)
			if n := r.starts(); n != 1 {
				t.Errorf("%d starts", n)
			}
		}},
		"a run that expired with its window": {`, "window": {"days": ["Sat"], "start": "00:00", "end": "04:00"}, "approval": ["alarm"]`,
			func(t *testing.T, r *harness) {
				r.event(r.rings(), "waiting approval-needed")
				r.passes(4*time.Hour + time.Minute)
				r.notified("waiting approval-needed", "missed approval-needed")
				r.holds("opsm plan -server ")
				if said := r.last(); strings.Contains(said, "opsm start ") { // its window is closed
					t.Error(said)
				}
			}},
		"a start of which nothing was seen": {"", func(t *testing.T, r *harness) {
			r.faultStart(simulator.WorkThenDrop, 0)
			r.faultLooks(denied, 1)
			id := r.event(r.rings(), "error start-unconfirmed")
			until := r.open().Attempt.Claimed.Add(10 * time.Minute)
			r.passes(3 * time.Minute)
			if said, want := close(r, id), "can be given up from "+until.Format("Mon 2 Jan 15:04"); !strings.Contains(said, want) {
				t.Errorf("%s\nwant %s", said, want)
			}
			r.passes(8 * time.Minute)
			r.operator(aboutRun("close", id), "failed closed-by-hand")
		}},
		"a run that cannot be followed": {"", func(t *testing.T, r *harness) {
			r.faultLooks(denied, 1)
			id := r.event(r.rings(), "started")
			r.passes(6 * time.Minute)
			until := r.open().Unseen.Since.Add(10 * time.Minute)
			if said, want := close(r, id), "can be given up from "+until.Format("Mon 2 Jan 15:04"); !strings.Contains(said, want) {
				t.Errorf("%s\nwant %s", said, want)
			}
			r.passes(10 * time.Minute)
			r.operator(aboutRun("close", id), "failed closed-by-hand")
		}},
		"a request that came before what was in its way had gone": {"", func(t *testing.T, r *harness) {
			start := `{"start": {"serverName": "` + contractServer + `", "key": "page-1"}}`
			r.operator(`{"hold": {"serverName": "`+contractServer+`"}}`, "held held")
			r.operator(start, "refused held")
			r.operator(`{"release": {"serverName": "`+contractServer+`"}}`, "released")
			if said := r.responses(r.invoke(operatorsARN, start))[0].Message; !strings.Contains(said, "A new request has a key of its own") {
				t.Error(said)
			}
		}},
		"the fleet's hold ran out, a server's goes on": {"", func(t *testing.T, r *harness) {
			r.heldFor("", time.Hour)
			r.heldFor(`"serverName": "`+contractServer+`", `, 8*time.Hour)
			r.passes(70 * time.Minute)
			r.holds("The hold on maintenance of all servers ran out.")
			r.operator(startByName, "refused held")
		}},
		"a server's hold ran out, the fleet's goes on": {"", func(t *testing.T, r *harness) {
			r.heldFor("", 8*time.Hour)
			r.heldFor(`"serverName": "`+contractServer+`", `, time.Hour)
			r.passes(70 * time.Minute)
			r.holds("The hold on maintenance of " + contractServer + " ran out.")
			r.operator(startByName, "refused held")
		}},
		"more refusals than are told": {"", func(t *testing.T, r *harness) {
			for i := range 52 {
				r.invoke(functionARN, r.alarm(fmt.Sprintf("stranger-%d", i), "ALARM"))
			}
			_, filter, _ := strings.Cut(r.last(), "$3FfilterPattern$3D$2522")
			if word, _, ok := strings.Cut(filter, "$2522"); !ok || strings.Count(r.output.String(), `"`+word+`"`) < 50 {
				t.Errorf("the log has no %q, for which it is to be searched", word)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { c.do(t, newHarness(t, systemsManager(t, "chef-automate", 0), c.settings)) })
		})
	}
}

// heldFor holds a server or the fleet for so long.
func (r *harness) heldFor(whom string, long time.Duration) {
	r.operator(`{"hold": {`+whom+`"until": "`+time.Now().Add(long).UTC().Format(time.RFC3339)+`"}}`, "held held")
}

// The log that a message leads to is where Lambda says that it is.
func TestNew_LogGroup(t *testing.T) {
	var sent string
	sns := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		sent = q.FormValue("Message")
		_, _ = io.WriteString(w, `<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>`)
	}))
	defer sns.Close()
	env := map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_LAMBDA_FUNCTION_NAME": "opsworks-maintenance",
		"TOPIC_ARN": textTopic, "SETTINGS_FILE": function.ResolvedFile(t, "../../testdata/settings.json"), "RUNS_TABLE": "runs",
		"AWS_ENDPOINT_URL": sns.URL, "AWS_LAMBDA_LOG_GROUP_NAME": "company/logs",
	}
	h, err := function.New(func(name string) string { return env[name] }, slog.New(slog.DiscardHandler), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	report := maintenance.Report{Outcome: maintenance.OutcomeRefused, Reason: maintenance.ReasonInvalidEvent, RunID: "event-x", At: time.Now()}
	if err := h.Runner.(*maintenance.Runner).Notifier.Publish(t.Context(), maintenance.TopicText, report); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(sent, "log-group/company$252Flogs/log-events") {
		t.Error(sent)
	}
}
