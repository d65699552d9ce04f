package check_test

import (
	"reflect"
	"strings"
	"testing"
)

// faultCase is a document and the faults it must have, as "path: problem".
type faultCase struct {
	name     string
	document string
	want     []string
}

func checkFaults(t *testing.T, cases []faultCase) {
	t.Helper()
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			if got := faultsOf(t, test.document); !reflect.DeepEqual(got, test.want) {
				t.Errorf("faults:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

func TestResolve_NotADocument(t *testing.T) {
	checkFaults(t, []faultCase{
		{"nothing at all", "",
			[]string{"settings: line 1, column 1: not JSON: unexpected end of JSON input"}},
		{"an object that is not closed", "{\n  \"servers\": [",
			[]string{"settings: line 2, column 15: not JSON: unexpected end of JSON input"}},
		{"a comma too many, after letters of several bytes", "{\n \"é\": [1,]}",
			[]string{"settings: line 2, column 10: not JSON: invalid character ']' looking for beginning of value"}},
		{"a second document behind the first", "{}\n\n {}",
			[]string{"settings: line 3, column 2: something follows the JSON object; remove it"}},
		{"a stray bracket behind the document", "{} ]",
			[]string{"settings: line 1, column 4: something follows the JSON object; remove it"}},
		{"bytes that are not UTF-8", "{\n\"a\xff\": 1}",
			[]string{"settings: line 2, column 3: not UTF-8; save the file as UTF-8"}},
		{"a list", "[]", []string{"settings: must be an object, not a list"}},
		{"null", "null", []string{"settings: must be an object, not null"}},
		{"more brackets than JSON may nest", strings.Repeat("[", 20000),
			[]string{"settings: line 1, column 10001: not JSON: invalid character '[' exceeded max depth"}},
	})
}

func TestResolve_TopLevel(t *testing.T) {
	server := `"servers": [{"name": "web", "backend": "ssm", "runbook": "Maintain"}]`
	checkFaults(t, []faultCase{
		{"no servers", `{}`, []string{"servers: names no server; list at least one"}},
		{"an empty list of servers", `{"servers": []}`, []string{"servers: names no server; list at least one"}},
		{"servers that are null", `{"servers": null}`, []string{"servers: null is not a value; leave the key out"}},
		{"servers that are not a list", `{"servers": {}}`, []string{"servers: must be a list, not an object"}},
		{"servers given twice", `{` + server + `, ` + server + `}`, []string{"servers: the key is given twice; keep one"}},
		{"an unknown key near a known one", `{` + server + `, "Notify": []}`,
			[]string{`Notify: "Notify" is not a known key; did you mean "notify"?`}},
		{"an unknown key that could break the line", `{` + server + `, "a\nb": 1}`,
			[]string{`["a\nb"]: "a\nb" is not a known key; known are servers, notify, maxConcurrent, endpoint, alarmTriggers, maxWildcardRules`}},
		{"an unknown key without end", `{` + server + `, "` + strings.Repeat("é", 80) + `": 1}`,
			[]string{`["` + strings.Repeat("é", 60) + `"…]: "` + strings.Repeat("é", 60) +
				`"… is not a known key; known are servers, notify, maxConcurrent, endpoint, alarmTriggers, maxWildcardRules`}},
		{"no run at a time", `{` + server + `, "maxConcurrent": 0}`,
			[]string{"maxConcurrent: 0 is not possible; write a whole number, 1 to 2147483647"}},
		{"half a run at a time", `{` + server + `, "maxConcurrent": 1.5}`,
			[]string{"maxConcurrent: 1.5 is not possible; write a whole number, 1 to 2147483647"}},
		{"a number in quotes", `{` + server + `, "maxConcurrent": "2"}`,
			[]string{`maxConcurrent: must be a whole number, not the text "2"`}},
		{"ways for an alarm that are none, or given twice", `{` + server + `, "alarmTriggers": ["tags", "action", "action", 1]}`,
			[]string{`alarmTriggers[0]: "tags" is not a known way for an alarm; did you mean "tag"?`,
				`alarmTriggers[2]: "action" is the same as item 1; keep one`,
				"alarmTriggers[3]: must be a text in quotes, not the number 1"}},
		{"one way for an alarm, without its list", `{` + server + `, "alarmTriggers": "tag"}`,
			[]string{`alarmTriggers: must be a list, not the text "tag"`}},
		{"an endpoint without scheme", `{` + server + `, "endpoint": "cm.example.com"}`,
			[]string{`endpoint: "cm.example.com" is not an absolute URL; write https://host or http://host:port`}},
		{"an endpoint without host", `{` + server + `, "endpoint": "http://:8080"}`,
			[]string{`endpoint: "http://:8080" is not an absolute URL; write https://host or http://host:port`}},
		{"an endpoint of another scheme", `{` + server + `, "endpoint": "file:///etc"}`,
			[]string{`endpoint: "file:///etc" is not an absolute URL; write https://host or http://host:port`}},
		{"an endpoint with a password, which is not printed", `{` + server + `, "endpoint": "http://a:secret@host"}`,
			[]string{"endpoint: must be a URL without user, query and fragment"}},
		{"an endpoint that is a number", `{` + server + `, "endpoint": 8080}`,
			[]string{"endpoint: must be a text in quotes, not the number 8080"}},
	})
}

func TestResolve_Server(t *testing.T) {
	checkFaults(t, []faultCase{
		{"nothing is given", `{"servers": [{}]}`, []string{
			"servers[0].name: is missing; give the server's name",
			`servers[0].backend: is missing; write "opsworks-cm" or "ssm"`}},
		{"name and backend are null", `{"servers": [{"name": null, "backend": null}]}`, []string{
			"servers[0].name: null is not a value; leave the key out",
			"servers[0].backend: null is not a value; leave the key out"}},
		{"a name that begins with a digit", `{"servers": [{"name": "6web", "backend": "ssm", "runbook": "Maintain"}]}`, []string{
			`servers[0].name: "6web" is not a server's name; write 1 to 40 letters, digits and dashes, a letter first`}},
		{"a name that ends in a line break", `{"servers": [{"name": "web\n", "backend": "ssm", "runbook": "Maintain"}]}`, []string{
			`servers[0].name: "web\n" is not a server's name; write 1 to 40 letters, digits and dashes, a letter first`}},
		{"a name of 41 letters", `{"servers": [{"name": "` + strings.Repeat("a", 41) + `", "backend": "ssm", "runbook": "Maintain"}]}`, []string{
			`servers[0].name: "` + strings.Repeat("a", 41) +
				`" is not a server's name; write 1 to 40 letters, digits and dashes, a letter first`}},
		{"a name twice", `{"servers": [{"name": "web", "backend": "ssm", "runbook": "Maintain"},
			{"name": "web", "backend": "ssm", "runbook": "Maintain"}]}`, []string{
			`servers[1].name: "web" is the name of servers[0] too; every server has its own`}},
		{"an unknown backend", `{"servers": [{"name": "web", "backend": "ecs"}]}`, []string{
			`servers[0].backend: "ecs" is not a known backend; known are opsworks-cm, ssm`}},
		{"enabled in quotes", withServer(`"enabled": "true"`), []string{
			`servers[0].enabled: must be true or false, not the text "true"`}},
		{"the zone of the machine", withServer(`"timezone": "Local"`), []string{
			`servers[0].timezone: "Local" is not an IANA time zone; write for example Europe/Berlin or UTC`}},
		{"a zone that only some machines have", withServer(`"timezone": "posix/UTC"`), []string{
			`servers[0].timezone: "posix/UTC" is not an IANA time zone; write for example Europe/Berlin or UTC`}},
		{"a zone outside the database", withServer(`"timezone": "../../etc/passwd"`), []string{
			`servers[0].timezone: "../../etc/passwd" is not an IANA time zone; write for example Europe/Berlin or UTC`}},
		{"an empty zone", withServer(`"timezone": ""`), []string{
			`servers[0].timezone: "" is not an IANA time zone; write for example Europe/Berlin or UTC`}},
		{"no start a day", withServer(`"dailyLimit": -1`), []string{
			"servers[0].dailyLimit: -1 is not possible; write a whole number, 1 to 2147483647"}},
		{"alarms that are not a list", withServer(`"alarms": "web-*"`), []string{
			`servers[0].alarms: must be a list, not the text "web-*"`}},
		{"an alarm whose name is too long", withServer(`"alarms": ["` + strings.Repeat("a", 256) + `"]`), []string{
			`servers[0].alarms[0]: "` + strings.Repeat("a", 60) + `"… has 256 characters; the name of an alarm has 1 to 255`}},
		{"an alarm with a control character", withServer(`"alarms": ["web\u0007"]`), []string{
			`servers[0].alarms[0]: "web\a" has a character that cannot be printed; leave it out`}},
		{"a rule with a blank", withServer(`"rules": ["my rule"]`), []string{
			`servers[0].rules[0]: "my rule" is not the name of a rule; ` +
				`write 1 to 64 letters, digits, dots, dashes, underscores and *`}},
	})
}

func TestResolve_Durations(t *testing.T) {
	const how = " is not a duration; write for example 90m, 12h, 8d or 1d12h"
	for _, text := range []string{"", "12", "-1h", "+1h", "1d-1h", "d", "1d1d", "1.5d", "1h1d", "1w", "h",
		"200000d", "99999999999999999999h", "106751d100h", " 1h", "1d "} {
		checkFaults(t, []faultCase{{"not a duration: " + text, withServer(`"deadline": "` + text + `"`),
			[]string{`servers[0].deadline: "` + text + `"` + how}}})
	}
	checkFaults(t, []faultCase{
		{"a number of seconds", withServer(`"deadline": 3600`),
			[]string{"servers[0].deadline: must be a text in quotes, not the number 3600"}},
		{"no time where some is needed", withServer(`"staleAfter": "0s", "deadline": "0d", "expectEvery": "0h"`), []string{
			`servers[0].staleAfter: "0s" is no time at all; write a duration above zero`,
			`servers[0].deadline: "0d" is no time at all; write a duration above zero`,
			`servers[0].expectEvery: "0h" is no time at all; write a duration above zero`}},
		{"no cooldown", withServer(`"cooldown": "0s"`), nil},
	})
	for text, want := range map[string]string{"90m": "1h30m0s", "8d": "192h0m0s", "1d12h": "36h0m0s", "1d0.5h": "24h30m0s"} {
		t.Run("a duration: "+text, func(t *testing.T) {
			if got := parse(t, withServer(`"deadline": "`+text+`"`)).Servers[0].Deadline.String(); got != want {
				t.Errorf("deadline = %s, want %s", got, want)
			}
		})
	}
}

func TestResolve_RunbookVersion(t *testing.T) {
	for text, want := range map[string][2]string{
		"Maintain": {"Maintain", ""}, "Maintain:7": {"Maintain", "7"}, "puppet-enterprise": {"puppet-enterprise", ""},
		"arn:aws:ssm:eu-central-1:123456789012:document/Maintain:12": {"arn:aws:ssm:eu-central-1:123456789012:document/Maintain", "12"},
		"arn:aws:ssm:eu-central-1:123456789012:document/Maintain":    {"arn:aws:ssm:eu-central-1:123456789012:document/Maintain", ""},
	} {
		server := parse(t, `{"servers": [{"name": "web", "backend": "ssm", "runbook": "`+text+`"}]}`).Servers[0]
		if server.Runbook != want[0] || server.RunbookVersion != want[1] {
			t.Errorf("%s: %q, version %q", text, server.Runbook, server.RunbookVersion)
		}
	}
}

func TestResolve_Automation(t *testing.T) {
	of := func(fields string) string { return `{"servers": [{"name": "web", "backend": "ssm", ` + fields + `}]}` }
	ssm := func(fields string) string { return of(`"runbook": "Maintain", ` + fields) }
	checkFaults(t, []faultCase{
		{"keys of ssm on the other backend", withServer(
			`"runbook": "x", "parameters": {}, "publicParameters": [], "tagKey": "", "calendars": []`), []string{
			`servers[0].runbook: goes with "backend": "ssm" only; remove it`,
			`servers[0].parameters: goes with "backend": "ssm" only; remove it`,
			`servers[0].publicParameters: goes with "backend": "ssm" only; remove it`,
			`servers[0].tagKey: goes with "backend": "ssm" only; remove it`,
			`servers[0].calendars: goes with "backend": "ssm" only; remove it`}},
		{"no runbook", of(`"tagKey": "role"`), []string{
			`servers[0].runbook: is missing; write "chef-automate", "puppet-enterprise", "puppet-server", or the name of a runbook of your own`}},
		{"a version of one of ours", of(`"runbook": "chef-automate:1"`), []string{
			`servers[0].runbook: "chef-automate" comes with this project and has no versions; remove ":1"`}},
		{"version 0", of(`"runbook": "Maintain:0"`), []string{
			`servers[0].runbook: "Maintain:0" ends in no version; write a number from 1, or leave it and its colon away`}},
		{"a colon without a version", of(`"runbook": "Maintain:"`), []string{
			`servers[0].runbook: "Maintain:" ends in no version; write a number from 1, or leave it and its colon away`}},
		{"a runbook with a blank", of(`"runbook": "my runbook"`), []string{
			`servers[0].runbook: "my runbook" is not the name or ARN of a runbook; write 3 to 128 letters, digits and . - _, ` +
				`or arn:aws:ssm:REGION:ACCOUNT:document/NAME (no ACCOUNT where AWS owns it)`}},
		{"a tag key with a colon", ssm(`"tagKey": "a:b"`), []string{
			`servers[0].tagKey: "a:b" is not a usable tag key; write 1 to 128 characters without a colon`}},
		{"parameters that are a list", ssm(`"parameters": []`), []string{"servers[0].parameters: must be an object, not a list"}},
		{"a parameter without list", ssm(`"parameters": {"Mode": true}`), []string{
			`servers[0].parameters.Mode: must be a list of texts, such as ["value"], not true`}},
		{"a parameter without name", ssm(`"parameters": {"": []}`), []string{
			`servers[0].parameters[""]: a parameter needs a name`}},
		{"a parameter twice", ssm(`"parameters": {"A": [], "A": []}`), []string{
			"servers[0].parameters.A: the key is given twice; keep one"}},
		{"the run's id, which the function gives", ssm(`"parameters": {"RunId": ["a"], "Mode": ["x"]}`), []string{
			"servers[0].parameters.RunId: the function gives it itself; remove it"}},
		{"the run's id for a runbook of ours", of(`"runbook": "chef-automate", "parameters": {"RunId": ["a"]}`), []string{
			"servers[0].parameters.RunId: the function gives it itself; remove it"}},
		{"a public parameter that is not given, and one twice", ssm(
			`"parameters": {"A": ["x"]}, "publicParameters": ["A", "a", "A", 1]`), []string{
			`servers[0].publicParameters[1]: "a" is not given in parameters; remove it, or correct the name`,
			`servers[0].publicParameters[2]: "A" is the same as item 0; keep one`,
			"servers[0].publicParameters[3]: must be a text in quotes, not the number 1"}},
		{"public parameters of a runbook of ours", of(`"runbook": "puppet-enterprise", "publicParameters": []`), []string{
			`servers[0].publicParameters: goes with a runbook of your own; those of "puppet-enterprise" are known; remove it`}},
		{"a parameter with null in it", ssm(`"parameters": {"A b": ["x", null]}`), []string{
			`servers[0].parameters["A b"][1]: must be a text in quotes, not null`}},
		{"a calendar with a blank and one twice", ssm(`"calendars": ["a b", "cal", "cal"]`), []string{
			`servers[0].calendars[0]: "a b" is not the name or ARN of a calendar; write 3 to 128 letters, digits and . - _, ` +
				`or arn:aws:ssm:REGION:ACCOUNT:document/NAME`,
			`servers[0].calendars[2]: "cal" is the same as item 1; keep one`}},
	})
}

func TestResolve_Notify(t *testing.T) {
	notify := func(entries string) string {
		return `{"servers": [{"name": "web", "backend": "ssm", "runbook": "Maintain"}], "notify": [` + entries + `]}`
	}
	const oneOf = `must have exactly one of "email", "chat": true and "records": true`
	checkFaults(t, []faultCase{
		{"nobody", notify(`{}`), []string{"notify[0]: " + oneOf}},
		{"two receivers in one entry", notify(`{"email": "a@b", "records": true}`), []string{"notify[0]: " + oneOf}},
		{"chat that is false", notify(`{"chat": false}`), []string{"notify[0].chat: can only be true; leave the entry out instead"}},
		{"chat in quotes", notify(`{"chat": "true"}`), []string{`notify[0].chat: must be true or false, not the text "true"`}},
		{"chat that is null", notify(`{"chat": null}`), []string{"notify[0].chat: null is not a value; leave the key out"}},
		{"records twice", notify(`{"records": true}, {"records": true}`), []string{
			"notify[1]: goes to the same receiver as notify[0]; keep one"}},
		{"a mailbox twice", notify(`{"email": "a@b"}, {"email": "A@b"}`), []string{
			"notify[1]: goes to the same receiver as notify[0]; keep one"}},
		{"no outcome", notify(`{"email": "a@b", "only": []}`), []string{
			"notify[0].only: lists no outcome; leave it out to get everything"}},
		{"only for chat", notify(`{"chat": true, "only": ["failed"]}`), []string{
			"notify[0].only: goes with email only; chat and records get everything"}},
		{"an outcome that no message is about", notify(`{"email": "a@b", "only": ["in-progress", "ignored"]}`), []string{
			`notify[0].only[1]: "ignored" is never notified; remove it`}},
		{"an outcome with a slip", notify(`{"email": "a@b", "only": ["suceeded", "failed", "failed"]}`), []string{
			`notify[0].only[0]: "suceeded" is not a known outcome; did you mean "succeeded"?`,
			`notify[0].only[2]: "failed" is the same as item 1; keep one`}},
	})
	for _, email := range []string{"", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\\n", "a@\\u00a0b", "a\\u0000@b"} {
		t.Run("not an e-mail address: "+email, func(t *testing.T) {
			got := faultsOf(t, notify(`{"email": "`+email+`"}`))
			if len(got) != 1 || !strings.HasPrefix(got[0], "notify[0].email: ") ||
				!strings.HasSuffix(got[0], "is not an e-mail address; write name@example.com") {
				t.Errorf("faults = %q", got)
			}
		})
	}
}
