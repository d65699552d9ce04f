package e2e_test

import (
	"archive/zip"
	"bytes"
	"context"
	"debug/elf"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
)

// notThere is for services that answer with an empty list.
var notThere error = &smithy.GenericAPIError{Code: "NotFound"}

// kind is how resources of a type are checked.
type kind struct {
	// read reads the resource back from its service. It is nil where the emulator makes none.
	read func(*emulator, context.Context, *resource) (map[string]any, error)
	// without are the properties that the emulator does not keep, or not as they were given.
	without []string
	// must checks the template, which by then is what was deployed: always where the emulator does not hold all.
	must func(*testing.T, *deployment, *resource)
}

// kinds are all types that the stack may have: one more is a failure until somebody says here how it is checked.
var kinds = map[string]kind{
	"AWS::Lambda::Function":   {(*emulator).readFunction, []string{"Architectures", "DeadLetterConfig", "LoggingConfig"}, functionMust},
	"AWS::Lambda::Permission": {(*emulator).readPermission, nil, nil},
	"AWS::Events::Rule":       {(*emulator).readRule, nil, ruleMust},
	"AWS::SNS::Topic":         {(*emulator).readTopic, nil, topicMust},
	"AWS::KMS::Key":           {(*emulator).readKey, []string{"Description"}, keyMust},
	"AWS::DynamoDB::Table": {(*emulator).readTable,
		[]string{"TimeToLiveSpecification", "PointInTimeRecoverySpecification"}, tableMust},
	"AWS::SQS::Queue":                {(*emulator).readQueue, nil, queueMust},
	"AWS::IAM::Role":                 {(*emulator).readRole, nil, nil},
	"AWS::IAM::Policy":               {(*emulator).readPolicy, nil, policyMust},
	"AWS::SSM::Document":             {(*emulator).readDocument, nil, documentMust},
	"AWS::Logs::LogGroup":            {(*emulator).readLogGroup, nil, nil},
	"AWS::CloudWatch::Dashboard":     {(*emulator).readDashboard, nil, nil},
	"AWS::CloudWatch::Alarm":         {nil, nil, alarmMust},
	"AWS::Lambda::Alias":             {nil, nil, aliasMust},
	"AWS::Lambda::EventInvokeConfig": {nil, nil, invokeMust},
	"AWS::SNS::Subscription":         {nil, nil, subscriptionMust},
	"AWS::SNS::TopicPolicy":          {nil, nil, topicPolicyMust},
	"AWS::SQS::QueuePolicy":          {nil, nil, queuePolicyMust},
	"AWS::Scheduler::ScheduleGroup":  {nil, nil, scheduleGroupMust},
	"AWS::Scheduler::Schedule":       {nil, nil, scheduleMust},
}

// readBack goes through every resource of the template.
func (d *deployment) readBack(t *testing.T) {
	held, others := map[string]int{}, map[string]int{}
	for _, id := range slices.Sorted(maps.Keys(d.stack.Resources)) {
		r := d.stack.Resources[id]
		k, known := kinds[r.Type]
		switch {
		case !known || k.must == nil && (k.read == nil || len(k.without) > 0):
			t.Errorf("%s: no test says how %s is checked", id, r.Type)
			continue
		case k.read == nil && r.Name != "":
			t.Errorf("%s: the emulator makes %s now: read it back", id, r.Type)
			continue
		case k.read == nil:
			others[r.Type]++
		default:
			held[r.Type]++
			d.compare(t, r, k)
		}
		if k.must != nil {
			k.must(t, d, r)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(held)) {
		but := ""
		if len(kinds[name].without) > 0 {
			but = ", but for " + strings.Join(kinds[name].without, ", ") + ": checked on the template"
		}
		t.Logf("%s: %d read back%s", name, held[name], but)
	}
	for _, name := range slices.Sorted(maps.Keys(others)) {
		t.Logf("%s: %d checked on the template, the emulator makes none", name, others[name])
	}
	d.codeIs(t, d.document)
}

// compare compares what was read back with the template, property by property.
func (d *deployment) compare(t *testing.T, r *resource, k kind) {
	t.Helper()
	got, err := k.read(d.emulator, t.Context(), r)
	if err != nil {
		t.Errorf("%s: %v", r.ID, err)
		return
	}
	for name, want := range r.Properties {
		if !slices.Contains(k.without, name) && !reflect.DeepEqual(got[name], want) {
			t.Errorf("%s: %s is\n%v\nand in the template\n%v", r.ID, name, got[name], want)
		}
	}
}

// codeIs checks what the code of the function and of its page holds: the binary that was built, and these settings.
func (d *deployment) codeIs(t *testing.T, document map[string]any) {
	t.Helper()
	d.codeOf(t, d.stack.one(t, "AWS::Lambda::Function"), "dist/bootstrap", document)
	d.codeOf(t, d.stack.page(t), "dist/page", document)
}

func (d *deployment) codeOf(t *testing.T, function *resource, file string, document map[string]any) {
	t.Helper()
	files := d.unzip(t, function)
	names := slices.Sorted(maps.Keys(files))
	if !reflect.DeepEqual(names, []string{"bootstrap", "settings.json"}) {
		t.Fatalf("the function's code holds %v", names)
	}
	built, err := os.ReadFile(filepath.Join(root, file))
	if err != nil || !bytes.Equal(built, files["bootstrap"].content) {
		t.Errorf("the bootstrap that was deployed is not %s: %v", file, err)
	}
	if files["bootstrap"].mode&0o111 != 0o111 {
		t.Errorf("bootstrap cannot be executed: %v", files["bootstrap"].mode)
	}
	binary, err := elf.NewFile(bytes.NewReader(files["bootstrap"].content))
	if err != nil {
		t.Fatal(err)
	}
	architecture := map[elf.Machine]string{elf.EM_AARCH64: "arm64", elf.EM_X86_64: "x86_64"}[binary.Machine]
	if got := dig(function.Properties, "Architectures"); !reflect.DeepEqual(got, []any{architecture}) {
		t.Errorf("a binary for %s runs on %v", architecture, got)
	}
	if got, want := files["settings.json"].content, resolved(t, document); !bytes.Equal(got, want) {
		t.Errorf("settings.json is\n%s\nnot\n%s", got, want)
	}
	t.Logf("the code of %s: bootstrap (%s, executable, as built) and settings.json (as asked for)", function.Name, architecture)
}

// resolved is what the function loads of a document.
func resolved(t *testing.T, document map[string]any) []byte {
	t.Helper()
	text, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	read, err := check.Resolve(text, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	content, err := settings.Encode(read)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

type zipped struct {
	content []byte
	mode    os.FileMode
}

func (d *deployment) unzip(t *testing.T, function *resource) map[string]zipped {
	t.Helper()
	code, err := d.code(t.Context(), function)
	if err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(code), int64(len(code)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]zipped{}
	for _, entry := range archive.File {
		file, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(file)
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name] = zipped{content, entry.Mode()}
	}
	return files
}
