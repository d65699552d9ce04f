package check_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/settings/check"
)

// What becomes a resource in an IAM policy is one name or one ARN of its kind.
func TestResolve_Resources(t *testing.T) {
	const runbook, calendar, role = `"runbook": %q`, `"runbook": "Maintain", "calendars": [%q]`,
		`"runbook": "Maintain", "parameters": {"AutomationAssumeRole": [%q]}`
	for _, c := range []struct {
		path, remedy, fields string
		wrong, right         []string
	}{
		{"servers[0].runbook", "arn:aws:ssm:REGION:ACCOUNT:document/NAME (no ACCOUNT where AWS owns it)", runbook, []string{
			"*", "ab", "Main*", "Main?tain", "my/Maintain", "a:Maintain", "${aws:username}", "arn:aws:ssm:*:123456789012:document/Maintain",
			"arn:aws:ssm:eu-central-1:123456789012:document/*", "arn:aws:ssm:eu-central-1:123456789012:automation-definition/Maintain",
			"arn:aws:s3:eu-central-1:123456789012:document/Maintain", "arn:aws-cn:ssm:eu-central-1:123456789012:document/Maintain",
			"arn:aws:ssm:us-gov-west-1:123456789012:document/Maintain", "arn:aws:ssm:eu-central-1:1234:document/Maintain",
			"arn:aws:ssm:eu-central-1::document/Maintain", "arn:aws:ssm:eu-central-1:123456789012:document/AWS-RestartEC2Instance",
		}, []string{
			"Maintain", "AWS-RestartEC2Instance", "AWSConfigRemediation-DeleteUnusedEBSVolume", "arn:aws:ssm:eu-central-1::document/AWS-X",
			"arn:aws-us-gov:ssm:us-gov-west-1:123456789012:document/Maintain", "arn:aws-cn:ssm:cn-north-1:123456789012:document/Maintain:3",
			"arn:aws-iso-f:ssm:us-isof-south-1:123456789012:document/Maintain", "arn:aws-eusc:ssm:eusc-de-east-1:123456789012:document/Maintain",
		}},
		{"servers[0].calendars[0]", "arn:aws:ssm:REGION:ACCOUNT:document/NAME", calendar, []string{
			"*", "c", "AWS-Holidays", "Holi*", "arn:aws:ssm:eu-central-1:123456789012:*", "arn:aws:ssm:eu-central-1::document/Holidays",
			"arn:aws:ssm::123456789012:document/Holidays", "arn:aws:iam::123456789012:role/Holidays",
		}, []string{"Holidays", "arn:aws:ssm:eu-central-1:123456789012:document/Holidays"}},
		{"servers[0].parameters.AutomationAssumeRole[0]", "arn:aws:iam::ACCOUNT:role/NAME", role, []string{
			"*", "", "Maintain", "my role name", "arn:aws:iam::123456789012:role/*", "arn:aws:iam::*:role/Maintain",
			"arn:aws:iam::123456789012:user/Maintain", "arn:aws:iam:eu-central-1:123456789012:role/Maintain",
			"arn:aws-moon:iam::123456789012:role/Maintain", "arn:aws:iam::123456789012:role/a//b", "arn:aws:iam::123456789012:role/", "{node}",
			"arn:aws:iam::123456789012:role/Maintain arn:aws:iam::123456789012:role/Other",
		}, []string{"arn:aws:iam::123456789012:role/Maintain", "arn:aws-us-gov:iam::123456789012:role/ops/of=a/M@x,+.-_"}},
	} {
		resolve := func(text string) error {
			_, err := check.Resolve([]byte(fmt.Sprintf(`{"servers": [{"name": "web", "backend": "ssm", `+c.fields+`}]}`, text)), time.Time{})
			return err
		}
		for _, text := range c.wrong {
			if err := resolve(text); err == nil || !strings.HasPrefix(err.Error(), c.path+": ") || !strings.Contains(err.Error(), c.remedy) {
				t.Errorf("%s %q: %v", c.path, text, err)
			}
		}
		for _, text := range c.right {
			if err := resolve(text); err != nil {
				t.Errorf("%s %q: %v", c.path, text, err)
			}
		}
	}
}
