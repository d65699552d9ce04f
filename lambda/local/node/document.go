package node

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Document is what Automation reads of a runbook.
type Document struct {
	SchemaVersion, AssumeRole string
	Parameters                map[string]Parameter
	MainSteps                 []Step
	Outputs                   []string
}

// Parameter is one that a document declares. Without a default it is required.
type Parameter struct {
	Type, AllowedPattern string
	AllowedValues        []string
	Default              *string
}

// Step is one of aws:runCommand.
type Step struct {
	Name, Action, NextStep, OnFailure, OnCancel string
	IsCritical                                  *bool
	IsEnd                                       bool
	TimeoutSeconds, MaxAttempts                 int
	Inputs                                      struct {
		DocumentName   string
		InstanceIds    []string
		TimeoutSeconds int
		Parameters     map[string][]string
	}
}

// Read a document from its JSON.
func Read(content []byte) (Document, error) {
	var d Document
	if err := json.Unmarshal(content, &d); err != nil {
		return d, fmt.Errorf("read the runbook: %w", err)
	}
	if len(d.MainSteps) == 0 {
		return d, fmt.Errorf("read the runbook: it has no steps")
	}
	return d, nil
}

// Admits says whether Automation would take a parameter's value.
func (d Document) Admits(name, value string) bool {
	p, declared := d.Parameters[name]
	switch {
	case !declared:
		return false
	case p.AllowedValues != nil:
		return slices.Contains(p.AllowedValues, value)
	}
	return regexp.MustCompile(p.AllowedPattern).MatchString(value)
}

// values are the parameters' defaults, and what was given instead.
func (d Document) values(given map[string]string) map[string]string {
	values := map[string]string{}
	for name, p := range d.Parameters {
		if p.Default != nil {
			values[name] = *p.Default
		}
	}
	maps.Copy(values, given)
	return values
}

var placeholder = regexp.MustCompile(`{{ *([^ }]+) *}}`)

// place puts values where Automation puts them: into the text, before any shell sees it.
func place(text string, values map[string]string) (string, error) {
	var missing error
	placed := placeholder.ReplaceAllStringFunc(text, func(found string) string {
		name := strings.Trim(found, "{} ")
		value, ok := values[name]
		if !ok {
			missing = fmt.Errorf("the runbook: nothing is called %s", found)
		}
		return value
	})
	return placed, missing
}
