package fleet_test

import (
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// Who releases a hold is asked about that which the page shows; who asked can say so.
func TestPage_Release(t *testing.T) {
	s, l := eight(t)
	l.fleet.Fleet.Hold = maintenance.Hold{Until: now.Add(time.Hour), Since: now}
	for _, parameters := range []string{"", `"server": "compiler-2", `} {
		page := shown(t, s, l, console(600, "light", parameters))
		for _, want := range []string{
			"confirmation='End the hold until Fri 27 Nov 09:14 CET, night shift: disk is being replaced? compiler-2'>" +
				`{"release":{"serverName":"compiler-2","until":"2026-11-27T08:14:00Z"}}<`,
			`confirmation='End the hold until Fri 27 Nov 03:14 CET? all servers'>{"release":{"until":"2026-11-27T02:14:00Z"}}<`,
		} {
			if !strings.Contains(page, want) {
				t.Errorf("%s has no %s", parameters, want)
			}
		}
		if has := strings.Contains(page, "name='by'"); has != (parameters != "") {
			t.Errorf("%s has a field for who asks: %v", parameters, has)
		}
	}
}

// A page that is shown once starts a server once, however often its button is clicked.
func TestPage_StartOnce(t *testing.T) {
	s, l := eight(t)
	if page := shown(t, s, l, console(600, "light", "")); !strings.Contains(page,
		`{"start":{"serverName":"puppet-02","key":"page-puppet-02-2026-11-27T01:14:00Z"}}`) {
		t.Error("the start has no key of the page's time")
	}
}
