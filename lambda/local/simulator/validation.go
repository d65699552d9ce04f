package simulator

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Validation gathers every constraint a request breaks, since AWS reports them together. The sentences are those AWS services
// share.
type Validation struct{ faults []string }

// Add notes a constraint that is broken, in a sentence of its own.
func (v *Validation) Add(sentence string) { v.faults = append(v.faults, sentence) }

// Given notes a required member that is missing, and says whether it is there.
func (v *Validation) Given(there bool, path string) bool {
	if !there {
		v.Add("Value null at '" + path + "' failed to satisfy constraint: Member must not be null")
	}
	return there
}

// Unless notes that a value breaks a constraint, unless it does not.
func (v *Validation) Unless(ok bool, value, path, constraint string) {
	if !ok {
		v.Add(fmt.Sprintf("Value '%s' at '%s' failed to satisfy constraint: %s", value, path, constraint))
	}
}

// Hidden is Unless without the value: attributes, parameters and tags can be secrets.
func (v *Validation) Hidden(ok bool, path, constraint string) {
	if !ok {
		v.Add("Value at '" + path + "' failed to satisfy constraint: " + constraint)
	}
}

// Matches checks a value that was given against a pattern, which the sentence shows as the service's model has it.
func (v *Validation) Matches(value *string, pattern *regexp.Regexp, shown, path string) {
	if value != nil {
		v.Unless(pattern.MatchString(*value), *value, path, "Member must satisfy regular expression pattern: "+shown)
	}
}

// OneOf checks a value that was given against a set.
func (v *Validation) OneOf(value *string, set []string, path string) {
	if value != nil {
		v.Unless(slices.Contains(set, *value), *value, path, "Member must satisfy enum value set: ["+strings.Join(set, ", ")+"]")
	}
}

// Between counts: characters of a text, entries of a list or map.
func (v *Validation) Between(n, least, most int, path string) {
	v.Hidden(n >= least, path, fmt.Sprintf("Member must have length greater than or equal to %d", least))
	v.Hidden(n <= most, path, fmt.Sprintf("Member must have length less than or equal to %d", most))
}

// Failure is the ValidationException that names every constraint noted, nil if there is none.
func (v *Validation) Failure() error {
	if len(v.faults) == 0 {
		return nil
	}
	noun := "error"
	if len(v.faults) > 1 {
		noun = "errors"
	}
	return Invalid(fmt.Sprintf("%d validation %s detected: %s", len(v.faults), noun, strings.Join(v.faults, "; ")))
}
