package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// A release deploys what the CDK deploys, but for where the code lies, and asks for nothing of the CDK's.
func TestRelease_Template(t *testing.T) {
	for name, document := range map[string]string{"cdk.json": inCDKJSON(t), "everything": everything, "strictly": strictly} {
		t.Run(name, func(t *testing.T) {
			byCDK := synthesize(t, document)
			props := &StackProps{Plan: byCDK.Plan, Architecture: "arm64", Zip: "code.zip", PageZip: "page.zip"}
			b, _, err := synthesizeRelease(map[string]any{}, props)
			if err != nil {
				t.Fatal(err)
			}
			keepForLint(t, b)
			for _, word := range []string{"cdk-", "aws:cdk", "aws:asset", "AWS::CDK", "BootstrapVersion"} {
				if strings.Contains(string(b), word) {
					t.Errorf("the template has %s", word)
				}
			}
			var released struct {
				template
				Parameters map[string]any
			}
			if err := json.Unmarshal(b, &released); err != nil {
				t.Fatal(err)
			}
			if got := slices.Sorted(maps.Keys(released.Parameters)); !slices.Equal(got, []string{"CodeBucket", "CodePrefix"}) {
				t.Errorf("it has the parameters %q", got)
			}
			function := released.one(t, "AWS::Lambda::Function").Properties
			want := map[string]any{"S3Bucket": "${CodeBucket}", "S3Key": "${CodePrefix}code.zip"}
			if got := plain(function["Code"]); !reflect.DeepEqual(got, want) {
				t.Errorf("the code is %v", got)
			}
			page, pageByCDK := released.pageFunction(t).Properties, byCDK.pageFunction(t).Properties
			if got := plain(dig(page, "Code", "S3Key")); got != "${CodePrefix}page.zip" {
				t.Errorf("the page's code is %v", got)
			}
			page["Code"] = pageByCDK["Code"]
			function["Code"] = byCDK.one(t, "AWS::Lambda::Function").Properties["Code"]
			if !reflect.DeepEqual(released.Resources, byCDK.Resources) || !reflect.DeepEqual(released.Outputs, byCDK.Outputs) {
				t.Error("the release has other resources or outputs than the CDK's deployment")
			}
		})
	}
}

// The zip is the same for the same files, and what can be executed stays so; of an older release nothing is left.
func TestRelease_Files(t *testing.T) {
	asset, folder := t.TempDir(), filepath.Join(t.TempDir(), "release")
	for name, mode := range map[string]os.FileMode{"bootstrap": 0o755, "settings.json": 0o644} {
		if err := os.WriteFile(filepath.Join(asset, name), []byte("content of "+name), mode); err != nil {
			t.Fatal(err)
		}
	}
	first, err := zipFolder(asset)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := zipFolder(asset); err != nil || !bytes.Equal(first, second) {
		t.Errorf("the same files make another zip (%v)", err)
	}
	archive, err := zip.NewReader(bytes.NewReader(first), int64(len(first)))
	if err != nil || len(archive.File) != 2 || archive.File[0].Name != "bootstrap" || archive.File[0].Mode()&0o111 == 0 {
		t.Errorf("the zip: %v, %v", archive, err)
	}
	for _, name := range []string{"old.zip", "new.zip"} {
		if err := writeRelease(folder, map[string][]byte{name: first}); err != nil {
			t.Fatal(err)
		}
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 1 || files[0].Name() != "new.zip" {
		t.Errorf("the folder has %v, %v", files, err)
	}
}
