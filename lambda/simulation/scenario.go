package simulation

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Draw is the story of a seed: which servers there are, which faults exist and how strong, and what happens in the world. In its first
// half anything may break; from Calm on nothing does, and what is pending has to finish. One in so many lives sixteen days, fifteen of them
// hostile: longer than any topic is waited for.
func Draw(seed, oneIn uint64) Story {
	r := roll(seed, named("story"))
	s := Story{Seed: seed, Hours: 6 * time.Hour, Calm: 3 * time.Hour, Topics: []string{"text", "records", "chat"}}
	if seed%oneIn == 0 {
		s.Hours, s.Calm = 16*day, 15*day
	}
	s.Knobs.draw(roll(seed, named("knobs")))
	d := &drawer{Story: &s}
	d.servers(r)
	for _, server := range s.Servers {
		d.triggers(server)
		d.operators(server)
		d.surroundings(server)
		d.troubles(server)
	}
	d.fleet()
	slices.SortStableFunc(s.Lines, func(a, b Line) int { return int(a.At - b.At) })
	return s
}

const day = 24 * time.Hour

// often is how often what may happen so many times in hours may happen in this story.
func (s *Story) often(times int) int {
	if s.Calm > day {
		return 5 * times
	}
	return times
}

// drawer draws a story's lines. Each has a name of its own, from which all about it is drawn.
type drawer struct{ *Story }

func (d *drawer) roll(name string) *roller { return roll(d.Seed, named(name)) }

func (d *drawer) line(at time.Duration, id, verb string, args ...string) {
	if at < 0 || at >= d.Calm {
		return
	}
	d.Lines = append(d.Lines, Line{at.Truncate(time.Millisecond), id, verb, args})
}

func (d *drawer) servers(r *roller) {
	all := []Server{
		{Name: "puppet-01", Backend: "ssm", Node: "mi-1", Own: true},
		{Name: "puppet-02", Backend: "ssm", Node: "mi-2"},
		{Name: "automate-06", Backend: "opsworks-cm"},
		{Name: "puppet-03", Backend: "ssm", Node: "mi-1", Own: true}, // the same node by another name
	}
	first := r.below(3)
	for i := range 1 + r.below(4) {
		d.Servers = append(d.Servers, d.server(r, all[(first+i)%len(all)]))
	}
	order := d.roll("order")
	for i := range d.Servers {
		if b := d.roll("blocked-" + d.Servers[i].Name); b.chance(0.25) {
			d.Servers[i].Blocked = oneOf(b, "db-", "db-,storage")
		}
		if e := d.roll("expect-" + d.Servers[i].Name); e.chance(0.2) {
			d.Servers[i].Expect = 2 * time.Hour
			if d.Calm > day {
				d.Servers[i].Expect = oneOf(e, 30*time.Hour, 5*day)
			}
		}
	}
	for i := range d.Servers[1:] {
		if order.chance(0.4) {
			d.Servers[i+1].After = d.Servers[order.below(i+1)].Name
		}
	}
	if r.chance(0.35) {
		d.Limit = 1 + r.below(2)
	}
	if r.chance(0.1) {
		d.Topics = oneOf(r, []string{"text"}, []string{"text", "records"}, []string{"records"})
	}
}

func (d *drawer) server(r *roller, s Server) Server {
	s.Stale, s.Deadline = 15*time.Minute, oneOf(r, 20*time.Minute, 90*time.Minute, 3*time.Hour)
	s.Cooldown = oneOf(r, 0, 10*time.Minute, time.Hour)
	s.Daily = oneOf(r, 0, 0, 1, 3)
	s.Expires = oneOf(r, 0, 20*time.Minute, time.Hour, 2*time.Hour)
	s.Keep = r.chance(0.1)
	if r.chance(0.35) {
		s.From = 5 * r.below(26)
		s.Until = s.From + 5 + 5*r.below(20)
	}
	if r.chance(0.15) {
		s.Approval = oneOf(r, "alarm", "alarm", "schedule", "after")
	}
	return s
}

// edges are the times that are worth aiming at: where a window opens and closes, and where what came then expires.
func (d *drawer) edge(r *roller, s Server) time.Duration {
	edges := []time.Duration{r.between(0, d.Calm)}
	if s.From != s.Until {
		from, until := time.Duration(s.From)*time.Minute, time.Duration(s.Until)*time.Minute
		edges = append(edges, from, until, from-s.Expires, until-s.Expires)
	}
	at := edges[r.below(len(edges))]
	if d.Calm > day {
		at = at%day + time.Duration(r.below(int(d.Calm/day)))*day
	}
	return at + oneOf(r, 0, r.between(-3*time.Second, 3*time.Second), r.between(-40*time.Second, 90*time.Second))
}

// triggers are alarms and their returns to OK, and schedules. EventBridge delivers at least once, late and in any order.
func (d *drawer) triggers(s Server) {
	for i := range d.often(4) {
		id := fmt.Sprintf("alarm-%s-%d", s.Name, i)
		r := d.roll(id)
		if !r.chance(0.5) {
			continue
		}
		at := d.edge(r, s)
		args := []string{"server=" + s.Name, "name=" + oneOf(r, "health", "disk"), "time=" + at.Truncate(time.Millisecond).String()}
		if r.chance(0.05) {
			args = append(args, "new=true")
		}
		arrives := at + r.between(0, 3*time.Second) + d.late(id)
		of := d.roll("ways-" + id)
		way := d.ways(of)
		d.line(arrives, id, "alarm", append(slices.Clone(args), way())...)
		if of.chance(0.4) {
			d.line(at+oneOf(of, of.between(0, time.Second), of.between(0, 5*time.Minute)), id+".way", "alarm", append(slices.Clone(args), way())...)
		}
		if b := d.roll("before-" + id); s.After != "" && b.chance(0.4) { // the one that goes before is asked for in the same moment
			d.line(arrives+b.between(0, 100*time.Millisecond), "before-"+id, "alarm", "server="+s.After, "name=before",
				"time="+at.Truncate(time.Millisecond).String())
		}
		if b := d.roll("brake-" + id); b.chance(0.06) {
			d.brake(b, at+b.between(0, 4*time.Second), "brake-"+id, args[0])
		}
		for n := range 2 {
			if r.chance(d.Knobs.Twice) {
				d.line(at+oneOf(r, r.between(0, 2*time.Second), r.between(0, 5*time.Minute), r.between(0, time.Hour)),
					fmt.Sprintf("%s.%d", id, n+2), "alarm", append(slices.Clone(args), way())...)
			}
		}
		if r.chance(0.3) {
			back := at + oneOf(r, r.between(0, 5*time.Second), r.between(0, 10*time.Minute), r.between(0, time.Hour))
			d.line(back+r.between(0, 3*time.Second)+d.late("ok-"+id), "ok-"+id, "ok", "server="+s.Name, args[1],
				"time="+back.Truncate(time.Millisecond).String(), way())
		}
	}
}

// late is for how long an event stands in a queue: EventBridge and Lambda try for hours, and a dead letter is sent again later than that
// (eb-rule-retry-policy.html, invocation-async-configuring.html).
func (d *drawer) late(id string) time.Duration {
	r := d.roll("late-" + id)
	if !r.chance(0.07) {
		return 0
	}
	return oneOf(r, r.between(time.Minute, 20*time.Minute), r.between(10*time.Minute, 3*time.Hour))
}

// ways are those by which deliveries of one alarm come, one after the other.
func (d *drawer) ways(r *roller) func() string {
	first := r.below(len(ways))
	return func() string {
		first++
		return "way=" + ways[first%len(ways)]
	}
}

// operators start, stop and close by hand, and look.
func (d *drawer) operators(s Server) {
	for i := range d.often(3) {
		id := fmt.Sprintf("operator-%s-%d", s.Name, i)
		r := d.roll(id)
		if !r.chance(0.2) {
			continue
		}
		verb := oneOf(r, "start", "start", "start", "stop", "close", "approve", "status", "plan", "history")
		args := []string{"server=" + s.Name}
		if verb == "start" && r.chance(0.4) {
			args = append(args, "override="+oneOf(r, "window", "window,calendar", "hold", "window,hold,calendar"))
		}
		if r.chance(0.4) { // by a command in a message, old or new
			args = append(args, fmt.Sprintf("run=%d", 1+r.below(3)))
		}
		at := d.edge(r, s)
		d.line(at, id, verb, args...)
		if r.chance(d.Knobs.Impatience) {
			d.line(at+r.between(0, 20*time.Second), id+".2", verb, append(args, "key="+oneOf(r, id, id+".2"))...)
		}
	}
}

// surroundings are what others do to a server, and what it does by itself.
func (d *drawer) surroundings(s Server) {
	r := d.roll("around-" + s.Name)
	name, long := "server="+s.Name, func(least, most time.Duration) string {
		return "for=" + r.between(least, most).Truncate(time.Second).String()
	}
	if r.chance(0.15) {
		d.line(r.between(0, d.Calm), "foreign-"+s.Name, "foreign", name, long(5*time.Minute, 50*time.Minute))
	}
	if s.Backend == "opsworks-cm" && r.chance(0.3) {
		d.line(r.between(0, d.Calm), "backup-"+s.Name, "backup", name, long(time.Minute, 20*time.Minute))
	}
	if s.Backend == "ssm" && r.chance(0.1) {
		d.line(r.between(0, d.Calm), "calendar-"+s.Name, "calendar", name, long(time.Minute, time.Hour))
	}
	if r.chance(0.1) {
		d.brake(d.roll("hold-"+s.Name), r.between(0, d.Calm), "hold-"+s.Name, name)
	}
	if s.Approval != "" && r.chance(0.4) {
		d.line(r.between(0, d.Calm), "change-"+s.Name, "deploy", "change="+s.Name)
	}
	if q := d.roll("gone-" + s.Name); q.chance(0.04) {
		d.line(q.between(0, d.Calm), "gone-"+s.Name, "gone", name)
	}
	for i := range d.often(2) {
		id := fmt.Sprintf("deploy-%s-%d", s.Name, i)
		if r := d.roll(id); r.chance(0.06) {
			d.line(r.between(0, d.Calm), id, "deploy", oneOf(r, "drop=", "add=", "disable=")+s.Name)
		}
	}
}

// troubles are alarms that go on and off, those that block a server and others, about when it would start.
func (d *drawer) troubles(s Server) {
	if s.Blocked == "" {
		return
	}
	for i := range d.often(4) {
		id := fmt.Sprintf("trouble-%s-%d", s.Name, i)
		r := d.roll(id)
		if !r.chance(0.5) {
			continue
		}
		at := d.edge(r, s)
		if alarm := d.roll(fmt.Sprintf("alarm-%s-%d", s.Name, i)); alarm.chance(0.5) && r.chance(0.7) { // a moment before what asks for it
			at = d.edge(alarm, s) - r.between(0, 5*time.Minute)
		}
		for n := range 1 + r.below(3) { // more than a page has
			long := oneOf(r, r.between(time.Second, time.Minute), r.between(0, 20*time.Minute), r.between(0, 2*time.Hour))
			d.line(at+time.Duration(n)*r.between(0, 5*time.Minute), fmt.Sprintf("%s.%d", id, n), "trouble",
				"of="+oneOf(r, "db-1", "db-2", "db-3", "db-other", "storage"), "for="+min(long, d.Calm-at).Truncate(time.Second).String())
		}
		if r.chance(0.2) {
			d.line(at+r.between(0, 20*time.Minute), "despite-"+id, "start", "server="+s.Name, "override=blocked,window")
		}
	}
}

// brake is a hold, perhaps another in its place, a start anyway, and a release, perhaps of nothing.
func (d *drawer) brake(r *roller, at time.Duration, id string, whom ...string) {
	for i := range 2 {
		args := slices.Clone(whom)
		if r.chance(0.95) { // else for a day
			args = append(args, "for="+r.between(time.Minute, time.Hour).Truncate(time.Second).String())
		}
		if i == 0 || r.chance(0.3) {
			d.line(at+time.Duration(i)*r.between(0, time.Hour), fmt.Sprintf("%s.%d", id, i+1), "hold", args...)
		}
	}
	if r.chance(0.5) {
		d.line(at+oneOf(r, r.between(0, time.Second), r.between(0, 90*time.Minute)), "un"+id, "release", whom...)
	}
	if len(whom) > 0 && r.chance(0.3) {
		d.line(at+r.between(0, time.Hour), "over"+id, "start", append(slices.Clone(whom), "override=hold,order")...)
	}
}

// fleet is what happens to all of them.
func (d *drawer) fleet() {
	var names, first []string
	for _, s := range d.Servers {
		if names = append(names, s.Name); s.After == "" {
			first = append(first, s.Name)
		}
	}
	all := "server=" + strings.Join(names, ",")
	if d.roll("first").chance(0.6) { // the others follow
		all = "server=" + strings.Join(first, ",")
	}
	for i := range d.often(2) {
		id := fmt.Sprintf("schedule-%d", i)
		r := d.roll(id)
		if !r.chance(0.4) {
			continue
		}
		at := d.edge(r, d.Servers[r.below(len(d.Servers))])
		args := []string{all, "name=weekly", "time=" + at.Truncate(time.Second).String()}
		d.line(at+r.between(0, 2*time.Second)+d.late(id), id, "schedule", args...)
		if r.chance(d.Knobs.Twice) {
			d.line(at+r.between(0, 10*time.Minute), id+".2", "schedule", args...)
		}
	}
	r := d.roll("fleet")
	for i := range 2 {
		if r.chance(0.08) {
			d.line(r.between(0, d.Calm), fmt.Sprintf("limit-%d", i), "deploy", fmt.Sprintf("limit=%d", r.below(3)))
		}
	}
	if r.chance(0.05) {
		d.line(r.between(0, d.Calm), "topics", "deploy", "topics="+oneOf(r, "text", "text,records", "records"))
	}
	if r.chance(0.08) {
		d.brake(d.roll("hold-fleet"), r.between(0, d.Calm), "hold-fleet")
	}
	if r.chance(0.05) {
		d.line(r.between(0, d.Calm), "unreadable", "unreadable", "of=aws.cloudwatch/odd")
	}
	for _, service := range []string{"ledger", "ssm", "opsworks-cm", "cloudwatch", "text", "records", "chat"} {
		d.outage(service)
	}
}

func (d *drawer) outage(service string) {
	r := d.roll("outage-" + service)
	if !r.chance(0.12) {
		return
	}
	how, at := oneOf(r, "fail-before", "fail-before", "fail-after", "hang", "hang-after"), r.between(0, d.Calm)
	long := oneOf(r, r.between(0, time.Minute), r.between(0, 20*time.Minute), r.between(0, 2*time.Hour))
	topic := slices.Contains([]string{"text", "records", "chat"}, service)
	if topic && d.Calm > day {
		long = oneOf(r, long, r.between(0, 3*day))
	}
	args := []string{"service=" + service, "how=" + how, "for=" + min(long, d.Calm-at).Truncate(time.Second).String()}
	if topic && r.chance(0.2) {
		args[2] = "for=ever"
	} else if service == "opsworks-cm" && r.chance(0.7) {
		args[2] = "for=" + min(long, d.Calm-at, longestLate).Truncate(time.Second).String() // what nobody saw, nobody can tell
	}
	d.line(at, "outage-"+service, "outage", args...)
}
