package function_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// emf is a line in the embedded metric format.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
type emf struct {
	AWS struct {
		Timestamp         int64
		CloudWatchMetrics []struct {
			Namespace  string
			Dimensions [][]string
			Metrics    []struct{ Name, Unit string }
		}
	} `json:"_aws"`
}

// measured are the values of one metric, each after the value of its second dimension. Every metric must have the dimension Stack, and
// every dimension and metric that a line declares a value.
func (f fixture) measured(t testing.TB, name string) (all []string) {
	t.Helper()
	for line := range strings.Lines(f.metrics.String()) {
		var declared emf
		var values map[string]any
		if err := errors.Join(json.Unmarshal([]byte(line), &declared), json.Unmarshal([]byte(line), &values)); err != nil {
			t.Fatal(err)
		}
		for _, d := range declared.AWS.CloudWatchMetrics {
			if d.Namespace != "OpsWorksMaintenance" || len(d.Dimensions) != 1 || d.Dimensions[0][0] != "Stack" ||
				values["Stack"] != "opsworks-maintenance" ||
				declared.AWS.Timestamp != now.UnixMilli() {
				t.Errorf("line %s", line)
			}
			prefix := ""
			for _, dimension := range d.Dimensions[0][1:] {
				prefix = fmt.Sprint(values[dimension]) + " "
			}
			for _, m := range d.Metrics {
				if _, ok := values[m.Name].(float64); !ok || m.Unit == "" {
					t.Errorf("%s has no value or unit: %s", m.Name, line)
				}
				if m.Name == name {
					all = append(all, prefix+fmt.Sprint(values[m.Name]))
				}
			}
		}
	}
	return all
}

func TestHandler_MetricsOfAnAlarm(t *testing.T) {
	f := newFixture(t)
	f.invoke(t, functionARN, sample(t, "alarm.json"))
	const want = `{"Outcome":"started","Outcomes":1,"Stack":"opsworks-maintenance",` +
		`"_aws":{"CloudWatchMetrics":[{"Namespace":"OpsWorksMaintenance",` +
		`"Dimensions":[["Stack","Outcome"]],"Metrics":[{"Name":"Outcomes","Unit":"Count"}]}],"Timestamp":1795474800000}}` + "\n"
	if f.metrics.String() != want {
		t.Errorf("got  %s\nwant %s", f.metrics, want)
	}
}

// An outcome is counted when it happens: not for a second delivery, and not each time that it is reported.
func TestHandler_CountsWhatHappened(t *testing.T) {
	f := newFixture(t)
	f.runner.report = func(r maintenance.Report) maintenance.Report {
		r.Count = r.ServerName == "puppet-01"
		return r
	}
	f.invoke(t, functionARN, sample(t, "schedule.json"))
	if got := f.measured(t, "Outcomes"); !slices.Equal(got, []string{"started 1"}) {
		t.Errorf("got %q", got)
	}
	f = newFixture(t)
	f.invoke(t, functionARN, sample(t, "alarm-still-in-alarm.json"))
	if got := f.measured(t, "Outcomes"); !slices.Equal(got, []string{"ignored 1"}) {
		t.Errorf("got %q", got)
	}
}

// The gauges are those of each sweep, the states without a run too: a gauge that is not written stays where it was.
func TestHandler_MetricsOfASweep(t *testing.T) {
	f := newFixture(t)
	f.runner.swept = maintenance.SweepResult{
		Open: map[maintenance.RunState]int{maintenance.RunWaiting: 3, maintenance.RunRunning: 1}, Overdue: 1500 * time.Millisecond,
		Publishing: maintenance.Publishing{Failed: 2, Dropped: 1},
	}
	f.answer(t, functionARN, sample(t, "sweep.json"))
	for name, want := range map[string][]string{
		"OpenRuns": {"waiting 3", "starting 0", "running 1"}, "OldestDueSeconds": {"1.5"}, "Sweeps": {"1"}, "PublishFailures": {"2"},
		"DroppedNotifications": {"1"}, "Outcomes": nil,
	} {
		if got := f.measured(t, name); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// An alarm waits for the count of sweeps: one that could not see what is due must not keep it quiet, nor say that nothing is overdue.
func TestHandler_ASweepThatSawNothingIsNotCounted(t *testing.T) {
	f := newFixture(t)
	f.runner.swept.Err = errLedger
	f.answer(t, functionARN, sample(t, "sweep.json"))
	for _, name := range []string{"Sweeps", "OldestDueSeconds", "OpenRuns"} {
		if got := f.measured(t, name); got != nil {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := f.measured(t, "Outcomes"); !slices.Equal(got, []string{"error 1"}) {
		t.Errorf("got %q", got)
	}
}

// What could not be published, and what was given up, is counted for every event, and not for one that published all or nothing.
func TestHandler_PublishFailures(t *testing.T) {
	for _, tt := range []struct {
		name       string
		publishing maintenance.Publishing
		want       []string
	}{
		{"nothing was published", maintenance.Publishing{}, nil},
		{"all was published", maintenance.Publishing{Published: 3}, nil},
		{"a topic refuses", maintenance.Publishing{Published: 1, Failed: 2}, []string{"2"}},
		{"one was given up", maintenance.Publishing{Dropped: 1}, []string{"1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			f.runner.report = func(r maintenance.Report) maintenance.Report {
				r.Publishing = tt.publishing
				return r
			}
			f.invoke(t, functionARN, sample(t, "alarm.json"))
			if got := slices.Concat(f.measured(t, "PublishFailures"), f.measured(t, "DroppedNotifications")); !slices.Equal(got,
				tt.want) {
				t.Errorf("got %q", got)
			}
		})
	}
}

// An event of an execution that is no news may still have sent what was owed.
func TestHandler_PublishFailuresOfAnEventThatIsNoNews(t *testing.T) {
	f := newFixture(t)
	f.runner.finished = func(string) (maintenance.Report, bool, error) {
		return maintenance.Report{Publishing: maintenance.Publishing{Failed: 1}}, true, nil
	}
	f.answer(t, functionARN, sample(t, "run-finished.json"))
	if got := f.measured(t, "PublishFailures"); !slices.Equal(got, []string{"1"}) {
		t.Errorf("got %q", got)
	}
}
