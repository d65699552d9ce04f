package e2e_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// bootstrap runs outside the repository: inside, the CLI would synthesize the stack for nothing.
func (d *deployment) bootstrap(t *testing.T) {
	d.mustCDK(t, d.folder, "bootstrap", "aws://"+account+"/"+region)
	d.stacksAre(t, "CDKToolkit")
}

// deploy deploys the settings that the repository comes with.
func (d *deployment) deploy(t *testing.T) {
	d.stack = d.cdkDeploy(t, "first", "--tags", "team=ops")
	d.stacksAre(t, "CDKToolkit", stackName)
	ours, err := d.stacks.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String(stackName)})
	if err != nil || len(ours.Stacks[0].Tags) != 1 || *ours.Stacks[0].Tags[0].Key != "team" || *ours.Stacks[0].Tags[0].Value != "ops" {
		t.Errorf("the stack has not the tags that it was given: %v, %v", ours, err)
	}
}

// cdkDeploy is make deploy, but for two things that the emulator cannot do: update a stack by a change set, hence the direct method, and
// remember the parameters of a stack.
func (d *deployment) cdkDeploy(t *testing.T, name string, flags ...string) *stack {
	t.Helper()
	assembly := filepath.Join(d.folder, name)
	output := d.mustCDK(t, root, append([]string{
		"deploy", "--require-approval", "never", "--method", "direct", "--no-previous-parameters", "--output", assembly}, flags...)...)
	for _, line := range regexp.MustCompile(`(?m)^`+stackName+`\.\w+ = .*$`).FindAllString(output, -1) {
		t.Log(line)
	}
	file := filepath.Join(assembly, stackName+".template.json")
	d.templateIs(t, file)
	return d.resolve(t, readTemplate(t, file), nil)
}

// templateIs checks that the emulator has the template that the CLI was given.
func (d *deployment) templateIs(t *testing.T, file string) {
	t.Helper()
	there, err := d.stacks.GetTemplate(t.Context(), &cloudformation.GetTemplateInput{StackName: aws.String(stackName)})
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := json.Unmarshal([]byte(*there.TemplateBody), &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("another template was deployed than was synthesized:\n%s", *there.TemplateBody)
	}
}

// stacksAre checks which stacks there are, apart from deleted ones.
func (d *deployment) stacksAre(t *testing.T, want ...string) {
	t.Helper()
	all, err := d.stacks.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range all.Stacks {
		got = append(got, *s.StackName)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the stacks are %v, want %v", got, want)
	}
}

// mustCDK runs the CDK CLI, which must succeed.
func (d *deployment) mustCDK(t *testing.T, folder string, args ...string) string {
	t.Helper()
	begin := time.Now()
	output, err := d.cdk(t, folder, args...)
	if err != nil {
		t.Fatalf("cdk %s: %v\n%s", args[0], err, tail(output, 40))
	}
	t.Logf("cdk %s took %.1f s", args[0], time.Since(begin).Seconds())
	return output
}

// cdk runs the version of the CDK CLI that the Makefile has, in a folder. The first time npx downloads it.
func (d *deployment) cdk(t *testing.T, folder string, args ...string) (string, error) {
	t.Helper()
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	pinned := regexp.MustCompile(`(?m)^CDK\s*:=\s*(.+)$`).FindSubmatch(makefile)
	if pinned == nil {
		t.Fatal("the Makefile has no line CDK := …")
	}
	words := append(strings.Fields(string(pinned[1])), "--no-notices")
	words = append(words, args...)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, words[0], words[1:]...)
	command.Dir = folder
	command.Env = d.environment()
	// npx starts others, which go with it.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	command.WaitDelay = time.Second
	output, err := command.CombinedOutput()
	return string(output), err
}

// environment leads the CLI to the emulator and nowhere else: no account of the one who runs this is known to it, and it asks nobody for
// news.
func (e *emulator) environment() []string {
	var all []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "AWS_") {
			all = append(all, variable)
		}
	}
	return append(all,
		"AWS_ENDPOINT_URL="+e.URL, "AWS_REGION="+region, "AWS_DEFAULT_REGION="+region,
		"AWS_ACCESS_KEY_ID=emulator", "AWS_SECRET_ACCESS_KEY=emulator",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_EC2_METADATA_DISABLED=true",
		"CI=true", "NO_COLOR=1", "CDK_DISABLE_CLI_TELEMETRY=true", "CDK_DISABLE_VERSION_CHECK=true",
		"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=1", "npm_config_update_notifier=false",
	)
}
