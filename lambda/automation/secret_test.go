package automation_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/maintenance"
)

// Every operation under every fault, with a runbook that fails by printing the secret it was given.
func TestClient_NoValueOfAParameterAnywhere(t *testing.T) {
	t.Parallel()
	kinds := []simulator.Kind{0, simulator.Throttle, simulator.InternalFailure, simulator.Unavailable, simulator.Denied, simulator.Hang,
		simulator.Drop,
		simulator.WorkThenInternalFailure, simulator.WorkThenHang, simulator.WorkThenDrop}
	for _, kind := range kinds {
		t.Run(fmt.Sprint("fault ", kind), func(t *testing.T) {
			t.Parallel()
			sim, c := serviceUnder(t, kind)
			sim.FailStep(chefNode, "patch", "login with "+secret+" failed; so did (x"+secret+"x) and "+secret[:9])
			var said []string
			say := func(things ...any) {
				for _, thing := range things {
					said = append(said, fmt.Sprintf("%v %+v %#v", thing, thing, thing))
				}
			}
			run := running(t, c)
			if kind != 0 {
				sim.Inject(simulator.Fault{Kind: kind})
			}
			again := claimed()
			again.Attempt.ID = "automate-06-a2"
			answer := c.Start(t.Context(), again, chef, nil)
			say(answer, answer.Err, c.Look(t.Context(), "automate-06"), c.Follow(t.Context(), again), c.Calendar(t.Context(), "open"))
			do(t, sim.Complete(chefNode))
			if kind == 0 {
				e := one(t, c.Follow(t.Context(), run))
				if e.State != maintenance.ExecutionFailed || !strings.Contains(e.Detail, "login with (Token) failed; so did (x(Token)x) and (Token)") {
					t.Errorf("got %q", e.Detail)
				}
			}
			say(c.Follow(t.Context(), run), c.Stop(t.Context(), run))
			if all := strings.Join(said, "\n"); strings.Contains(all, secret[:9]) {
				t.Errorf("the value is in\n%s", all)
			}
		})
	}
}

// A service that repeats the request in its errors, and so escapes it.
func TestClient_NoValueOfAParameterInAnEcho(t *testing.T) {
	for _, status := range []int{400, 500} {
		for _, code := range []string{"ValidationException", "InvalidAutomationExecutionParametersException", "IdempotentParameterMismatch",
			"AccessDeniedException"} {
			echoed := false
			c := scripted(t, func(operation string, request map[string]any) (int, string) {
				all := jsonOf(request)
				echoed = operation == startCall && strings.Contains(all, secret)
				return status, jsonOf(map[string]string{"__type": code, "Message": "Invalid: " + all})
			})
			err := c.Start(t.Context(), claimed(), chef, nil).Err
			if err == nil || !echoed || strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), secret) {
				t.Errorf("%d %s: %+v", status, code, err)
			}
			if !strings.Contains(err.Error(), "(Token)") || !strings.Contains(err.Error(), chefNode) {
				t.Errorf("%d %s: the error says too little: %v", status, code, err)
			}
		}
	}
}

// Row 20 of the core issue: a value passed into messages once the service had escaped or cut it, and ordinary words were blanked inside
// other words. What the service makes of a message is documented nowhere; what of it was seen, and what JSON allows, is here.
func TestClient_FollowWithoutValues(t *testing.T) {
	type given = map[string][]string
	const quoted = "say \"hi\"\\\n<&> äß😀 now"
	escaped, _ := json.Marshal(quoted) // a text: cannot fail
	inner := strings.Trim(string(escaped), `"`)
	twice, _ := json.Marshal(string(escaped))
	for _, tt := range []struct {
		name       string
		parameters given
		message    string
		want       string
	}{
		{"a value, wherever it is", given{"Token": {secret}}, "with " + secret + " and x" + secret + "x", "with (Token) and x(Token)x"},
		{"all values of a list", given{"Tokens": {"first-one", "second-one"}}, "first-one, second-one", "(Tokens), (Tokens)"},
		{"one that contains another", given{"Host": {"db-host"}, "Password": {"db-host-s3cret"}}, "at db-host with db-host-s3cret",
			"at (Host) with (Password)"},
		{"one that looks like another's name", given{"A": {"secret-of-a"}, "B": {"A"}}, "with secret-of-a and A", "with (A) and (B)"},
		{"one with blanks and line breaks", given{"Key": {"BEGIN  KEY\ns3cret"}}, "cannot read BEGIN  KEY\ns3cret", "cannot read (Key)"},
		{"a short one too", given{"Pin": {"0815"}}, "the pin 0815 is wrong", "the pin (Pin) is wrong"},
		{"one at the edges of words", given{"User": {"admin"}}, "admin:admin@host, admin_1 and 'admin'",
			"(User):(User)@host, (User)_1 and '(User)'"},

		{"escaped as JSON", given{"Key": {quoted}}, `{"Key":"` + inner + `"}`, `{"Key":"(Key)"}`},
		{"escaped with capital digits, and all that need not be", given{"Key": {"a\"b/c-secret"}}, `a\u0022b\/c\u002Dsecret`, "(Key)"},
		{"escaped to ASCII, with a pair for what is beyond", given{"Key": {"ä😀-secret"}}, `is \u00e4\ud83d\ude00-secret.`, "is (Key)."},
		{"escaped twice", given{"Key": {quoted}}, "with " + string(twice) + " in it", `with "\"(Key)\"" in it`},
		{"raw, with what looks like an escape", given{"Path": {`C:\new\table`}}, `no C:\new\table here`, "no (Path) here"},
		{"the same, escaped", given{"Path": {`C:\new\table`}}, `no C:\\new\\table here`, "no (Path) here"},

		{"cut at the end of the text", given{"Token": {secret}}, "the login with secret-7", "the login with (Token)"},
		{"cut at a row of dots", given{"Token": {secret}}, "the login with secret-7...", "the login with (Token)..."},
		{"cut, with such a row in itself", given{"Token": {"k1-000...0000"}}, "the login with k1-000...000", "the login with (Token)"},
		{"cut by the agent", given{"Token": {secret}}, "with secret-7\n---Output truncated---\n----ERROR---- none",
			"with (Token) ---Output truncated--- ----ERROR---- none"},
		{"cut in the middle of an escape", given{"Token": {"secret-7\n3a"}}, `{"Token":"secret-7\u00`, `{"Token":"(Token)`},
		{"cut before the second half of a pair", given{"Token": {"secret-7😀"}}, `{"Token":"secret-7\ud83d`, `{"Token":"(Token)`},
		{"an escape that is none is no cut", given{"Token": {secret}}, `the login with secret-7\u0x`, `the login with secret-7\u0x`},
		{"cut to less than eight characters, which may be anything", given{"Token": {secret}}, "the login with secret-",
			"the login with secret-"},
		{"the beginning of a value in the middle of a text is none", given{"Greeting": {"good morning to all"}}, "a good morning it was",
			"a good morning it was"},

		{"an ordinary word inside another is none", given{"Mode": {"Action"}}, "UnAction and transaction: Action, Actions",
			"UnAction and transaction: (Mode), Actions"},
		{"nor is a number inside another", given{"Free": {"10"}}, "2010: 10 GiB of 100", "2010: (Free) GiB of 100"},
		{"nor the end of a word, where a text ends", given{"Mode": {"transactional"}}, "an intransaction", "an intransaction"},
		{"what has no letters and no digits is none", given{"Separator": {"-"}}, "a - b", "a - b"},
		{"the node's id is none", given{"InstanceId": {chefNode}}, chefNode + " is gone", chefNode + " is gone"},
		{"under another name neither", given{"Nodes": {chefNode}}, chefNode + " is gone", chefNode + " is gone"},
		{"the run's id is none", given{"RunId": {"automate-06-1"}}, "run automate-06-1 failed", "run automate-06-1 failed"},
		{"nor is what the settings call public", given{"Region": {"eu-central-1"}}, "no disk in eu-central-1", "no disk in eu-central-1"},
		{"nor that a major upgrade is asked for", given{"MajorUpgrade": {"yes"}}, "yes, it failed", "yes, it failed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := detail(t, jsonOf(map[string]any{"AutomationExecutionStatus": "Failed", "Parameters": tt.parameters,
				"FailureMessage": tt.message}))
			if got != "Failed: "+tt.want {
				t.Errorf("got  %q\nwant %q", got, "Failed: "+tt.want)
			}
		})
	}
}

// A server that the settings have no more has no public parameters: nobody says any more that they are.
func TestClient_FollowWithoutSettings(t *testing.T) {
	c := scripted(t, func(operation string, _ map[string]any) (int, string) {
		return 200, `{"AutomationExecution": {"AutomationExecutionStatus": "Failed", "FailureMessage": "in eu-central-1", ` +
			`"Parameters": {"Region": ["eu-central-1"]}}}`
	})
	if e := one(t, c.Follow(t.Context(), maintenance.Run{ServerName: "mail-01", Reference: "x"})); e.Detail != "Failed: in (Region)" {
		t.Errorf("got %q", e.Detail)
	}
}

// However a value is escaped and wherever the message is cut, eight characters of it are not left.
func FuzzClient_FollowWithoutValues(f *testing.F) {
	f.Add("secret-7f3a", "the login with ", uint8(0), uint8(11))
	f.Add("a\"b\\c\n<&>é-secret", "{\"Token\":\"", uint8(1), uint8(20))
	f.Add("a\"b\\c\n<&>é-secret", "", uint8(2), uint8(12))
	f.Add(`\\\\\x`, "0", uint8(2), uint8(22)) // seven characters, whose escapes look like eight others of the value
	f.Fuzz(func(t *testing.T, value, before string, level, length uint8) {
		value = "k1-" + strings.ToValidUTF8(value, "") // long, and no word: hidden wherever it is
		runes := []rune(value)
		if len(runes) < 9 || len(runes) > 200 {
			return // nothing that is cut off it has eight characters, or the service does not take it
		}
		left, text := string(runes[:8]), escaped(value, level%3)
		piece := text[:min(len(text), max(int(length), 8))]
		if len(piece) < len(escaped(left, level%3)) {
			return // a cut that leaves fewer
		}
		message := strings.ToValidUTF8(before, "") + strings.ToValidUTF8(piece, "")
		got := detail(t, jsonOf(map[string]any{
			"AutomationExecutionStatus": "Failed", "Parameters": map[string][]string{"Token": {value}}, "FailureMessage": message}))
		if strings.Contains(got, left) && !strings.Contains(strings.Join(strings.Fields(before), " "), left) {
			t.Errorf("%q is left in %q of %q", left, got, message)
		}
	})
}

// escaped writes a text as JSON, without its quotes, so often.
func escaped(text string, times uint8) string {
	for range times {
		text = jsonOf(text)
		text = text[1 : len(text)-1]
	}
	return text
}
