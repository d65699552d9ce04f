package fleet

import (
	"strings"
	"time"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/message"
)

// asking are the page's own parameters.
type asking struct {
	Server string `json:"server,omitempty"`
	Hold   bool   `json:"hold,omitempty"`
}

// holds is what a hold does.
const holds = "no start is claimed until the hold ends"

// button is something to click: it calls a function with a request, and shows the answer in a popup.
type button struct {
	label, title string
	plain        bool // a link in the text
	endpoint     string
	confirmation string // what is asked before; empty asks nothing
	request      any    // written as JSON
}

// button writes a cwdb-action, which belongs to the element before it.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_interactivity.html
func (p *page) button(b button) {
	if b.plain {
		p.Put("<a tabindex='0'>{}</a>", b.label)
	} else {
		p.Put("<a class='btn' role='button' tabindex='0' title='{}'>{}</a>", b.title, b.label)
	}
	p.Put("<cwdb-action action='call' display='popup' endpoint='{}'", b.endpoint)
	if b.confirmation != "" {
		p.Put(" confirmation='{}'", b.confirmation)
	}
	p.Put(">{}</cwdb-action> ", message.JSON{Value: b.request})
}

// operating are the operators' requests as the function takes them.
type operating map[string]target

type target struct {
	ServerName string    `json:"serverName,omitempty"`
	Key        string    `json:"key,omitempty"`
	Until      time.Time `json:"until,omitzero"`
}

// buttons are what can be asked of a server: what a message about its open run offers, and what its name does.
func (p *page) buttons(r *row) {
	if r.run.ID != "" {
		for _, q := range message.Requests(r.report) {
			p.button(button{label: capital(q.Verb), title: q.What, endpoint: p.Operators, request: q.Body,
				confirmation: confirmation(q.Acts, q.What, r.name)})
		}
	}
	ask := func(verb, what, key string, acts bool) {
		p.button(button{label: capital(verb), title: what, endpoint: p.Operators, request: operating{verb: {ServerName: r.name, Key: key}},
			confirmation: confirmation(acts, what, r.name)})
	}
	if r.server == nil {
		return
	}
	ask("plan", "see what would happen now", "", false)
	if r.run.ID == "" && r.record.OpenRun == "" && r.server.Enabled {
		ask("start", "start it now", key(r.name, p.now), true)
	}
	if hold := r.record.Hold; hold.Live(p.now) {
		p.button(release(p.Operators, r.name, hold, r.zone))
	} else if p.request.server == "" { // whose own page has the form
		p.button(button{label: "Hold…", title: holds, endpoint: p.self, request: asking{Server: r.name}})
	}
}

// confirmation is what is asked before something is done.
func confirmation(acts bool, what, serverName string) string {
	if !acts {
		return ""
	}
	return capital(what) + "? " + serverName
}

// key makes a start by name one trigger for each rendering of the page, however often it is clicked.
func key(serverName string, rendered time.Time) string {
	return "page-" + serverName + "-" + rendered.UTC().Format(time.RFC3339)
}

// release ends a hold, of the fleet if there is no name. It asks about the hold that the page shows.
func release(operators, serverName string, hold maintenance.Hold, zone *time.Location) button {
	whom := serverName
	if whom == "" {
		whom = "all servers"
	}
	return button{label: "Release", title: "end the hold", endpoint: operators,
		request:      operating{"release": {ServerName: serverName, Until: hold.Until.UTC().Truncate(time.Second)}},
		confirmation: "End the hold until " + when(hold.Until, zone) + after(", ", words(hold)) + "? " + whom}
}

// holdForm asks until when, why and who. The console sends the fields with the call; the function takes them for the hold's. The times are
// whole, so that no clock has to be guessed.
func (p *page) holdForm(serverName string, zone *time.Location) {
	p.Put("<form><label>Until <select name='until'>")
	for _, hours := range []int{1, 4, 8, 24, 3 * 24, 7 * 24} {
		until := p.now.Add(time.Duration(hours) * time.Hour).Truncate(time.Minute)
		chosen := ""
		if hours == 24 {
			chosen = "selected"
		}
		p.Put("<option value='{}' {}>{}, for {} h</option>", until.UTC().Format(time.RFC3339), chosen, when(until, zone), hours)
	}
	p.Put("</select></label> <label>Reason <input name='reason' maxlength='200'></label> {}</form>", by())
	whom := serverName
	if whom == "" {
		whom = "all servers"
	}
	p.button(button{label: "Hold", title: holds, endpoint: p.Operators,
		request: operating{"hold": {ServerName: serverName}}, confirmation: "Hold maintenance? " + whom})
}

// by is where who asks can say so: the console sends it with each button of the page.
func by() *message.HTML {
	var h message.HTML
	h.Put("<label>By <input name='by' maxlength='60'></label>")
	return &h
}

// holdFleet is the form that holds all servers.
func (p *page) holdFleet() {
	p.Put("<h3>Hold all servers</h3><p>No start is claimed until the hold ends. What was claimed before goes on; what waits keeps waiting, " +
		"and expires as always.</p>")
	p.holdForm("", zoneOfAll(p.Settings))
}

func capital(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
