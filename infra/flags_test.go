package main

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// left are the recommended flags that are not set, with the reason, which the README gives too.
var left = map[string]string{
	"@aws-cdk/core:annotationsInValidationReport": "the CLI shows annotations itself, and they would be printed twice",
}

// The flags are those that the CDK in go.mod recommends: `cdk init` would write them into cdk.json.
func TestFlags_AreRecommended(t *testing.T) {
	folder, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-cdk-go/awscdk/v2").Output()
	if err != nil {
		t.Fatal(err)
	}
	packages, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(folder)), "jsii", "aws-cdk-lib-*.tgz"))
	if err != nil || len(packages) != 1 {
		t.Fatalf("found %v, %v", packages, err)
	}
	file, err := os.Open(packages[0])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	for archive := tar.NewReader(unzipped); ; {
		entry, err := archive.Next()
		if err != nil {
			t.Fatalf("%s has no flags: %v", packages[0], err)
		}
		if entry.Name != "package/recommended-feature-flags.json" {
			continue
		}
		want := map[string]any{}
		if err := json.NewDecoder(archive).Decode(&want); err != nil {
			t.Fatal(err)
		}
		for flag := range left {
			if _, recommended := want[flag]; !recommended {
				t.Errorf("%s is not recommended any more", flag)
			}
			delete(want, flag)
		}
		if got := recommendedFlags(); !reflect.DeepEqual(got, want) || got["@aws-cdk/core:validateAgainstDefaultRules"] != true {
			t.Errorf("flags.json has\n%v\nrecommended is\n%v", got, want)
		}
		return
	}
}

// What the CDK's rules refuse fails a synth, with an error and not with a trace.
func TestSynth_Refused(t *testing.T) {
	needNode(t)
	app, _, _ := build(t, documentOf(`{"name": "a", "backend": "opsworks-cm", "alarms": ["${AWS::Region}"]}`))
	if err := synth(app); err == nil || !strings.Contains(err.Error(), "Validation failed") {
		t.Errorf("a text that looks like a parameter came to %v", err)
	}
}
