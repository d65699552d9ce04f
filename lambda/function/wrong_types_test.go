package function_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"opsworks-maintenance/lambda/maintenance"
)

// wrongTypes replaces, one after the other, every value of a JSON document by values of other types.
func wrongTypes(doc any, visit func()) {
	replace := func(old any, set func(any)) {
		for _, wrong := range []any{nil, true, 7.5, "x", []any{}, map[string]any{}} {
			if reflect.TypeOf(wrong) != reflect.TypeOf(old) {
				set(wrong)
				visit()
			}
		}
		set(old)
		wrongTypes(old, visit)
	}
	switch doc := doc.(type) {
	case map[string]any:
		for name, old := range doc {
			replace(old, func(v any) { doc[name] = v })
		}
	case []any:
		for i, old := range doc {
			replace(old, func(v any) { doc[i] = v })
		}
	}
}

// A wrong type anywhere may make an event invalid, unknown or still valid; it never makes the function fail, nor ask for a server or
// a run that the event does not name.
func TestHandler_WrongTypesInEveryField(t *testing.T) {
	for name, arn := range map[string]string{
		"alarm.json": functionARN, "alarm-action.json": functionARN, "alarm-by-tag.json": functionARN, "alarm-ok.json": functionARN,
		"field/initial-creation.json": functionARN, "rule.json": functionARN,
		"scheduler-no-input.json": functionARN, "schedule.json": functionARN, "run-finished.json": functionARN,
		"start-major-upgrade.json": operatorsARN,
		"start-run.json":           operatorsARN, "stop-run.json": operatorsARN, "close.json": operatorsARN, "hold.json": operatorsARN,
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.answer(t, arn, sample(t, name))
			may := asked(f.runner)
			var doc any
			if err := json.Unmarshal(sample(t, name), &doc); err != nil {
				t.Fatal(err)
			}
			variants := 0
			wrongTypes(doc, func() {
				variants++
				payload, err := json.Marshal(doc)
				if err != nil {
					t.Fatal(err)
				}
				*f.runner = runner{}
				for _, r := range f.invoke(t, arn, payload) {
					if r.Outcome == "" || r.Outcome == maintenance.OutcomeError || r.Outcome == maintenance.OutcomeRefused && r.Reason == "" {
						t.Errorf("%s gives %+v", payload, r)
					}
				}
				for _, what := range asked(f.runner) {
					if !slices.Contains(may, what) {
						t.Errorf("%s asks for %s", payload, what)
					}
				}
			})
			if variants < 10 {
				t.Errorf("%d variants", variants)
			}
		})
	}
}

// asked is what the domain was asked to act on.
func asked(r *runner) (all []string) {
	for _, q := range r.requests {
		all = append(all, "start "+q.ServerName+q.RunID)
	}
	for _, o := range r.operators {
		all = append(all, "operator "+o.ServerName+o.RunID)
	}
	for _, name := range r.cleared {
		all = append(all, "clear "+name)
	}
	return all
}
