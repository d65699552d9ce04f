package fleet

import (
	"context"
	"fmt"
	"strings"
	"time"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/message"
	"opsworks-maintenance/lambda/settings"
)

// So many servers stand on the page with their buttons; the others are folded. The page stays under 1 MB: what has no room is left out, and
// that is said, timelines first. A row without one is taken for so many bytes.
const (
	unfolded = 20
	mostSize = 960_000
	rowSize  = 700
)

// fleet is the page of all servers.
func (p *page) fleet(ctx context.Context) {
	names := make([]string, len(p.Settings.Servers))
	for i, server := range p.Settings.Servers {
		names[i] = server.Name
	}
	fleet := p.Runner.Status(ctx, names)
	rows := p.rows(fleet)
	if fleet.Err != nil {
		sentence(&p.HTML, "The table of runs could not be read, so what follows is not all: "+fleet.Err.Error())
	}
	p.head(fleet, rows)
	if len(rows) == 0 {
		p.Put("<p>The settings have no servers.</p>")
		return
	}
	first := rows[:min(len(rows), unfolded)]
	p.table(first, true)
	if rest := rows[len(first):]; len(rest) > 0 {
		p.Put("<details><summary>{} more: {}</summary>", len(rest), counted(rest))
		p.table(rest, false)
		p.Put("</details>")
	}
	p.legend()
	p.Put("<p class='lg'>Times are the servers' own. A server's name opens its history. Buttons call {}; who lacks lambda:InvokeFunction on "+
		"it is shown AccessDenied.</p>", p.function.Name+":operators")
}

// head is how many servers stand how, the fleet's hold, and who has the slots.
func (p *page) head(fleet maintenance.Fleet, rows []row) {
	p.Put("<p class='hd'><b>{} servers</b>: {}", len(rows), counted(rows))
	if limit := p.Settings.MaxConcurrent; limit > 0 && fleet.Err == nil {
		taken := 0
		for _, holder := range fleet.Slots {
			if holder != "" {
				taken++
			}
		}
		p.Put("; {} of {} slots taken", taken, limit)
	}
	p.Put("</p>")
	hold := fleet.Fleet.Hold
	if !hold.Live(p.now) {
		p.Put("<p>")
		p.button(button{label: "Hold all servers…", title: holds, endpoint: p.self, request: asking{Hold: true}})
		p.Put("</p>")
		return
	}
	p.fleetHeld(hold, zoneOfAll(p.Settings))
}

// fleetHeld is the hold of all servers, with what ends it.
func (p *page) fleetHeld(hold maintenance.Hold, zone *time.Location) {
	said := message.Summary(maintenance.Report{Outcome: maintenance.OutcomeHeld, Until: hold.Until, At: hold.Since, Zone: zone.String()})
	p.Put("<p class='say'><b>{}</b>{} ", said, after(" ", words(hold)))
	p.button(release(p.Operators, "", hold, zone))
	p.Put("</p>")
}

// counted says how many servers stand how: "2 running, 1 failed".
func counted(rows []row) string {
	counts := map[state]int{}
	for _, r := range rows {
		counts[r.state]++
	}
	var parts []string
	for s := unread; s <= removed; s++ {
		if n := counts[s]; n > 0 {
			_, word, _ := strings.Cut(glances[s][1], " ")
			if s >= quiet {
				word = glances[s][1]
			}
			parts = append(parts, fmt.Sprintf("%d %s", n, word))
		}
	}
	return strings.Join(parts, ", ")
}

// table has two lines a server: in words, and the timeline.
func (p *page) table(rows []row, buttons bool) {
	p.Put("<table><thead><tr><th scope='col'>Server</th><th scope='col'>Now</th><th scope='col'>Last end</th><th scope='col'>Next</th></tr>")
	p.axis()
	p.Put("</thead>")
	plain := 0
	for i := range rows {
		r := &rows[i]
		if p.sent() > mostSize {
			p.Put("<tbody><tr><td colspan='4'>And {} more, which have no room here.</td></tr></tbody>", len(rows)-i)
			break
		}
		p.Put("<tbody><tr><th scope='row'>")
		p.button(button{label: r.name, plain: true, endpoint: p.self, request: asking{Server: r.name}})
		p.Put("</th><td>")
		p.stand(r, buttons)
		if buttons {
			p.Put("<br>")
			p.buttons(r)
		}
		p.Put("</td><td>")
		switch {
		case !r.read:
			p.Put("not read")
		case len(r.record.Ends) > 0:
			p.Put("{} {}", ended(r.record.Ends[0].Outcome), when(r.record.Ends[0].At, r.zone))
		}
		p.Put("</td><td>{}</td></tr>", r.next.text)
		if p.sent()+rowSize*(len(rows)-i) < mostSize {
			p.Put("<tr><td colspan='4'>")
			p.timeline(r)
			p.Put("</td></tr>")
		} else {
			plain++
		}
		p.Put("</tbody>")
	}
	p.Put("</table>")
	if plain > 0 {
		p.Put("<p>The timelines of {} servers have no room here. Their names open them.</p>", plain)
	}
}

// stand is how a server stands, and, where it is whole, since when.
func (p *page) stand(r *row, whole bool) {
	p.Put("<b class='{}'>{}</b>", glances[r.state][0], glances[r.state][1])
	if text := r.says(); text != "" {
		p.Put(" {}", text)
	}
	if since := r.since(); since != "" && whole {
		p.Put(" <i>{}</i>", since)
	}
	if hold := r.record.Hold; hold.Live(p.now) {
		if r.state != held {
			p.Put(" <b class='wait'>‖ held until {}</b>", when(hold.Until, r.zone))
		}
		p.Put(" {}", words(hold))
	}
}

// ended is an outcome with its mark.
func ended(outcome maintenance.Outcome) *message.HTML {
	class, mark := "calm", "□"
	switch outcome {
	case maintenance.OutcomeSucceeded:
		class, mark = "good", "●"
	case maintenance.OutcomeFailed:
		class, mark = "bad", "✕"
	}
	var h message.HTML
	h.Put("<b class='{}'>{} {}</b>", class, mark, outcome)
	return &h
}

// words are who holds, and why.
func words(h maintenance.Hold) string {
	return strings.Trim(short(h.By)+": "+short(h.Reason), ": ")
}

// short is a text from outside that stands in a row.
func short(text string) string {
	const most = 100
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

func after(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}

// zoneOfAll is the zone that all servers have; UTC where they have several.
func zoneOfAll(s *settings.Settings) *time.Location {
	zone := time.UTC
	for i, s := range s.Servers {
		if i == 0 {
			zone = s.Location
		}
		if s.Location.String() != zone.String() {
			return time.UTC
		}
	}
	return zone
}
