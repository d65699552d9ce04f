package torture

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"opsworks-maintenance/lambda/local/machine"
)

// The marked values: secrets, of which every rig checks that nobody gets to see them. Their letters are the same in JSON, XML and URLs.
var (
	markedToken     = "canary-" + rand.Text()
	markedKeys      = []string{"canary-" + rand.Text(), "canary-" + rand.Text()}
	markedAttribute = "canary-" + rand.Text()
	marked          = append([]string{markedToken, markedAttribute}, markedKeys...)
)

var markedParameters = fmt.Sprintf(`{"Token": [%q], "Keys": [%q, %q]}`, markedToken, markedKeys[0], markedKeys[1])

// What everybody may see is found in every place that is searched for what nobody may see.
func TestTorture_EveryPlaceIsSearched(t *testing.T) {
	shown := "canary-" + rand.Text()
	r := start(t, backends[0], nil)
	r.invoke([]byte(`{"start": {"serverName": "` + shown + `"}}`))
	r.collect()
	r.heard.add("code", base64.StdEncoding.EncodeToString([]byte("the name is "+shown+"!")))
	if places := r.heard.where(shown); !slices.Equal(places, []string{"answers", "code", "items", "log", "messages"}) {
		t.Errorf("found in %q", places)
	}
}

// The marked values reach Systems Manager, and come back from it in the words of a runbook that prints them.
func TestTorture_MarkedParametersReachTheRunbook(t *testing.T) {
	r := start(t, backends[1], nil)
	story{steps: []step{{(*rig).fail, firstAlarm}, {(*rig).complete, onClock}}}.play(r, nil, false)
	executions := r.SSM.Executions(r.Nodes[name])
	if len(executions) != 1 {
		t.Fatalf("%d executions", len(executions))
	}
	var sent record
	sent.add("sent", executions[0].Parameters)
	for _, value := range append([]string{markedToken}, markedKeys...) {
		if len(sent.where(value)) != 1 {
			t.Errorf("%s did not get there", value)
		}
	}
	r.expect(map[string][2]int{"started": {1, 1}, "failed": {1, 1}})
	const told = "cannot log in with (Token) or (Keys),(Keys)"
	if !slices.ContainsFunc(r.messages, func(m machine.Message) bool { return strings.Contains(m.Text, told) }) {
		t.Errorf("no message says %q: %+v", told, r.messages)
	}
}

// The ways to give an engine attribute a value that it cannot have, or in a form it cannot have. The rig checks that it is not repeated.
func TestTorture_MarkedAttribute(t *testing.T) { both(t, tortureMarkedAttribute) }

func tortureMarkedAttribute(t *testing.T, b backend) {
	t.Parallel()
	const upgrade = `"name": "CHEF_MAJOR_UPGRADE"`
	ask := func(attributes string) []byte {
		return []byte(`{"start": {"serverName": "` + name + `", "engineAttributes": ` + attributes + `}}`)
	}
	value := `"value": "` + markedAttribute + `"`
	for what, payload := range map[string][]byte{
		"a value it cannot have": ask(`[{` + upgrade + `, ` + value + `}]`),
		"a name nobody knows":    ask(`[{"name": "PASSWORD", ` + value + `}]`),
		"two of them":            ask(`[{` + upgrade + `, ` + value + `}, {"name": "PASSWORD", ` + value + `}]`),
		"no name":                ask(`[{` + value + `}]`),
		"an object":              ask(`{"CHEF_MAJOR_UPGRADE": "` + markedAttribute + `"}`),
		"a list for a value":     ask(`[{` + upgrade + `, "value": ["` + markedAttribute + `"]}]`),
		"a text":                 ask(`"` + markedAttribute + `"`),
		"one field too many":     ask(`[{` + upgrade + `, ` + value + `, "x": "` + markedAttribute + `"}]`),
		"JSON that ends":         ask(`[{` + upgrade + `, ` + value)[:len(ask(`[{`+upgrade+`, `+value))-2],
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			r := start(t, b, nil)
			answers, _ := r.invoke(payload)
			if len(answers) != 1 || answers[0].Outcome != "refused" || len(r.told()) != 1 {
				t.Errorf("answered %+v, told %v", answers, r.told())
			}
			r.started(0)
			r.free()
		})
	}

	payload := ask(`[{` + upgrade + `, ` + value + `}]`)
	served := start(t, b, nil)
	served.invoke(payload)
	eachStruck(t, served.calls, 0, slices.Concat(deaths, faults), func(t *testing.T, n int, fate machine.Fate) {
		r := start(t, b, shortly)
		r.strike(only(served.calls, n, fate))
		r.invoke(payload)
		r.follow()
		r.struck(fate, 1)
		r.started(0)
		r.free()
	})
}
