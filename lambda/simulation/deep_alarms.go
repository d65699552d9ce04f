package simulation

import (
	"fmt"
	"net/http"

	cwsim "opsworks-maintenance/lambda/local/simulator/cloudwatch"
	"opsworks-maintenance/lambda/maintenance"
)

// cloudWatch answers DescribeAlarms, two alarms a page at most: each page is a request of its own, as late as it likes.
func (d *deep) cloudWatch(c *call, q sent, a *answer) {
	switch reason := d.alarms.unanswered(c); reason {
	case maintenance.ReasonThrottled:
		a.take(q.refusal(http.StatusBadRequest, "Throttling"))
		return
	case maintenance.ReasonDenied:
		a.take(q.refusal(http.StatusForbidden, "AccessDenied"))
		return
	case "":
	default: // of the answer, half
		defer func() { a.body.Truncate(a.body.Len() / 2) }()
	}
	service := cwsim.New(cwsim.Config{Region: region, Account: account, Most: 2})
	for name, since := range d.alarms.inAlarmAt(d.plant.lag(c, "alarms")) {
		service.Put(name, cwsim.State{Value: "ALARM", Reason: fmt.Sprint(name, " is in trouble"), At: since})
	}
	service.ServeHTTP(a, q.as())
}
