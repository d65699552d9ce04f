package ssm

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
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

// library are the documents of the account: runbooks and calendars.
type library struct {
	region, account string

	documentsMu sync.Mutex
	runbooks    []*runbook
	calendars   map[string]*calendar
}

// documentName is the model's DocumentName: a runbook's own name, not its ARN.
var documentName = regexp.MustCompile(`\A[a-zA-Z0-9_\-.]{3,128}\z`)

// AddRunbook makes a runbook known, with at least one version and one step. Its steps follow each other; one that fails or is
// cancelled ends the execution, as is the service's default.
func (l *library) AddRunbook(name string, versions int, parameters []RunbookParameter, steps []string) error {
	plain := make([]Step, len(steps))
	for i, step := range steps {
		plain[i].Name = step
	}
	return l.AddRunbookOf(name, versions, parameters, plain)
}

// AddRunbookOf is AddRunbook with steps that say what follows them.
func (l *library) AddRunbookOf(name string, versions int, parameters []RunbookParameter, steps []Step) error {
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
	l.documentsMu.Lock()
	defer l.documentsMu.Unlock()
	if l.runbook(name) != nil {
		faults = append(faults, fmt.Errorf("%q exists already", name))
	}
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("add runbook: %w", err)
	}
	l.runbooks = append(l.runbooks, &runbook{
		name: name, versions: versions, parameters: slices.Clone(parameters), steps: slices.Clone(steps),
	})
	return nil
}

// known is the runbook of that name or ARN, nil if there is none.
func (l *library) known(nameOrARN string) *runbook {
	l.documentsMu.Lock()
	defer l.documentsMu.Unlock()
	return l.runbook(nameOrARN)
}

// runbook is known with the lock held.
func (l *library) runbook(nameOrARN string) *runbook {
	for _, r := range l.runbooks {
		if r.name == l.document(nameOrARN) {
			return r
		}
	}
	return nil
}

// document is the name in a document's ARN, if that is of this account and Region. Documents that AWS owns have no account.
func (l *library) document(nameOrARN string) string {
	for _, account := range []string{l.account, ""} {
		if name, ok := strings.CutPrefix(nameOrARN, "arn:aws:ssm:"+l.region+":"+account+":document/"); ok {
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
