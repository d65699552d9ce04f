package check_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/settings/check"
)

// What Systems Manager refuses at a start is refused here: the figures are those of the API's model.
func TestResolve_Parameters(t *testing.T) {
	items := func(n int, item func(int) string) string {
		all := make([]string, n)
		for i := range all {
			all[i] = item(i)
		}
		return strings.Join(all, ", ")
	}
	for name, c := range map[string]struct {
		most int
		with func(n int) string
	}{
		"a name":     {50, func(n int) string { return `"` + strings.Repeat("ä", n) + `": ["x"]` }},
		"a value":    {512, func(n int) string { return `"a": ["` + strings.Repeat("ä", n) + `"]` }},
		"values":     {50, func(n int) string { return `"a": [` + items(n, func(int) string { return `"x"` }) + `]` }},
		"parameters": {198, func(n int) string { return items(n, func(i int) string { return fmt.Sprintf(`"p%d": []`, i) }) }},
	} {
		for _, n := range []int{1, c.most, c.most + 1} {
			document := `{"servers": [{"name": "web", "backend": "ssm", "runbook": "Maintain", "parameters": {` + c.with(n) + `}}]}`
			if _, err := check.Resolve([]byte(document), time.Time{}); (err == nil) != (n <= c.most) {
				t.Errorf("%s of %d: %v", name, n, err)
			}
		}
	}
	document := `{"servers": [{"name": "web", "backend": "ssm", "runbook": "Maintain", "parameters": {"a": [""]}}]}`
	if _, err := check.Resolve([]byte(document), time.Time{}); err == nil {
		t.Error("an empty value is taken")
	}
}
