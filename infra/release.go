package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

const (
	// releaseFolder is where a release lies: the zips of the function and its page, and the template.
	releaseFolder   = "dist/release"
	releaseTemplate = "template.json"
)

// release writes the zips and a template that CloudFormation takes as it is: without the CDK, its bootstrap, and this repository. A zip is
// named by its content: another release is another object in the bucket, by which CloudFormation sees that the code has changed.
func release(out io.Writer) error {
	defer jsii.Close()
	written, err := readContext("cdk.json")
	if err != nil {
		return err
	}
	plan, architecture, err := prepare(written[contextKey])
	if err != nil {
		return err
	}
	name, code, err := zipOf(assetFolder, plan.Deployment.Name)
	if err != nil {
		return err
	}
	pageName, pageCode, err := zipOf(pageAssetFolder, plan.Deployment.Name+"-page")
	if err != nil {
		return err
	}
	template, warning, err := synthesizeRelease(written, &StackProps{Plan: plan, Architecture: architecture, Zip: name, PageZip: pageName})
	if err != nil {
		return err
	}
	files := map[string][]byte{name: code, pageName: pageCode, releaseTemplate: template}
	if err := writeRelease(releaseFolder, files); err != nil {
		return err
	}
	if warning != "" {
		_, _ = fmt.Fprintf(out, "warning: %s\n", warning)
	}
	for _, file := range []string{name, pageName, releaseTemplate} {
		if _, err := fmt.Fprintln(out, filepath.Join(releaseFolder, file)); err != nil {
			return err
		}
	}
	return nil
}

// zipOf zips a folder, and names the zip by its content.
func zipOf(folder, name string) (string, []byte, error) {
	code, err := zipFolder(folder)
	sum := sha256.Sum256(code)
	return name + "-" + hex.EncodeToString(sum[:8]) + ".zip", code, err
}

// synthesizeRelease makes the template with what is written in the context of cdk.json, and says what synth says beside.
func synthesizeRelease(written map[string]any, props *StackProps) (template []byte, warning string, err error) {
	assembly, err := os.MkdirTemp("", "release")
	if err != nil {
		return nil, "", fmt.Errorf("synthesize the release: %w", err)
	}
	defer func() { _ = os.RemoveAll(assembly) }()
	context := recommendedFlags()
	maps.Copy(context, written)
	app := awscdk.NewApp(&awscdk.AppProps{Context: &context, Outdir: jsii.String(assembly), AnalyticsReporting: jsii.Bool(false)})
	stack := NewStack(app, props)
	if err := synth(app); err != nil {
		return nil, "", err
	}
	if template, err = os.ReadFile(filepath.Join(assembly, *stack.TemplateFile())); err != nil {
		return nil, "", fmt.Errorf("synthesize the release: %w", err)
	}
	return template, stack.Warning, nil
}

// writeRelease leaves nothing of an older release.
func writeRelease(folder string, files map[string][]byte) error {
	if err := os.RemoveAll(folder); err != nil {
		return fmt.Errorf("write the release: %w", err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("write the release: %w", err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			return fmt.Errorf("write the release: %w", err)
		}
	}
	return nil
}

// zipFolder is the function's asset as Lambda takes it, byte by byte the same for the same files.
func zipFolder(folder string) ([]byte, error) {
	files, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("zip the function: %w", err)
	}
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	for _, file := range files {
		info, err := file.Info()
		if err != nil {
			return nil, fmt.Errorf("zip the function: %w", err)
		}
		content, err := os.ReadFile(filepath.Join(folder, file.Name()))
		if err != nil {
			return nil, fmt.Errorf("zip the function: %w", err)
		}
		header := &zip.FileHeader{Name: file.Name(), Method: zip.Deflate}
		header.SetMode(info.Mode())
		writer, err := archive.CreateHeader(header)
		if err == nil {
			_, err = writer.Write(content)
		}
		if err != nil {
			return nil, fmt.Errorf("zip the function: %w", err)
		}
	}
	if err := archive.Close(); err != nil {
		return nil, fmt.Errorf("zip the function: %w", err)
	}
	return b.Bytes(), nil
}

// codeInBucket is the code of a zip where the template's parameters say it lies: they are filled at the deploy. Its name is none of
// them: the AWS CLI gives a parameter that is not mentioned its value of the deployment before, and the code would stay the old one.
// https://docs.aws.amazon.com/cli/latest/reference/cloudformation/deploy/
func codeInBucket(scope constructs.Construct) func(name string) awslambda.Code {
	bucket := awscdk.NewCfnParameter(scope, jsii.String("CodeBucket"), &awscdk.CfnParameterProps{
		Description: jsii.String("The bucket, in the Region of the stack, that the zips of the function and its page lie in"),
	})
	prefix := awscdk.NewCfnParameter(scope, jsii.String("CodePrefix"), &awscdk.CfnParameterProps{
		Default: jsii.String(""), Description: jsii.String("What stands before the names of the zips in their keys, as releases/"),
	})
	in := awss3.Bucket_FromBucketName(scope, jsii.String("Code"), bucket.ValueAsString())
	return func(name string) awslambda.Code {
		return awslambda.Code_FromBucketV2(in, jsii.String(*prefix.ValueAsString()+name), nil)
	}
}
