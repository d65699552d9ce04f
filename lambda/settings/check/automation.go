package check

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/settings"
)

// automationKeys mean something to Systems Manager only.
var automationKeys = []string{"runbook", "parameters", "publicParameters", "tagKey", "calendars"}

// readAutomation reads the keys of the ssm backend. On the other backend they would
// be ignored, and who wrote them would believe otherwise.
func readAutomation(o object, server *settings.Server) {
	if server.Backend == settings.BackendOpsWorksCM {
		for _, key := range automationKeys {
			if o.has(key) {
				o.fault(key, `goes with "backend": "ssm" only; remove it`)
			}
		}
		return
	}
	server.Runbook, server.RunbookVersion = readRunbook(o, server.Backend)
	server.Parameters = readParameters(o)
	server.PublicParameters = readPublicParameters(o, server.Runbook, server.Parameters)
	server.Calendars = readCalendars(o)
	if server.Backend == settings.BackendSSM {
		server.TagKey = readTagKey(o)
	}
}

// readPublicParameters of our runbooks are all that the settings may give them: where a backup goes and what is upgraded, no secrets.
var publicParameters = map[string][]string{
	settings.RunbookChefAutomate:     commonParameters,
	settings.RunbookPuppetEnterprise: append(slices.Clone(commonParameters), "InstallerSource", "InstallerSHA256"),
	settings.RunbookPuppetServer:     append(slices.Clone(commonParameters), "DatabaseVersion"),
}

var commonParameters = []string{
	"BackupTo", "ProductVersion", "MajorUpgrade", "BackupTimeoutSeconds", "RebootOption", "MinimumFreeGiB",
	"StartTimeoutSeconds",
}

// readRunbook obeys the SSM API's rule for StartAutomationExecution, DocumentName. A version may follow the name, after a colon; one of
// ours has none.
func readRunbook(o object, backend settings.Backend) (name, version string) {
	if backend == "" { // which has its own fault
		return "", ""
	}
	name, found := o.requiredText("runbook", fmt.Sprintf("write %q, %q, %q, or the name of a runbook of your own",
		settings.RunbookChefAutomate, settings.RunbookPuppetEnterprise, settings.RunbookPuppetServer))
	if !found {
		return "", ""
	}
	if of, moving, found := strings.Cut(name, ":$"); found {
		o.fault("runbook", quoted(name)+" has "+quoted("$"+moving)+" for a version; write a number, as in "+quoted(of+":7")+", or "+quoted(of)+
			" for its default version")
		return "", ""
	}
	if last := strings.LastIndexByte(name, ':'); last > strings.LastIndexByte(name, '/') && onlyBytes(name[last+1:], isDigit) {
		name, version = name[:last], name[last+1:]
		if version == "" || version[0] == '0' || len(version) > 9 {
			o.fault("runbook", quoted(name+":"+version)+" ends in no version; write a number from 1, or leave it and its colon away")
			return "", ""
		}
	}
	if _, ours := settings.Runbooks()[name]; ours && version != "" {
		o.fault("runbook", quoted(name)+" comes with this project and has no versions; remove "+quoted(":"+version))
	}
	if len(name) > 128 || !isDocument(name) {
		o.fault("runbook", quoted(name)+" is not the name or ARN of a runbook; write 3 to 128 letters, digits and . - _, "+
			"or arn:aws:ssm:REGION:ACCOUNT:document/NAME (no ACCOUNT where AWS owns it)")
		return "", ""
	}
	return name, version
}

// What StartAutomationExecution takes, by the API's model (service-2.json of ssm: AutomationParameterMap, AutomationParameterKey,
// AutomationParameterValueList, AutomationParameterValue), lengths in characters. The function gives two parameters of its own.
const (
	maxParameters     = 200 - 2
	maxParameterName  = 50
	maxValues         = 50
	maxParameterValue = 512
)

// readParameters reads an object whose keys are free, so duplicates are looked for
// here and not in open.
func readParameters(o object) map[string][]string {
	v, found := o.find("parameters")
	if !found {
		return nil
	}
	at := o.at.member("parameters")
	if v.kind != kindObject {
		o.fault("parameters", mustBe("an object", v))
		return nil
	}
	all := object{parser: o.parser, at: at, parts: v.parts}
	if n := len(v.parts); n > maxParameters {
		o.fault("parameters", fmt.Sprintf("holds %d; Systems Manager takes %d beside those that the function gives", n, maxParameters))
	}
	parameters := make(map[string][]string, len(v.parts))
	for _, part := range v.parts {
		if _, again := parameters[part.key]; again {
			all.fault(part.key, "the key is given twice; keep one")
			continue
		}
		if part.key == maintenance.ParameterRunID {
			all.fault(part.key, "the function gives it itself; remove it")
			continue
		}
		parameters[part.key] = readParameter(all, part)
		if part.key == settings.ParameterAssumeRole {
			checkAssumeRole(all, parameters[part.key])
		}
	}
	return parameters
}

// checkAssumeRole holds what the function may pass to Systems Manager to one role.
func checkAssumeRole(all object, roles []string) {
	for i, role := range roles {
		if !isRole(role) {
			all.itemFault(settings.ParameterAssumeRole, i, quoted(role)+" is not the ARN of a role; write arn:aws:iam::ACCOUNT:role/NAME")
		}
	}
	if len(roles) != 1 {
		all.fault(settings.ParameterAssumeRole, "takes the ARN of one role; write it as the only item, or leave the parameter out")
	}
}

// readPublicParameters lists parameters by name. Of a runbook of ours the list is known.
func readPublicParameters(o object, runbook string, given map[string][]string) []string {
	const key = "publicParameters"
	if public, ours := publicParameters[runbook]; ours {
		if o.has(key) {
			o.fault(key, "goes with a runbook of your own; those of "+quoted(runbook)+" are known; remove it")
		}
		return slices.Clone(public)
	}
	var public []string
	o.texts(key, func(i int, name string) {
		if _, found := given[name]; !found {
			o.itemFault(key, i, quoted(name)+" is not given in parameters; remove it, or correct the name")
			return
		}
		public = append(public, name)
	})
	return public
}

func readParameter(o object, part value) []string {
	if n := utf8.RuneCountInString(part.key); n == 0 {
		o.fault(part.key, "the name is empty; write that of a parameter")
	} else if n > maxParameterName {
		o.fault(part.key, fmt.Sprintf("the name has %d characters; Systems Manager takes %d", n, maxParameterName))
	}
	if part.kind != kindList {
		o.fault(part.key, mustBe(`a list of texts, such as ["value"]`, part))
		return nil
	}
	if n := len(part.parts); n > maxValues {
		o.fault(part.key, fmt.Sprintf("holds %d values; Systems Manager takes %d", n, maxValues))
	}
	values := make([]string, 0, len(part.parts))
	for i, v := range part.parts {
		if v.kind != kindText {
			o.itemFault(part.key, i, mustBe("a text in quotes", v))
			continue
		}
		if n := utf8.RuneCountInString(v.text); n == 0 {
			o.itemFault(part.key, i, "is empty; leave the parameter out")
		} else if n > maxParameterValue { // which may be a secret
			o.itemFault(part.key, i, fmt.Sprintf("has %d characters; Systems Manager takes %d", n, maxParameterValue))
		}
		values = append(values, v.text)
	}
	return values
}

// readTagKey refuses colons because the key becomes part of a filter's name,
// "tag:<key>".
func readTagKey(o object) string {
	key, found := o.text("tagKey")
	if !found {
		return maintenance.TagKey
	}
	n := utf8.RuneCountInString(key)
	if n < 1 || n > 128 || strings.Contains(key, ":") || strings.ContainsFunc(key, isNotPrintable) {
		o.fault("tagKey", quoted(key)+" is not a usable tag key; write 1 to 128 characters without a colon")
		return maintenance.TagKey
	}
	return key
}

// readCalendars are names or ARNs of Change Calendars.
func readCalendars(o object) []string {
	var calendars []string
	o.texts("calendars", func(i int, name string) {
		if !isDocument(name) || OwnedByAWS(name) {
			o.itemFault("calendars", i, quoted(name)+" is not the name or ARN of a calendar; write 3 to 128 letters, digits and . - _, "+
				"or arn:aws:ssm:REGION:ACCOUNT:document/NAME")
			return
		}
		calendars = append(calendars, name)
	})
	return calendars
}

func isNotPrintable(r rune) bool { return !unicode.IsPrint(r) }
