package ssm

import (
	"strconv"

	"opsworks-maintenance/lambda/local/simulator"
)

// documentShape is the DocumentDescription structure on the wire, as far as a caller here may rest on it.
type documentShape struct {
	Name, DocumentType, Status                     string
	DocumentVersion, DefaultVersion, LatestVersion string
	Parameters                                     []parameterShape `json:",omitempty"`
}

// parameterShape is a DocumentParameter. One without a default value is required, one with a default value is optional
// (API_DocumentParameter). That an empty default is written, and not left out, is our choice: no document says.
type parameterShape struct {
	Name, Type   string
	DefaultValue *string `json:",omitempty"`
}

const (
	runbookType    = "Automation"
	calendarType   = "ChangeCalendar"
	documentActive = "Active"
)

// describeDocument follows API_DescribeDocument, for the runbooks and the calendars there are. All of them are active.
func (l *library) describeDocument(in simulator.Members) (any, error) {
	name, err := in.Text("Name")
	if err != nil {
		return nil, err
	}
	version, err := in.Text("DocumentVersion")
	if err != nil {
		return nil, err
	}
	var check validation
	check.Given(name != nil, "name")
	check.Matches(name, runbookNamePattern, runbookNameRE, "name")
	check.Matches(version, runbookVersionPattern, runbookVersionRE, "documentVersion")
	if raw, has := in["VersionName"]; has && string(raw) != "null" {
		check.Add("VersionName is not simulated")
	}
	if err := check.Failure(); err != nil {
		return nil, err
	}
	l.documentsMu.Lock()
	defer l.documentsMu.Unlock()
	return l.describe(*name, version)
}

// describe expects the lock to be held. A calendar has one version here.
func (l *library) describe(name string, asked *string) (any, error) {
	kind, r := runbookType, l.runbook(name)
	if r == nil {
		if l.calendars[l.document(name)] == nil {
			return nil, simulator.Refused("InvalidDocument", "No document "+name+" exists in this account and Region.")
		}
		kind, r = calendarType, &runbook{name: l.document(name), versions: 1}
	}
	version, err := r.version(asked)
	if err != nil {
		return nil, simulator.Refused("InvalidDocumentVersion", "Document "+name+" has no version "+*asked+".")
	}
	shape := documentShape{Name: r.name, DocumentType: kind, Status: documentActive,
		DocumentVersion: strconv.Itoa(version), DefaultVersion: "1", LatestVersion: strconv.Itoa(r.versions)}
	for _, declared := range r.parameters {
		shape.Parameters = append(shape.Parameters, declared.shape())
	}
	return struct{ Document documentShape }{shape}, nil
}

func (p RunbookParameter) shape() parameterShape {
	shape := parameterShape{Name: p.Name, Type: "String"}
	if !p.Required || p.Default != "" {
		shape.DefaultValue = &p.Default
	}
	return shape
}
