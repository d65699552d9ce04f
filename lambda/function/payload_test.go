package function_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// alarm is the event of an alarm that changed its state just now.
func (r *harness) alarm(name, state string) string {
	r.t.Helper()
	sampleName := map[string]string{"ALARM": "alarm.json", "OK": "alarm-ok.json"}[state]
	now := time.Now().UTC()
	return strings.NewReplacer(
		"2026-11-23T22:59:30.989+0000", now.Format("2006-01-02T15:04:05.000-0700"),
		"2026-11-23T22:59:30Z", now.Format(time.RFC3339), "automate-06-health", name,
	).Replace(string(sample(r.t, sampleName)))
}

// rings is the event of the server's alarm.
func (r *harness) rings() string { return r.alarm(contractServer+"-health", "ALARM") }

func (r *harness) schedule(names ...string) string {
	list, err := json.Marshal(names)
	must(r.t, err)
	return fmt.Sprintf(`{"schedule": {"name": "weekly", "time": %q}, "serverNames": %s}`, time.Now().UTC().Format(time.RFC3339), list)
}

const startByName = `{"start": {"serverName": "` + contractServer + `"}}`

// byAction is the latest alarm's event as the alarm's own action sends it.
func (r *harness) byAction() string {
	now := time.Now().UTC()
	sent := string(sample(r.t, "alarm-action.json"))
	return strings.ReplaceAll(sent, "2026-11-23T22:59:30.989+0000", now.Format("2006-01-02T15:04:05.000-0700"))
}
