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

// The marked values: secrets, of which every harness checks that nobody gets to see them. Their letters are the same in JSON, XML and URLs.
var (
	markedToken     = "secret-" + rand.Text()
	markedKeys      = []string{"secret-" + rand.Text(), "secret-" + rand.Text()}
	markedAttribute = "secret-" + rand.Text()
	marked          = append([]string{markedToken, markedAttribute}, markedKeys...)
)

var markedParameters = fmt.Sprintf(`{"Token": [%q], "Keys": [%q, %q]}`, markedToken, markedKeys[0], markedKeys[1])

// What everybody may see is found in every place that is searched for what nobody may see.
func TestTorture_EveryPlaceIsSearched(t *testing.T) {
	t.Parallel()
	shown := "secret-" + rand.Text()
	h := start(t, backends[0], nil)
	h.invoke([]byte(`{"start": {"serverName": "` + shown + `"}}`))
	h.collect()
	h.heard.add("code", base64.StdEncoding.EncodeToString([]byte("the name is "+shown+"!")))
	if places := h.heard.where(shown); !slices.Equal(places, []string{"answers", "code", "items", "log", "messages"}) {
		t.Errorf("found in %q", places)
	}
}

// The marked values reach Systems Manager, and come back from it in the words of a runbook that prints them.
func TestTorture_MarkedParametersReachTheRunbook(t *testing.T) {
	t.Parallel()
	h := start(t, backends[1], nil)
	scenario{steps: []step{{(*harness).fail, alarmed}, {(*harness).complete, clock}}}.play(h, 0, nil)
	executions := h.SSM.Executions(h.Nodes[name])
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
	h.check()
	const notified = "cannot log in with (Token) or (Keys),(Keys)"
	if !slices.ContainsFunc(h.messages, func(m machine.Message) bool { return strings.Contains(m.Text, notified) }) {
		t.Errorf("no message says %q: %+v", notified, h.messages)
	}
}
