package fleet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/message"
	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/cron"
)

// A timeline shows so much on either side of now, an hour in each of its units, and is so many pixels high.
const (
	span   = 14 * 24 * time.Hour
	units  = int(2 * span / time.Hour)
	height = 22
)

// scale is where times are drawn.
type scale struct {
	now  time.Time
	mark int // half the width of a mark, in units: five pixels
	// What several servers have is drawn once.
	windows map[window]string
	firings map[firing]upcoming
}

func newScale(now time.Time, width int) *scale {
	return &scale{now: now, mark: max(5*units/width, 1), windows: map[window]string{}, firings: map[firing]upcoming{}}
}

// at is where a time is drawn.
func (s *scale) at(t time.Time) int {
	return min(max(int(t.Sub(s.now.Add(-span))/time.Hour), 0), units)
}

func (s *scale) shown(t time.Time) bool {
	return t.After(s.now.Add(-span)) && t.Before(s.now.Add(span))
}

// timeline draws two weeks on either side of now: the window shaded, a mark for each end, a bar for the open run, a stroke for each time a
// schedule fires. Outcomes differ in form as well as in colour. One path holds all marks of a kind, so that 1,000 servers are not 1 MB.
func (p *page) timeline(r *row) {
	p.Put("<svg role='img' viewBox='0 0 {} {}' preserveAspectRatio='none'><title>{}</title>", units, height, p.described(r))
	if r.server != nil {
		p.path("w", p.shaded(r.server))
	}
	for _, o := range outcomes {
		var marks string
		for _, end := range r.record.Ends {
			if end.Outcome == o.name && p.shown(end.At) {
				marks += o.drawn(p.at(end.At), p.mark)
			}
		}
		p.path(o.class, marks)
	}
	if at, ok := p.kept(r.record.Ends); ok {
		p.path("k", fmt.Sprintf("M0 11h%d", at))
	}
	p.bar(r)
	var fires dashes
	for _, x := range r.next.at {
		fires.add(x, x+1)
	}
	p.path("n", fires.String())
	p.Put("</svg>")
}

// dashes is a path along the middle of a timeline.
type dashes struct {
	strings.Builder
	end int
}

// add adds a dash, if it begins behind the one before.
func (d *dashes) add(from, to int) {
	switch {
	case d.Len() == 0:
		fmt.Fprintf(d, "M%d 11h%d", from, to-from)
	case from >= d.end:
		fmt.Fprintf(d, "m%d 0h%d", from-d.end, to-from)
	default:
		return
	}
	d.end = to
}

// path is one path of a class, if it has anything.
func (p *page) path(class, d string) {
	if d != "" {
		p.Put("<path class='{}' d='{}'/>", class, d)
	}
}

// outcomes are those that a run which began can have, and how each is drawn: a dot, a cross, a box. The mark's half width is given.
var outcomes = []struct {
	name  maintenance.Outcome
	class string
	drawn func(at, half int) string
}{
	{maintenance.OutcomeSucceeded, "s", func(at, _ int) string { return fmt.Sprintf("M%d 11h.01", at) }},
	{maintenance.OutcomeFailed, "f", func(at, half int) string {
		return fmt.Sprintf("M%d 6l%d 10m0-10l-%[2]d 10", at-half, 2*half)
	}},
	{maintenance.OutcomeCancelled, "c", func(at, half int) string { return fmt.Sprintf("M%d 7h%dv8h-%[2]dz", at-half, 2*half) }},
}

// bar is the open run, from its first trigger on; where it waits, to when it may start.
func (p *page) bar(r *row) {
	if r.run.ID == "" {
		return
	}
	class, from, to := "r", r.run.Created, p.now
	if r.run.State == maintenance.RunWaiting {
		class = "q"
		if r.run.Wait.Until.After(p.now) {
			to = r.run.Wait.Until
		}
	}
	p.path(class, fmt.Sprintf("M%d 11h%d", p.at(from)-p.mark/2, max(p.at(to)-p.at(from), 1)+p.mark/2))
}

// kept is where the oldest end is drawn of as many as a server keeps, if that is within the two weeks: what was before it is not known.
func (s *scale) kept(ends []maintenance.End) (at int, ok bool) {
	n := len(ends)
	if n < maintenance.MaxEnds || !s.shown(ends[n-1].At) {
		return 0, false
	}
	return s.at(ends[n-1].At), true
}

// described is the timeline in words, for who does not see it.
func (s *scale) described(r *row) string {
	var parts []string
	for _, outcome := range outcomes {
		n := 0
		for _, end := range r.record.Ends {
			if end.Outcome == outcome.name && s.shown(end.At) {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, strconv.Itoa(n)+" "+string(outcome.name))
		}
	}
	switch {
	case !r.read:
		parts = []string{"not read"}
	case len(parts) == 0:
		parts = []string{"no run ended"}
	}
	text := "Last two weeks: " + strings.Join(parts, ", ")
	if _, ok := s.kept(r.record.Ends); ok {
		text += ", and earlier ones are not kept"
	}
	if r.next.times > 0 {
		text += fmt.Sprintf(". Next two: %d scheduled", r.next.times)
	}
	return text + "."
}

// window is a window on a clock, by which shadings are shared.
type window struct {
	settings.Window
	zone string
}

// shaded is the path of a server's window; empty for one that is always open.
func (s *scale) shaded(server *settings.Server) string {
	key := window{server.Window, server.Timezone}
	if path, drawn := s.windows[key]; drawn || server.Window.Always() {
		return path
	}
	var open dashes
	opens, end := server.Opens(), s.now.Add(span)
	for at := s.now.Add(-span); at.Before(end); {
		if !opens.Contains(at) {
			next, ok := opens.Opens(at)
			if !ok || next.After(end) {
				break
			}
			at = next
		}
		closes := opens.Closes(at)
		open.add(s.at(at), max(s.at(closes), s.at(at)+1))
		at = closes
	}
	s.windows[key] = open.String()
	return s.windows[key]
}

// upcoming is when schedules of a server fire in the next two weeks.
type upcoming struct {
	at    []int     // where they are drawn, one an hour at most
	times int       // how many they are
	next  time.Time // the first of them, or of half a year; zero if there is none, or it is not certain
	// text is the next one and its schedule, or what can be said instead.
	text string
}

// firing is a schedule on a clock, by which its times are shared.
type firing struct{ expression, zone string }

// mostFirings are those of a schedule that fires every minute, which is as often as one can.
const mostFirings = int(span / time.Minute)

// upcoming is empty for a server that is disabled: its schedules start nothing.
func (s *scale) upcoming(server *settings.Server) (u upcoming) {
	if !server.Enabled {
		return u
	}
	for _, schedule := range server.Schedules {
		key := firing{schedule.Expression, server.Timezone}
		fires, known := s.firings[key]
		if !known {
			fires = s.fires(schedule.Expression, server.Location)
			s.firings[key] = fires
		}
		if !fires.next.IsZero() && (u.next.IsZero() || fires.next.Before(u.next)) {
			u.next, u.text = fires.next, when(fires.next, server.Location)+" ("+schedule.Name+")"
		}
		if u.text == "" {
			u.text = schedule.Name + ": " + schedule.Expression
		}
		u.at, u.times = append(u.at, fires.at...), u.times+fires.times
	}
	slices.Sort(u.at)
	if u.text == "" && server.After != "" {
		u.text = "after " + server.After
	}
	return u
}

func (s *scale) fires(expression string, zone *time.Location) (u upcoming) {
	f, err := cron.Parse(expression)
	if err != nil {
		return u
	}
	now := s.now.In(zone)
	if first, _ := f.Between(now, now.AddDate(0, 6, 0), 1); len(first) > 0 {
		u.next = first[0]
	}
	times, _ := f.Between(now, now.Add(span), mostFirings)
	for _, t := range times {
		u.at = append(u.at, s.at(t))
	}
	u.at, u.times = slices.Compact(u.at), len(times)
	return u
}

// axis names the days at which the weeks begin.
func (p *page) axis() {
	now := p.now.In(zoneOfAll(p.Settings))
	p.Put("<tr><td colspan='4'><div class='ax' aria-hidden='true'>")
	for week := -2; week < 2; week++ {
		day := now.AddDate(0, 0, 7*week).Format("Mon 2 Jan")
		if week == 0 {
			day = "now, " + now.Format(clock)
		}
		p.Put("<span>{}</span>", day)
	}
	p.Put("</div></td></tr>")
}

// legend says what the marks mean, with the marks.
func (p *page) legend() {
	mark := func(class, d, what string) *message.HTML {
		var h message.HTML
		h.Put("<span><svg aria-hidden='true' viewBox='0 0 18 {}'><path class='{}' d='{}'/></svg> {}</span> ", height, class, d, what)
		return &h
	}
	p.Put("<p class='lg'>")
	for _, o := range outcomes {
		p.Put("{}", mark(o.class, o.drawn(9, 5), string(o.name)))
	}
	p.Put("{}{}{}{}{}</p>", mark("k", "M1 11h16", "earlier ends are not kept"), mark("r", "M1 11h16", "running"),
		mark("q", "M1 11h16", "waiting"), mark("n", "M8 11h2", "schedule"), mark("w", "M0 11h18", "window"))
}
