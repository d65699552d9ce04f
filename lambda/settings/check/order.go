package check

import (
	"fmt"
	"slices"
	"strings"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/settings"
)

// maxFollowers is how many servers may follow one: a run's record names those that its success has yet to trigger, and stays small.
const maxFollowers = 100

// approvable are the kinds of triggers that may want an approval: an operator's start is one.
func approvable() []string {
	var kinds []string
	for _, kind := range maintenance.TriggerKinds() {
		if kind != maintenance.TriggerManual {
			kinds = append(kinds, string(kind))
		}
	}
	return kinds
}

func readApproval(o object) []maintenance.TriggerKind {
	const key = "approval"
	var kinds []maintenance.TriggerKind
	o.texts(key, func(i int, text string) {
		if !slices.Contains(approvable(), text) {
			o.itemFault(key, i, unknownName("kind of trigger", text, approvable()))
			return
		}
		kinds = append(kinds, maintenance.TriggerKind(text))
	})
	return kinds
}

// checkOrder finds what goes before no server, and what goes round in circles. A circle is a fault where it is written first.
func (p *parser) checkOrder(servers []settings.Server, at *place) {
	before, followers := map[string]string{}, map[string]int{}
	for _, s := range servers {
		before[s.Name] = s.After
	}
	told := map[string]bool{}
	for i, s := range servers {
		if s.After == "" {
			continue
		}
		key := at.item(i).member("after")
		if _, known := before[s.After]; !known {
			p.fault(key, quoted(s.After)+" is no server of this document; write the name of one that is listed")
			continue
		}
		if followers[s.After]++; followers[s.After] == maxFollowers+1 {
			p.fault(key, fmt.Sprintf("%s is followed by more than %d servers; let some follow one of those", quoted(s.After), maxFollowers))
		}
		if circle := circleFrom(s.Name, before); circle != nil && !told[s.Name] {
			for _, name := range circle {
				told[name] = true
			}
			p.fault(key, "goes round in a circle: "+strings.Join(append(circle, s.Name), " after ")+"; one of them has to go first")
		}
	}
}

// circleFrom are the servers of the circle that a server is in; nil if it is in none.
func circleFrom(name string, before map[string]string) []string {
	circle := []string{name}
	for next := before[name]; next != "" && len(circle) <= len(before); next = before[next] {
		if next == name {
			return circle
		}
		circle = append(circle, next)
	}
	return nil
}
