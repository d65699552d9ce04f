package opsworkscm

import (
	"fmt"
	"regexp"
	"unicode/utf8"

	"opsworks-maintenance/lambda/local/simulator"
)

// Constraints of the service model (ServerName, NextToken, EngineAttributeName, EngineAttributeValue, MaxResults). The model's
// pattern is unanchored but means the whole name.
const (
	serverNameMax = 40
	textMax       = 10000
	serverNameRE  = `[a-zA-Z][a-zA-Z0-9\-]*`
)

var serverNamePattern = regexp.MustCompile(`\A` + serverNameRE + `\z`)

type validation struct{ simulator.Validation }

type presence bool

const (
	required presence = true
	optional presence = false
)

func (v *validation) serverName(name *string, need presence) {
	if name == nil {
		v.Given(need == optional, "serverName")
		return
	}
	v.Matches(name, serverNamePattern, serverNameRE, "serverName")
	v.Unless(*name != "", *name, "serverName", "Member must have length greater than or equal to 1")
	v.Unless(utf8.RuneCountInString(*name) <= serverNameMax, *name, "serverName", "Member must have length less than or equal to 40")
}

func (v *validation) page(p simulator.Page) {
	if p.Size != nil {
		v.Unless(*p.Size >= 1, fmt.Sprint(*p.Size), "maxResults", "Member must have value greater than or equal to 1")
	}
	if p.Token != nil {
		v.Unless(utf8.RuneCountInString(*p.Token) <= textMax, *p.Token, "nextToken", "Member must have length less than or equal to 10000")
	}
}

// attributes checks lengths. A value is sensitive, so the sentence leaves it out, as AWS does for such members.
func (v *validation) attributes(list []attribute) {
	const tooLong = "Member must have length less than or equal to 10000"
	for i, given := range list {
		path := fmt.Sprintf("engineAttributes.%d.member", i+1)
		if given.Name != nil {
			v.Unless(utf8.RuneCountInString(*given.Name) <= textMax, *given.Name, path+".name", tooLong)
		}
		v.Hidden(given.Value == nil || utf8.RuneCountInString(*given.Value) <= textMax, path+".value", tooLong)
	}
}
