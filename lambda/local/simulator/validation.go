package simulator

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Constraints of the service model (ServerName, NextToken, EngineAttributeName, EngineAttributeValue, MaxResults). The model's
// pattern is unanchored but means the whole name.
const (
	serverNameMax = 40
	textMax       = 10000
	serverNameRE  = `[a-zA-Z][a-zA-Z0-9\-]*`
)

var serverNamePattern = regexp.MustCompile(`\A` + serverNameRE + `\z`)

// validation gathers every constraint a request breaks, since AWS reports them together. The sentences are those AWS services
// share.
type validation struct{ faults []string }

type presence bool

const (
	required presence = true
	optional presence = false
)

func (v *validation) serverName(name *string, need presence) {
	switch {
	case name == nil && need == required:
		v.faults = append(v.faults, "Value null at 'serverName' failed to satisfy constraint: Member must not be null")
	case name == nil:
	default:
		v.unless(serverNamePattern.MatchString(*name), *name, "serverName", "Member must satisfy regular expression pattern: "+serverNameRE)
		v.unless(*name != "", *name, "serverName", "Member must have length greater than or equal to 1")
		v.unless(utf8.RuneCountInString(*name) <= serverNameMax, *name, "serverName", "Member must have length less than or equal to 40")
	}
}

func (v *validation) page(p page) {
	if p.size != nil {
		v.unless(*p.size >= 1, fmt.Sprint(*p.size), "maxResults", "Member must have value greater than or equal to 1")
	}
	if p.token != nil {
		v.unless(utf8.RuneCountInString(*p.token) <= textMax, *p.token, "nextToken", "Member must have length less than or equal to 10000")
	}
}

// attributes checks lengths. A value is sensitive, so the sentence leaves it out, as AWS does for such members.
func (v *validation) attributes(list []attribute) {
	for i, given := range list {
		path := fmt.Sprintf("engineAttributes.%d.member", i+1)
		if given.Name != nil {
			v.unless(utf8.RuneCountInString(*given.Name) <= textMax, *given.Name, path+".name", "Member must have length less than or equal to 10000")
		}
		if given.Value != nil && utf8.RuneCountInString(*given.Value) > textMax {
			v.faults = append(v.faults,
				"Value at '"+path+".value' failed to satisfy constraint: Member must have length less than or equal to 10000")
		}
	}
}

func (v *validation) unless(ok bool, value, path, constraint string) {
	if !ok {
		v.faults = append(v.faults, fmt.Sprintf("Value '%s' at '%s' failed to satisfy constraint: %s", value, path, constraint))
	}
}

func (v *validation) failure() error {
	if len(v.faults) == 0 {
		return nil
	}
	noun := "error"
	if len(v.faults) > 1 {
		noun = "errors"
	}
	return invalid(fmt.Sprintf("%d validation %s detected: %s", len(v.faults), noun, strings.Join(v.faults, "; ")))
}
