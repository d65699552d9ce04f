package ssm

import (
	"fmt"
	"regexp"
	"unicode/utf8"

	"opsworks-maintenance/lambda/local/simulator"
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

type validation struct{ simulator.Validation }

func (v *validation) executionID(id *string) {
	if v.Given(id != nil, "automationExecutionId") {
		v.Unless(utf8.RuneCountInString(*id) == executionIDLength, *id, "automationExecutionId", "Member must have length equal to 36")
	}
}

func (v *validation) parameters(parameters map[string][]string) {
	if parameters == nil {
		return
	}
	v.Between(len(parameters), 1, 200, "parameters")
	for _, name := range sortedKeys(parameters) {
		v.Between(utf8.RuneCountInString(name), 1, 50, "parameters.key")
		v.Between(len(parameters[name]), 0, 50, "parameters.value")
		for i, value := range parameters[name] {
			v.Between(utf8.RuneCountInString(value), 1, 512, fmt.Sprintf("parameters.value.%d.member", i+1))
		}
	}
}

func (v *validation) tags(list []tag) {
	v.Hidden(len(list) <= tagsMax, "tags", "Member must have length less than or equal to 5")
	for i, given := range list {
		path := fmt.Sprintf("tags.%d.member", i+1)
		if v.Given(given.key != nil, path+".key") {
			v.Between(utf8.RuneCountInString(*given.key), 1, 128, path+".key")
			v.Hidden(tagPattern.MatchString(*given.key), path+".key", "Member must satisfy regular expression pattern: "+tagRE)
		}
		if v.Given(given.value != nil, path+".value") {
			v.Between(utf8.RuneCountInString(*given.value), 0, 256, path+".value")
			v.Hidden(tagPattern.MatchString(*given.value), path+".value", "Member must satisfy regular expression pattern: "+tagRE)
		}
	}
}

// list checks what both listing operations take. Values are between one and the given number for a filter.
func (v *validation) list(in listInput, sizeMin, valuesMax int) {
	if in.page.Size != nil {
		size := fmt.Sprint(*in.page.Size)
		v.Unless(*in.page.Size >= sizeMin, size, "maxResults", fmt.Sprintf("Member must have value greater than or equal to %d", sizeMin))
		v.Unless(*in.page.Size <= 50, size, "maxResults", "Member must have value less than or equal to 50")
	}
	for i, given := range in.filters {
		path := fmt.Sprintf("filters.%d.member", i+1)
		if v.Given(given.key != nil, path+".key") {
			v.Unless(*given.key != "", "", path+".key", "Member must have length greater than or equal to 1")
		}
		if v.Given(given.values != nil, path+".values") {
			v.Between(len(given.values), 1, valuesMax, path+".values")
		}
		for j, value := range given.values {
			v.Hidden(value != "", fmt.Sprintf("%s.values.%d.member", path, j+1), "Member must have length greater than or equal to 1")
		}
	}
}
