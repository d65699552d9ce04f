package simulator

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Constraints of the service model that the operations here have (DocumentARN, DocumentVersion, IdempotencyToken,
// AutomationParameterMap, Tag). The patterns are unanchored in places but mean the whole value.
const (
	runbookNameRE    = `^[a-zA-Z0-9_\-.:/]{3,128}$`
	runbookVersionRE = `([$]LATEST|[$]DEFAULT|^[1-9][0-9]*$)`
	clientTokenRE    = `[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12}`
	tagRE            = `^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$`

	executionIDLength = 36
	tagsMax           = 5 // StartAutomationExecution's own text; the model's 1000 has room for internal use
)

var (
	runbookNamePattern    = regexp.MustCompile(`\A[a-zA-Z0-9_\-.:/]{3,128}\z`)
	runbookVersionPattern = regexp.MustCompile(`\A([$]LATEST|[$]DEFAULT|[1-9][0-9]*)\z`)
	clientTokenPattern    = regexp.MustCompile(`\A` + clientTokenRE + `\z`)
	tagPattern            = regexp.MustCompile(`\A[\p{L}\p{Z}\p{N}_.:/=+\-@]*\z`)
)

// given notes a required member that is missing, and says whether it is there.
func (v *validation) given(there bool, path string) bool {
	if !there {
		v.faults = append(v.faults, "Value null at '"+path+"' failed to satisfy constraint: Member must not be null")
	}
	return there
}

// hidden is unless without the value: parameters and tags can be secrets.
func (v *validation) hidden(ok bool, path, constraint string) {
	if !ok {
		v.faults = append(v.faults, "Value at '"+path+"' failed to satisfy constraint: "+constraint)
	}
}

func (v *validation) matches(value *string, pattern *regexp.Regexp, shown, path string) {
	if value != nil {
		v.unless(pattern.MatchString(*value), *value, path, "Member must satisfy regular expression pattern: "+shown)
	}
}

func (v *validation) oneOf(value *string, set []string, path string) {
	if value == nil {
		return
	}
	for _, allowed := range set {
		if *value == allowed {
			return
		}
	}
	v.unless(false, *value, path, "Member must satisfy enum value set: ["+strings.Join(set, ", ")+"]")
}

func (v *validation) executionID(id *string) {
	if v.given(id != nil, "automationExecutionId") {
		v.unless(utf8.RuneCountInString(*id) == executionIDLength, *id, "automationExecutionId", "Member must have length equal to 36")
	}
}

// between counts: characters of a text, entries of a list or map.
func (v *validation) between(n, least, most int, path string) {
	v.hidden(n >= least, path, fmt.Sprintf("Member must have length greater than or equal to %d", least))
	v.hidden(n <= most, path, fmt.Sprintf("Member must have length less than or equal to %d", most))
}

func (v *validation) parameters(parameters map[string][]string) {
	if parameters == nil {
		return
	}
	v.between(len(parameters), 1, 200, "parameters")
	for _, name := range sortedKeys(parameters) {
		v.between(utf8.RuneCountInString(name), 1, 50, "parameters.key")
		v.between(len(parameters[name]), 0, 50, "parameters.value")
		for i, value := range parameters[name] {
			v.between(utf8.RuneCountInString(value), 1, 512, fmt.Sprintf("parameters.value.%d.member", i+1))
		}
	}
}

func (v *validation) tags(list []tag) {
	v.hidden(len(list) <= tagsMax, "tags", "Member must have length less than or equal to 5")
	for i, given := range list {
		path := fmt.Sprintf("tags.%d.member", i+1)
		if v.given(given.key != nil, path+".key") {
			v.between(utf8.RuneCountInString(*given.key), 1, 128, path+".key")
			v.hidden(tagPattern.MatchString(*given.key), path+".key", "Member must satisfy regular expression pattern: "+tagRE)
		}
		if v.given(given.value != nil, path+".value") {
			v.between(utf8.RuneCountInString(*given.value), 0, 256, path+".value")
			v.hidden(tagPattern.MatchString(*given.value), path+".value", "Member must satisfy regular expression pattern: "+tagRE)
		}
	}
}

// list checks what both listing operations take. Values are between one and the given number for a filter.
func (v *validation) list(in listInput, sizeMin, valuesMax int) {
	if in.page.size != nil {
		size := fmt.Sprint(*in.page.size)
		v.unless(*in.page.size >= sizeMin, size, "maxResults", fmt.Sprintf("Member must have value greater than or equal to %d", sizeMin))
		v.unless(*in.page.size <= 50, size, "maxResults", "Member must have value less than or equal to 50")
	}
	for i, given := range in.filters {
		path := fmt.Sprintf("filters.%d.member", i+1)
		if v.given(given.key != nil, path+".key") {
			v.unless(*given.key != "", "", path+".key", "Member must have length greater than or equal to 1")
		}
		if v.given(given.values != nil, path+".values") {
			v.between(len(given.values), 1, valuesMax, path+".values")
		}
		for j, value := range given.values {
			v.hidden(value != "", fmt.Sprintf("%s.values.%d.member", path, j+1), "Member must have length greater than or equal to 1")
		}
	}
}
