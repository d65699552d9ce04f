package check_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
)

func read(t *testing.T, document string) check.Document {
	t.Helper()
	whole, err := check.Read([]byte(document), time.Time{})
	if err != nil {
		t.Fatalf("Read:\n%v\nof %s", err, document)
	}
	return whole
}

// Left out, all is as CDK and the stack have it; given, the function's settings are the same as without.
func TestRead_Deployment(t *testing.T) {
	if got, want := read(t, withServer("")).Deployment, (check.Deployment{Name: "opsworks-maintenance"}); !reflect.DeepEqual(got, want) {
		t.Errorf("by default %+v, want %+v", got, want)
	}
	document, err := os.ReadFile(filepath.Join("testdata", "everything.json"))
	if err != nil {
		t.Fatal(err)
	}
	whole := read(t, string(document))
	if want := (check.Deployment{
		Name: "night-shift", Memory: 256, LogRetentionDays: 30, RolePath: "/service/maintenance/", TerminationProtection: true,
		Key:     "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
		Subnets: []string{"subnet-0123456789abcdef0", "subnet-01234567"}, SecurityGroups: []string{"sg-0123456789abcdef0"},
		Proxy: "http://proxy.example.com:3128", NoProxy: []string{".amazonaws.com", "10.0.0.0/8"},
	}); !reflect.DeepEqual(whole.Deployment, want) {
		t.Errorf("deployment = %+v\nwant %+v", whole.Deployment, want)
	}
	loaded, err := settings.Encode(whole.Settings)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"night-shift", "proxy", "kms", "subnet", "/service/"} {
		if strings.Contains(string(loaded), secret) {
			t.Errorf("the function is given %s: %s", secret, loaded)
		}
	}
}

func TestRead_DeploymentFaults(t *testing.T) {
	with := func(keys string) string {
		return `{"servers": [{"name": "web", "backend": "opsworks-cm"}], ` + keys + `}`
	}
	deployment := func(keys string) string { return with(`"deployment": {` + keys + `}`) }
	const network = `"subnets": ["subnet-01234567"], "securityGroups": ["sg-01234567"]`
	checkFaults(t, []faultCase{
		{"a name that is too long for a rule's", with(`"name": "` + strings.Repeat("a", 41) + `"`), []string{
			`name: "` + strings.Repeat("a", 41) + `" cannot name a stack here; write 1 to 40 letters, digits and dashes, a letter first`}},
		{"a name that no document may have", with(`"name": "amazon-chef"`), []string{
			`name: "amazon-chef" is reserved by AWS; write a name that does not begin with aws, amazon or amzn, and is not default`}},
		{"the name of Scheduler's own group", with(`"name": "default"`), []string{
			`name: "default" is reserved by AWS; write a name that does not begin with aws, amazon or amzn, and is not default`}},
		{"an alarm of the stack of another name",
			`{"name": "night", "servers": [{"name": "web", "backend": "opsworks-cm", "alarms": ["opsworks-maintenance-*"]}]}`, nil},
		{"an alarm of this stack",
			`{"name": "night", "servers": [{"name": "web", "backend": "opsworks-cm", "alarms": ["night-errors"]}]}`, []string{
				`servers[0].alarms[0]: "night-errors" claims this program's own alarms (night-…), which may start nothing; ` +
					`begin it with what only this server's alarms begin with`}},
		{"no object", with(`"deployment": "strict"`), []string{`deployment: must be an object, not the text "strict"`}},
		{"a retention where the log group is given", deployment(`"logGroup": "/company/log", "logRetentionDays": 30`), []string{
			"deployment.logRetentionDays: goes without logGroup only; whoever makes the log group says how long it keeps"}},
		{"subnets without a security group", deployment(`"subnets": ["subnet-01234567"]`), []string{
			`deployment: must have "subnets" and "securityGroups" together, or none of them`}},
		{"names where ids belong", deployment(`"subnets": ["private-a"], "securityGroups": ["sg-01234567"]`), []string{
			`deployment.subnets[0]: "private-a" is not the id of a subnet; write subnet- and its digits`}},
		{"exceptions to no proxy", deployment(`"noProxy": ["localhost"]`), []string{"deployment.noProxy: goes with proxy only; remove it"}},
		{"a proxy without a scheme", deployment(`"proxy": "proxy:3128"`), []string{
			`deployment.proxy: "proxy:3128" is not the URL of a proxy; write http://host:port`}},
		{"too much memory", deployment(`"memory": 20000`), []string{"deployment.memory: 20000 MB is not possible; Lambda gives 128 to 10240"}},
		{"a key of China, and no path", deployment(`"key": "arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-0", "rolePath": "/"`), nil},
		{"a network", deployment(network), nil},
	})
}
