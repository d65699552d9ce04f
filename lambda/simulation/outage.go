package simulation

import (
	"strings"
	"time"
)

// outages are the services that are down for a while, or for ever: ledger, ssm, opsworks-cm, cloudwatch, and each topic by its name.
type outages map[string][]outage

type outage struct {
	span
	how string
}

// serviceOf is the service that answers a call.
func serviceOf(op string) string {
	service, rest, _ := strings.Cut(op, ".")
	if service == "sns" {
		return rest
	}
	return service
}

// outage is what a call meets of the service's being down.
func (w *world) outage(c *call) (fate, time.Duration) {
	if len(w.outages) == 0 {
		return fine, 0
	}
	for _, o := range w.outages[serviceOf(c.op)] {
		if o.covers(w.now()) {
			w.met(c, "outage-"+o.how)
			return fateOf(o.how), roll(w.story.Seed, c.key.and("outage")).between(3*time.Second, timeout)
		}
	}
	return fine, 0
}

// down reports whether a service is, or will be, when nothing should be any more.
func (w *world) down(service string) bool {
	for _, o := range w.outages[service] {
		if o.until.After(w.calm) {
			return true
		}
	}
	return false
}
