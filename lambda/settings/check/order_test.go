package check_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/settings/check"
)

// chain is a document of servers, each "name" or "name after another".
func chain(servers ...string) string {
	var list []string
	for _, s := range servers {
		name, after, _ := strings.Cut(s, " after ")
		text := fmt.Sprintf(`{"name": %q, "backend": "opsworks-cm"`, name)
		if after != "" {
			text += fmt.Sprintf(`, "after": %q`, after)
		}
		list = append(list, text+"}")
	}
	return `{"servers": [` + strings.Join(list, ", ") + `]}`
}

func TestResolve_Order(t *testing.T) {
	var many []string
	for i := range 101 {
		many = append(many, fmt.Sprintf("c%d after a", i))
	}
	checkFaults(t, []faultCase{
		{"a name that is no server's", chain("a after b"),
			[]string{`servers[0].after: "b" is no server of this document; write the name of one that is listed`}},
		{"a server after itself", chain("a after a"),
			[]string{`servers[0].after: goes round in a circle: a after a; one of them has to go first`}},
		{"a circle, once, and what hangs on it", chain("a after c", "b after a", "c after b", "d after a"),
			[]string{`servers[0].after: goes round in a circle: a after c after b after a; one of them has to go first`}},
		{"too many followers", chain(append([]string{"a"}, many...)...),
			[]string{`servers[101].after: "a" is followed by more than 100 servers; let some follow one of those`}},
	})
	if _, err := check.Resolve([]byte(chain("db", "primary after db", "replica after primary", "c1 after replica", "c2 after replica")),
		time.Time{}); err != nil {
		t.Error(err)
	}
}

func TestResolve_Approval(t *testing.T) {
	document := func(approval string) string {
		return `{"servers": [{"name": "a", "backend": "opsworks-cm", "approval": ` + approval + `}]}`
	}
	checkFaults(t, []faultCase{
		{"a kind that wants none", document(`["manual"]`),
			[]string{`servers[0].approval[0]: "manual" is not a known kind of trigger; known are alarm, schedule, after`}},
	})
}
