package events_test

import (
	"slices"
	"strings"
	"testing"

	"opsworks-maintenance/events"
)

// A contributor's attributes are those of one query, which may be over the metrics of several accounts (issue 11, row 24).
func TestDecode_ContributorOfAnotherAccount(t *testing.T) {
	const file, attributes = "aws/eb-alarm-contributor-state.json", `"TableName": "example-dynamodb-table-name"`
	for _, tt := range []struct{ name, attributes, metric, elsewhere string }{
		{"of this account", `"ServerName": "automate-06"`, ``, ``},
		{"of this account, grouped by account", `"ServerName": "automate-06", "AWS.AccountId": "123456789012"`, ``, ``},
		{"of another account, grouped by account", `"ServerName": "automate-06", "AWS.AccountId": "444455556666"`, ``,
			`account "444455556666"`},
		{"of a query over another account", `"ServerName": "automate-06"`, `"accountId": "444455556666", `, `account "444455556666"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			payload := string(replaced(t, file, attributes, tt.attributes))
			payload = strings.NewReplacer(`"muteDetail"`, `"wasMutedBy"`, `"expression"`, tt.metric+`"expression"`).Replace(payload)
			got, err := events.Decode([]byte(payload))
			if err != nil {
				t.Fatal(err)
			}
			alarm := got.(events.Alarm)
			if tt.elsewhere == "" && (!slices.Equal(alarm.Dimensions, []string{"automate-06"}) || alarm.Elsewhere != nil) ||
				tt.elsewhere != "" && (alarm.Dimensions != nil || !slices.Equal(alarm.Elsewhere, []string{tt.elsewhere})) {
				t.Errorf("dimensions %q, elsewhere %q", alarm.Dimensions, alarm.Elsewhere)
			}
		})
	}
}
