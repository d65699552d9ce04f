// Package check reads the document that people write: which servers there are, what may start their maintenance, and who is notified. It
// applies the defaults, lists every fault at once with its place and what to write instead, and resolves the document to settings. The
// function never links it: what it loads has been resolved before it was deployed.
package check

import (
	"fmt"
	"net/url"
	"time"

	"opsworks-maintenance/lambda/settings"
)

// Document is what people wrote, without a fault: the settings as the function will load them, and what they say of the deployment alone.
type Document struct {
	Settings   settings.Settings
	Deployment Deployment
}

// Resolve reads the settings in a document, as Read does.
func Resolve(document []byte, now time.Time) (settings.Settings, error) {
	whole, err := Read(document, now)
	return whole.Settings, err
}

// Read reads a document. If anything is wrong with it the error is an *InvalidError that lists every fault, and the result is empty. A
// schedule that never fires after now is a fault too, unless now is zero.
func Read(document []byte, now time.Time) (Document, error) {
	whole, unreadable := readDocument(document)
	if unreadable != nil {
		return Document{}, &InvalidError{Faults: []Fault{*unreadable}}
	}
	p := &parser{now: now, zones: map[string]*time.Location{}, schedules: map[string]placedSchedule{}}
	read := p.document(whole)
	if p.faults != nil {
		return Document{}, &InvalidError{Faults: p.faults}
	}
	resolved, err := settings.Encode(read.Settings)
	if err != nil {
		return Document{}, fmt.Errorf("write the settings: %w", err)
	}
	read.Settings, err = settings.Load(resolved)
	return read, err
}

func (p *parser) document(whole value) Document {
	o, ok := p.open(whole, &place{}, keysOf[documentKeys]())
	if !ok {
		return Document{}
	}
	deployment := readDeployment(o)
	p.name = deployment.Name
	servers := readServers(o)
	written := settings.Settings{
		Version:       settings.Version,
		Servers:       servers,
		Notify:        readSubscriptions(o, "notify", servers),
		MaxConcurrent: o.countFromOne("maxConcurrent", 0),
		Endpoint:      readEndpoint(o),

		MaxWildcardRules: readMaxWildcardRules(o),
	}
	written.AlarmTriggers, written.AlarmTopics = readAlarmTriggers(o)
	p.checkOverlaps()
	return Document{Settings: written, Deployment: deployment}
}

// defaultWildcardRules leaves two thirds of the bus to others.
const defaultWildcardRules = 10

func readMaxWildcardRules(o object) int {
	const key = "maxWildcardRules"
	most := o.countFromOne(key, defaultWildcardRules)
	if most > settings.WildcardRulesOfBus {
		o.fault(key, fmt.Sprintf("an event bus has %d rules with wildcards for all who use it; write 1 to %[1]d", settings.WildcardRulesOfBus))
	}
	return most
}

func readServers(o object) []settings.Server {
	const key = "servers"
	v, found := o.find(key)
	if !o.has(key) || found && v.kind == kindList && len(v.parts) == 0 {
		o.fault(key, "names no server; list at least one")
		return nil
	}
	list := o.list(key)
	at := o.at.member(key)
	servers := make([]settings.Server, 0, len(list))
	for i, item := range list {
		servers = append(servers, o.parser.server(item, at.item(i), i))
	}
	o.parser.checkServerNames(servers, at)
	o.parser.checkOrder(servers, at)
	return servers
}

func readEndpoint(o object) string {
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
