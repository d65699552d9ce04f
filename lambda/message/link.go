package message

import (
	"cmp"
	"strings"

	"opsworks-maintenance/lambda/maintenance"
)

// link is a page that shows how things stand.
type link struct {
	// what says what it is for, where that is not what the commands are for: "look at it".
	what, address, name string
}

// Dashboard is what a link to the stack's dashboard shows.
const Dashboard = "dashboard"

// Link is the page that shows most of what a report is about: its address, and what it shows; empty where there is none.
func Link(report maintenance.Report, f Function) (address, name string) {
	l := linkOf(viewOf(report), f)
	return l.address, l.name
}

// after is the link as it follows what it is for.
func (l link) after() string {
	if l.address == "" {
		return ""
	}
	return "  " + l.address + " (" + l.name + ")"
}

// linkOf is the page that shows most of what a report is about: the run's execution, the executions where it is looked for, the function's
// log, else the stack's dashboard. It is empty where the console's address is not a public one.
func linkOf(v view, f Function) link {
	console := consoleOf(f.Region)
	switch {
	case console == "" || f.Name == "":
		return link{}
	case v.Reason == maintenance.ReasonStartUnconfirmed && v.ssm() && v.Reference == "":
		return link{"look for its execution", console + "/systems-manager/automation/executions?region=" + f.Region, "executions"}
	case v.Reference != "" && !v.said.noExecution:
		return link{"look at it", console + "/systems-manager/automation/execution/" + v.Reference + "?region=" + f.Region, "execution"}
	case v.said.log:
		return link{"look into it", console + "/cloudwatch/home?region=" + f.Region + "#logsV2:log-groups/log-group/" + escaped(f.logGroup()) +
			"/log-events" + quoted(cmp.Or(v.said.logged, v.RunID)), "log"}
	default:
		return link{"", console + "/cloudwatch/home?region=" + f.Region + "#dashboards/dashboard/" + f.Name, Dashboard}
	}
}

// logGroup is where the function logs: where nothing else is said, in the group that Lambda names by it.
func (f Function) logGroup() string { return cmp.Or(f.LogGroup, "/aws/lambda/"+f.Name) }

// escaped is the name of a log group as the console's addresses have it: escaped twice, with $ for %.
func escaped(group string) string {
	return strings.NewReplacer("/", "$252F", "#", "$2523").Replace(group)
}

// quoted is the filter for lines with an id, as the console's addresses have it.
func quoted(id string) string {
	if id == "" {
		return ""
	}
	return "$3FfilterPattern$3D$2522" + id + "$2522"
}

// consoleOf is where the console of a Region is: by the beginning of the Region's name. The isolated Regions have no public one.
// https://docs.aws.amazon.com/general/latest/gr/mgmt-console.html
func consoleOf(region string) string {
	domain := "console.aws.amazon.com"
	switch {
	case region == "", strings.Contains(region, "-iso"):
		return ""
	case strings.HasPrefix(region, "cn-"):
		domain = "console.amazonaws.cn"
	case strings.HasPrefix(region, "us-gov-"):
		domain = "console.amazonaws-us-gov.com"
	case strings.HasPrefix(region, "eusc-"):
		domain = "console.amazonaws-eusc.eu"
	}
	return "https://" + region + "." + domain
}
