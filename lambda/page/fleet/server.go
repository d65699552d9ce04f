package fleet

import (
	"context"
	"fmt"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/message"
)

// mostRuns are how many runs and refusals a history shows.
const mostRuns = 20

// server is the page of one server: how it stands, what can be asked, its history.
func (p *page) server(ctx context.Context, name string) {
	if !maintenance.ValidServerName(name) {
		sentence(&p.HTML, fmt.Sprintf("%.80q is no server's name.", name))
		return
	}
	fleet := p.Runner.Status(ctx, []string{name})
	r := p.row(name)
	r.record, r.read = fleet.Servers[name]
	for _, run := range fleet.Runs {
		if run.ServerName == name {
			r.run = run
		}
	}
	r.settle(p.now)
	runs, err := p.Runner.History(ctx, name, mostRuns)
	if r.server == nil && r.run.ID == "" && len(runs) == 0 && err == nil && fleet.Err == nil {
		sentence(&p.HTML, "The settings have no server "+name+", and the table of runs knows nothing of it.")
		return
	}
	p.Put("<h3>{} <small>times: {}</small></h3>", name, r.zone.String())
	if fleet.Err != nil {
		sentence(&p.HTML, "The table of runs could not be read: "+fleet.Err.Error())
	}
	if hold := fleet.Fleet.Hold; hold.Live(p.now) {
		p.fleetHeld(hold, r.zone)
	}
	p.Put("<p>")
	p.stand(r, true)
	p.Put("</p>")
	if r.next.text != "" {
		p.Put("<p>Next: {}</p>", r.next.text)
	}
	p.Put("<div>")
	p.timeline(r)
	p.Put("</div><p>")
	p.buttons(r)
	p.Put("</p>")
	switch {
	case r.server == nil:
	case r.record.Hold.Live(p.now):
		p.Put("<form>{}</form>", by())
	default:
		p.holdForm(name, r.zone)
	}
	p.history(r, runs, err)
}

// history lists runs and refusals, newest first, in the words of their messages.
func (p *page) history(r *row, runs []maintenance.Run, err error) {
	p.Put("<h4>History</h4>")
	switch {
	case err != nil:
		sentence(&p.HTML, "The history could not be read: "+err.Error())
	case len(runs) == 0:
		p.Put("<p>The table of runs has none.</p>")
	}
	if len(runs) == 0 {
		return
	}
	p.Put("<table class='hi'><thead><tr><th scope='col'>Asked</th><th scope='col'>By</th><th scope='col'>What came of it</th></tr></thead>" +
		"<tbody>")
	for _, run := range runs {
		report := r.standing(run, p.now)
		came := string(report.Outcome)
		if report.Outcome == maintenance.OutcomeStarted && run.State == maintenance.RunStarting {
			came = string(run.State)
		}
		p.Put("<tr><th scope='row'>{}</th><td>{}</td><td><b>{}</b> {}", when(run.Created, r.zone), asker(run), came, message.Answer(report))
		if detail := message.Unsaid(report); detail != "" {
			p.Put("<br>{}", detail)
		}
		if reason := report.Trigger.Reason; reason != "" {
			p.Put("<br><i>{}</i>", reason)
		}
		if address, name := message.Link(report, p.function); address != "" && name != message.Dashboard { // which the reader is on
			p.Put("<br><a href='{}' target='_blank' rel='noopener'>{}</a>", address, name)
		}
		p.Put("</td></tr>")
	}
	p.Put("</tbody></table>")
}

// asker is the trigger that a run goes by, and how many it has besides.
func asker(run maintenance.Run) string {
	t := run.Trigger()
	text := string(t.Kind) + after(" ", t.Name)
	if more := len(run.Triggers) + run.More - 1; more > 0 {
		text += fmt.Sprintf(", and %d more", more)
	}
	return text
}
