package simulator

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// RunbookParameter is a parameter that a runbook declares.
type RunbookParameter struct {
	Name          string
	Required      bool     // no execution without it, unless there is a default
	Default       string   // empty: none
	AllowedValues []string // empty: any
}

// runbook is an Automation document. Its versions are 1 to versions and do not differ.
type runbook struct {
	name       string
	versions   int
	parameters []RunbookParameter
	steps      []Step
}

// documentName is the model's DocumentName: a runbook's own name, not its ARN.
var documentName = regexp.MustCompile(`\A[a-zA-Z0-9_\-.]{3,128}\z`)

// AddRunbook makes a runbook known, with at least one version and one step. Its steps follow each other; one that fails or is
// cancelled ends the execution, as is the service's default.
func (s *SSM) AddRunbook(name string, versions int, parameters []RunbookParameter, steps []string) error {
	plain := make([]Step, len(steps))
	for i, step := range steps {
		plain[i].Name = step
	}
	return s.AddRunbookOf(name, versions, parameters, plain)
}

// AddRunbookOf is AddRunbook with steps that say what follows them.
func (s *SSM) AddRunbookOf(name string, versions int, parameters []RunbookParameter, steps []Step) error {
	var faults []error
	if !documentName.MatchString(name) {
		faults = append(faults, fmt.Errorf("%q is no document name", name))
	}
	if versions < 1 {
		faults = append(faults, errors.New("a runbook has at least one version"))
	}
	if err := checkSteps(steps); err != nil {
		faults = append(faults, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.runbook(name) != nil {
		faults = append(faults, fmt.Errorf("%q exists already", name))
	}
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("add runbook: %w", err)
	}
	s.runbooks = append(s.runbooks, &runbook{
		name: name, versions: versions, parameters: slices.Clone(parameters), steps: slices.Clone(steps),
	})
	return nil
}

// runbook finds one by name or ARN. The lock is held.
func (s *SSM) runbook(nameOrARN string) *runbook {
	for _, r := range s.runbooks {
		if r.name == s.document(nameOrARN) {
			return r
		}
	}
	return nil
}

// document is the name in a document's ARN, if that is of this account and Region. Documents that AWS owns have no account.
func (s *SSM) document(nameOrARN string) string {
	for _, account := range []string{s.config.Account, ""} {
		if name, ok := strings.CutPrefix(nameOrARN, "arn:aws:ssm:"+s.config.Region+":"+account+":document/"); ok {
			return name
		}
	}
	return nameOrARN
}

// version resolves what a caller asked for. The default version of a document stays the first until somebody changes it, which
// the simulator has no operation for.
func (r *runbook) version(asked *string) (int, error) {
	switch {
	case asked == nil || *asked == "$DEFAULT":
		return 1, nil
	case *asked == "$LATEST":
		return r.versions, nil
	}
	version, err := strconv.Atoi(*asked)
	if err != nil || version < 1 || version > r.versions {
		return 0, noRunbookVersion(r.name, *asked)
	}
	return version, nil
}

// accepts checks an execution's parameters against those declared. Values get into no message.
func (r *runbook) accepts(given map[string][]string) error {
	for _, name := range sortedKeys(given) {
		if !slices.ContainsFunc(r.parameters, func(p RunbookParameter) bool { return p.Name == name }) {
			return badParameters("Runbook " + r.name + " has no parameter " + name + ".")
		}
	}
	for _, declared := range r.parameters {
		values, has := given[declared.Name]
		if declared.Required && declared.Default == "" && (!has || len(values) == 0) {
			return badParameters("Runbook " + r.name + " requires the parameter " + declared.Name + ".")
		}
		for _, value := range values {
			if len(declared.AllowedValues) > 0 && !slices.Contains(declared.AllowedValues, value) {
				return badParameters("Runbook " + r.name + " does not allow the value of the parameter " + declared.Name + ".")
			}
		}
	}
	return nil
}
