package message

import (
	"fmt"
	"strings"
)

// order is the command that sends an operator's request about a run. It names the run and no server: an old message must not start
// a second maintenance. It goes to the alias that takes operators' requests, in a form that both editions of the AWS CLI understand:
// version 2 takes --payload for base64 and version 1 does not, but both send what fileb:// names as it is
// (https://docs.aws.amazon.com/cli/latest/userguide/cliv2-migration-changes.html; tried with 1.45.11 and 2.9.19).
// It is empty for a run without an id.
func order(v view, f Function, verb string, override ...string) string {
	if v.RunID == "" {
		return ""
	}
	more := ""
	if len(override) > 0 {
		more = `,"override":["` + strings.Join(override, `","`) + `"]`
	}
	return fmt.Sprintf(`echo '{"%s":{"runId":"%s"%s}}' | aws lambda invoke --function-name %s:operators --region %s`+
		" --payload fileb:///dev/stdin /dev/stdout",
		verb, v.RunID, more, f.Name, f.Region)
}

// lookAt is the step that shows how things stand: a link where there is a page, else a command that reads.
func lookAt(v view, f Function) step {
	switch {
	case v.ServerName == "" || v.Server.Backend == "": // which is not known where nothing was looked at
		return step{}
	case !v.ssm():
		return step{"Look at the server (with an AWS CLI from before August 2025):",
			fmt.Sprintf("aws opsworks-cm describe-servers --server-name %s --region %s%s", v.ServerName, f.Region,
				after(" --endpoint-url ", f.Endpoint))}
	case v.Reference != "" && !v.said.noExecution:
		return step{"Look at the execution:", execution(v, f)}
	case v.Server.Node != "":
		return step{"Look at the node:",
			fmt.Sprintf("aws ssm describe-instance-information --filters Key=InstanceIds,Values=%s --region %s", v.Server.Node, f.Region)}
	default:
		return step{"Look at the managed nodes:", "aws ssm describe-instance-information --region " + f.Region}
	}
}

// lookFor is the step that shows whether an execution was started: a list of those of its runbook.
func lookFor(v view, f Function) step {
	if !v.ssm() || v.Reference != "" || v.ServerName == "" || v.Server.Runbook == "" {
		return lookAt(v, f)
	}
	return step{"Look for the execution:",
		fmt.Sprintf("aws ssm describe-automation-executions --filters Key=DocumentNamePrefix,Values=%s --region %s", v.Server.Runbook,
			f.Region)}
}

// execution is the page of an execution, or a command where the console's address is not a public one.
func execution(v view, f Function) string {
	domain := "console.aws.amazon.com"
	switch {
	case strings.HasPrefix(f.Region, "cn-"):
		domain = "console.amazonaws.cn"
	case strings.HasPrefix(f.Region, "us-gov-"):
		domain = "console.amazonaws-us-gov.com"
	case strings.HasPrefix(f.Region, "eusc-"), strings.Contains(f.Region, "-iso"):
		return fmt.Sprintf("aws ssm get-automation-execution --automation-execution-id %s --region %s", v.Reference, f.Region)
	}
	return fmt.Sprintf("https://%s.%s/systems-manager/automation/execution/%s?region=%[1]s", f.Region, domain, v.Reference)
}
