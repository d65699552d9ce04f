package e2e_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// redeploy takes the servers' windows away, so that maintenance may start at any time, also now.
func (d *deployment) redeploy(t *testing.T) {
	document := clone(t, d.document)
	var without []string
	for _, server := range document["servers"].([]any) {
		if server := server.(map[string]any); server["window"] != nil {
			delete(server, "window")
			without = append(without, server["name"].(string))
		}
	}
	b, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	before, binary := d.stack, d.unzip(t, d.stack.one(t, "AWS::Lambda::Function"))["bootstrap"].content
	d.stack = d.cdkDeploy(t, "second", "-c", "maintenance="+string(b))
	t.Logf("%v may be maintained at any time now", without)

	function := d.stack.one(t, "AWS::Lambda::Function")
	for _, id := range slices.Sorted(maps.Keys(before.Resources)) {
		was, now := before.Resources[id], d.stack.Resources[id]
		switch {
		case now == nil:
			t.Errorf("%s went", id)
		case now.Name != was.Name:
			t.Errorf("%s was made anew: %s, before %s", id, now.Name, was.Name)
		case now.Type == function.Type && len(without) > 0: // of the page too
			if reflect.DeepEqual(now.Properties["Code"], was.Properties["Code"]) {
				t.Error("the function's code is still the old one")
			}
			was.Properties["Code"] = now.Properties["Code"]
			fallthrough
		default:
			if !reflect.DeepEqual(now.Properties, was.Properties) {
				t.Errorf("%s is\n%v\nand was\n%v", id, now.Properties, was.Properties)
			}
		}
	}
	if len(before.Resources) != len(d.stack.Resources) || !reflect.DeepEqual(before.Outputs, d.stack.Outputs) {
		t.Errorf("now there are %d resources and the outputs %v, before %d and %v",
			len(d.stack.Resources), d.stack.Outputs, len(before.Resources), before.Outputs)
	}
	d.compare(t, function, kinds[function.Type])
	d.codeIs(t, document)
	if !bytes.Equal(d.unzip(t, function)["bootstrap"].content, binary) {
		t.Error("the binary changed with the settings")
	}
}

func clone(t *testing.T, document map[string]any) (copied map[string]any) {
	t.Helper()
	b, err := json.Marshal(document)
	if err == nil {
		err = json.Unmarshal(b, &copied)
	}
	if err != nil {
		t.Fatal(err)
	}
	return copied
}

// destroy looks for every resource that had been there.
func (d *deployment) destroy(t *testing.T) {
	d.mustCDK(t, root, "destroy", "--force", "--output", filepath.Join(d.folder, "destroyed"))
	d.stacksAre(t, "CDKToolkit")
	var stayed []string
	went := 0
	for _, id := range slices.Sorted(maps.Keys(d.stack.Resources)) {
		r := d.stack.Resources[id]
		read := kinds[r.Type].read
		if read == nil {
			continue
		}
		switch _, err := read(d.emulator, t.Context(), r); {
		case err == nil:
			stayed = append(stayed, r.Name)
		case gone(err):
			went++
		default:
			t.Errorf("%s: %v", id, err)
		}
	}
	table := d.stack.one(t, "AWS::DynamoDB::Table").Name
	if !reflect.DeepEqual(stayed, []string{table}) {
		t.Errorf("left behind: %v", stayed)
	}
	items, err := d.tables.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(table)})
	if err != nil || items.Count == 0 {
		t.Fatalf("the runs are gone: %v", err)
	}
	t.Logf("%d resources are gone; %v stayed, with %d items", went, stayed, items.Count)
}

// refuse tries to deploy four faults at once.
func (d *deployment) refuse(t *testing.T) {
	const wrong = `{"servers": [{"name": "automate-06-in-the-rack-of-the-next-floor", "backend": "opsworks-cm", ` +
		`"timezone": "Europe/Atlantis", "schedules": [{"name": "weekly", "expression": "cron(0 25 ? * SAT *)"}]}], ` +
		`"notify": [{"email": "ops.example.com"}]}`
	output, err := d.cdk(t, root, "deploy", "--require-approval", "never", "--output", filepath.Join(d.folder, "wrong"),
		"-c", "maintenance="+wrong)
	if err == nil {
		t.Errorf("it was deployed:\n%s", tail(output, 20))
	}
	for _, path := range []string{"servers[0].name", "servers[0].timezone", "servers[0].schedules[0].expression", "notify[0].email"} {
		said := false
		for line := range strings.Lines(output) {
			if strings.HasPrefix(strings.TrimSpace(line), path+": ") {
				said = true
				t.Log(strings.TrimSpace(line))
			}
		}
		if !said {
			t.Errorf("nothing is said of %s:\n%s", path, tail(output, 20))
		}
	}
	d.stacksAre(t, "CDKToolkit")
}
