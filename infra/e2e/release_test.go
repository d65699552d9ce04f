package e2e_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// TestRelease deploys what make release has written to an empty account, by CloudFormation alone, and reads it back as the CDK's
// deployment is read back. That both templates have the same resources is the test of infra.
func TestRelease(t *testing.T) {
	if os.Getenv("E2E") != "1" {
		t.Skip("make e2e runs this: it deploys a release to an emulator")
	}
	const bucket, prefix = "company-releases", "night/shift/"
	zips, err := filepath.Glob(filepath.Join(root, "dist/release", stackName+"-*.zip"))
	if err != nil || len(zips) != 2 {
		t.Fatalf("the release has the zips %q, %v; make release", zips, err)
	}
	d := &deployment{folder: t.TempDir()}
	d.document, d.settings = inCDKJSON(t)
	d.emulator = newEmulator(t)
	put := func(path string, body []byte) {
		if _, err := d.send(t.Context(), http.MethodPut, path, "s3", "", body); err != nil {
			t.Fatal(err)
		}
	}
	put("/"+bucket, nil)
	for _, zip := range zips {
		code, err := os.ReadFile(zip)
		if err != nil {
			t.Fatal(err)
		}
		put("/"+bucket+"/"+prefix+filepath.Base(zip), code)
	}
	file := filepath.Join(root, "dist/release/template.json")
	template, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parameters := map[string]string{"CodeBucket": bucket, "CodePrefix": prefix}
	var given []types.Parameter
	for name, value := range parameters {
		given = append(given, types.Parameter{ParameterKey: aws.String(name), ParameterValue: aws.String(value)})
	}
	if _, err := d.stacks.CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String(stackName), TemplateBody: aws.String(string(template)), Parameters: given,
		Capabilities: []types.Capability{types.CapabilityCapabilityIam},
	}); err != nil {
		t.Fatal(err)
	}
	d.stacksAre(t, stackName)
	d.templateIs(t, file)
	d.stack = d.resolve(t, readTemplate(t, file), parameters)
	d.readBack(t)
}
