package simulation

import (
	"net/http"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/maintenance"
)

// opsWorks is OpsWorks CM. A start is accepted, and what becomes of it is the world's to say.
func (d *deep) opsWorks(c *call, q sent, a *answer) {
	defer d.chefs.ClearFaults()
	switch q.operation {
	case "DescribeServers":
		for _, s := range d.story.Servers {
			if s.Backend == "opsworks-cm" && (q.names(s.Name)) {
				d.describeServer(c, s.Name)
			}
		}
	case "DescribeEvents":
		d.chefs.Inject(simulator.Fault{Operation: q.operation, Kind: simulator.ReadLag, Lag: d.behindNow(c, "events")})
		if _, ok := d.oddOf(c, "events", "partial", d.knobs.Partial, happens("partial")); ok {
			d.chefs.Inject(simulator.Fault{Operation: q.operation, Kind: simulator.PartialAnswer})
		}
	case "StartMaintenance":
		d.startMaintenance(c, q, a)
		return
	}
	d.chefs.ServeHTTP(a, q.as())
}

// names reports whether a request is about a server, by its name or as one of all.
func (q sent) names(server string) bool {
	named := jsonOf[struct{ ServerName string }](string(q.body)).ServerName
	return named == "" || named == server
}

func (d *deep) describeServer(c *call, name string) {
	if d.plant.missing(c, name) {
		d.chefs.Inject(simulator.Fault{Operation: "DescribeServers", Server: name, Kind: simulator.EmptyAnswer})
	}
	late := d.behindNow(c, "server-"+name)
	for _, kind := range []simulator.Kind{simulator.ReadLag, simulator.ListLag} {
		d.chefs.Inject(simulator.Fault{Operation: "DescribeServers", Server: name, Kind: kind, Lag: late})
	}
}

func (d *deep) startMaintenance(c *call, q sent, a *answer) {
	d.watchSent(c, q.run)
	if d.plant.gone(q.run.ServerName) {
		a.take(q.refusal(http.StatusBadRequest, "ResourceNotFoundException"))
		return
	}
	if reason := d.plant.refused(c, "opsworks-cm"); reason != "" {
		a.take(q.refusal(http.StatusBadRequest, refusals[reason]))
		return
	}
	d.chefs.Inject(simulator.Fault{Operation: q.operation, Kind: simulator.NeverBegins}) // by itself
	d.chefs.ServeHTTP(a, q.as())
	if a.code != http.StatusOK {
		return
	}
	j := opsworksCM{d.plant}.drawn(q.run)
	d.maintain(j)
	d.watchStart(c, q.run, j)
	d.watchKnown(c, q.run)
}

// maintain lets a maintenance take its course. One that meets a server that cannot be maintained never begins.
func (d *deep) maintain(j *job) {
	d.plant.add(j)
	if j.begins.IsZero() {
		return
	}
	_, silent := d.oddly(d.knobs.NoEvent, happens("no-event"), j.id, "no-event")
	d.at(j.begins, func() {
		if d.plant.gone(j.server) {
			return
		}
		if err := d.chefs.Begin(j.server, silent); err != nil {
			j.begins, j.ends, j.result = time.Time{}, d.now(), maintenance.ExecutionCancelled
			return
		}
		d.going[j.server] = j
	})
	d.at(j.ends, func() {
		if d.going[j.server] == j {
			check(d.chefs.FailMaintenance(j.server, j.result == maintenance.ExecutionFailed))
			check(d.chefs.Complete(j.server))
			d.going[j.server] = nil
		}
	})
}

// backUp lets the service make a backup; false where it has something else to do.
func (d *deep) backUp(server string, until time.Time) bool {
	before := d.status[server]
	if len(d.plant.active(d.plant.server(server), d.now())) > 0 || !maintenance.Status(before).Startable() {
		return false
	}
	check(d.chefs.SetStatus(server, string(maintenance.StatusBackingUp)))
	d.at(until, func() {
		if d.status[server] == string(maintenance.StatusBackingUp) {
			check(d.chefs.SetStatus(server, before))
		}
	})
	return true
}

// others is a maintenance that others have started.
func (d *deep) others(j *job) {
	s := d.plant.server(j.server)
	if s.Backend == "opsworks-cm" {
		d.maintain(j)
		return
	}
	d.ids.drawnFor(d.story.Seed, named(j.id))
	id, err := d.nodes.StartByHand(deployed(s), map[string][]string{maintenance.ParameterNode: {nodeID(s.Node)}})
	check(err)
	j.id = id
	d.follow(j)
}
