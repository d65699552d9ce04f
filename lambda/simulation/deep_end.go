package simulation

import "opsworks-maintenance/lambda/maintenance"

// atEnd: what the invariants took the services to be is what they say of themselves.
func (d *deep) atEnd() {
	executions, accepted := 0, map[string]int{}
	for _, j := range d.plant.jobs {
		switch {
		case j.node != "":
			executions++
		case j.ours():
			accepted[j.server]++
		}
	}
	all := d.nodes.Executions("")
	d.must("records-agree", len(all) == executions, "%d executions are known, and there are %d", executions, len(all))
	for _, e := range all {
		j := d.plant.byID[e.ID]
		state, _ := j.state(d.now())
		said := endings[state]
		switch {
		case !state.Over() && e.Status == "Cancelling":
			said = e.Status
		case state == maintenance.ExecutionPending:
			said = "Pending"
		case state == maintenance.ExecutionRunning:
			said = "InProgress"
		}
		d.must("records-agree", e.Status == said, "the execution %s is %s, and taken to be %s", e.ID, e.Status, said)
	}
	for name, n := range accepted {
		d.must("records-agree", d.chefs.Accepted(name) == n, "%d starts of %s are known, and %d were accepted", n, name, d.chefs.Accepted(name))
	}
}
