// Package settings reads the one document that says which servers there are,
// what may start their maintenance, and who is notified. infra checks it before
// anything is deployed, and the function checks it again when it starts.
package settings

import (
	"net/url"
	"time"
)

// Settings is a document without faults: defaults are applied, and durations,
// zones and days are values, not texts.
type Settings struct {
	Servers       []Server
	Notify        []Subscription
	MaxConcurrent int    // 0: as many runs at the same time as there are servers
	Endpoint      string // of OpsWorks CM; empty: that of AWS
	AlarmTriggers []AlarmTrigger

	byName map[string]*Server
}

var settingsKeys = []string{"servers", "notify", "maxConcurrent", "endpoint", "alarmTriggers"}

// Parse reads and checks a document. If anything is wrong with it the error is
// an *InvalidError that lists every fault, and the settings are empty.
func Parse(document []byte) (Settings, error) { return parse(document, time.Time{}) }

// Check is Parse before a deployment: a schedule that never fires after now is
// a fault too. The function does not ask for that. A document that was right
// when it was deployed must not keep it from starting once a date has passed.
func Check(document []byte, now time.Time) (Settings, error) { return parse(document, now) }

func parse(document []byte, now time.Time) (Settings, error) {
	whole, unreadable := readDocument(document)
	if unreadable != nil {
		return Settings{}, &InvalidError{Faults: []Fault{*unreadable}}
	}
	p := &parser{now: now, zones: map[string]*time.Location{}, schedules: map[string]placedSchedule{}}
	settings := p.settings(whole)
	if p.faults != nil {
		return Settings{}, &InvalidError{Faults: p.faults}
	}
	settings.byName = make(map[string]*Server, len(settings.Servers))
	for i := range settings.Servers {
		settings.byName[settings.Servers[i].Name] = &settings.Servers[i]
	}
	return settings, nil
}

func (p *parser) settings(whole value) Settings {
	o, ok := p.open(whole, &place{}, settingsKeys)
	if !ok {
		return Settings{}
	}
	settings := Settings{
		Servers:       o.servers(),
		Notify:        o.subscriptions("notify"),
		MaxConcurrent: o.countFromOne("maxConcurrent", 0),
		Endpoint:      o.endpoint(),
		AlarmTriggers: o.alarmTriggers(),
	}
	p.checkClaims()
	return settings
}

func (o object) servers() []Server {
	const key = "servers"
	v, found := o.find(key)
	if !o.has(key) || found && v.kind == kindList && len(v.parts) == 0 {
		o.fault(key, "names no server; list at least one")
		return nil
	}
	list := o.list(key)
	at := o.at.member(key)
	servers := make([]Server, 0, len(list))
	for i, item := range list {
		servers = append(servers, o.parser.server(item, at.item(i), i))
	}
	o.parser.checkServerNames(servers, at)
	return servers
}

func (o object) endpoint() string {
	text, found := o.text("endpoint")
	if !found {
		return ""
	}
	address, err := url.Parse(text)
	if err != nil || address.Scheme != "http" && address.Scheme != "https" || address.Hostname() == "" {
		o.fault("endpoint", quoted(text)+" is not an absolute URL; write https://host or http://host:port")
		return ""
	}
	// A password would lie readable in the template; a query would not survive
	// the SDK, which sends its own.
	if address.User != nil || address.RawQuery != "" || address.Fragment != "" {
		o.fault("endpoint", "must be a URL without user, query and fragment")
		return ""
	}
	return text
}
