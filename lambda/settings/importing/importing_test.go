package importing_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/settings/check"
	"opsworks-maintenance/lambda/settings/importing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Each sample comes to what its golden file has: the document, then what is said beside it.
func TestDocument(t *testing.T) {
	for _, name := range []string{"describe-servers.json", "template.json", "template.yaml"} {
		t.Run(name, func(t *testing.T) {
			result, err := importing.Document(strings.NewReader(sample(t, name)))
			if err != nil {
				t.Fatal(err)
			}
			holds(t, name+".golden", result)
		})
	}
}

// holds compares with a golden file, and holds any result to what is promised of all.
func holds(t *testing.T, golden string, result importing.Result) {
	t.Helper()
	if _, err := check.Resolve(result.Document, time.Now()); err != nil {
		t.Errorf("the document has faults:\n%v", err)
	}
	var notes bytes.Buffer
	if err := result.Notes(&notes); err != nil {
		t.Fatal(err)
	}
	got := string(result.Document) + "\n" + notes.String()
	if strings.Contains(got, "Secret/1") {
		t.Errorf("a secret is printed:\n%s", got)
	}
	if *update {
		if err := os.WriteFile(filepath.Join("testdata", golden), []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got != sample(t, golden) {
		t.Errorf("differs from %s (-update rewrites it):\n%s", golden, got)
	}
}

// The same servers are found in other wrappings.
func TestDocument_Wrapped(t *testing.T) {
	body, err := json.Marshal(map[string]any{"StagesAvailable": []string{"Original"}, "TemplateBody": sample(t, "template.yaml")})
	if err != nil {
		t.Fatal(err)
	}
	servers := sample(t, "describe-servers.json")
	for name, wrapped := range map[string][2]string{
		"get-template, of YAML":         {string(body), "template.yaml"},
		"get-template, of JSON":         {`{"TemplateBody": ` + sample(t, "template.json") + `}`, "template.json"},
		"--query Servers":               {servers[strings.Index(servers, "[") : strings.LastIndex(servers, "]")+1], "describe-servers.json"},
		"--output yaml, of one server":  {"Servers:\n- ServerName: puppet-01\n  Engine: Puppet\n  KeyPair: null\n", ""},
		"JSON that an editor has begun": {"\ufeff" + servers, "describe-servers.json"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := importing.Document(strings.NewReader(wrapped[0]))
			if err != nil {
				t.Fatal(err)
			}
			if wrapped[1] == "" {
				return
			}
			want, err := importing.Document(strings.NewReader(sample(t, wrapped[1])))
			if err != nil || !bytes.Equal(got.Document, want.Document) {
				t.Errorf("%s\nwant %s (%v)", got.Document, want.Document, err)
			}
		})
	}
}

func TestDocument_Refused(t *testing.T) {
	for source, want := range map[string]string{
		"":                     "nothing to import: the file is empty",
		"\xff\xfe{":            "not UTF-8; save the file as UTF-8",
		"{\"Servers\": [1,]}":  "line 1, column 16: not JSON: invalid character ']' looking for beginning of value; remove the comma before it",
		"a: [":                 "not YAML: yaml: line 1: did not find expected node content",
		"a: &x 1\nb: *x":       "line 2: the alias *x is not followed; write what it stands for",
		"{}":                   "neither a CloudFormation template (Resources) nor the output of describe-servers (Servers)",
		"just words":           "neither a CloudFormation template (Resources) nor the output of describe-servers (Servers)",
		`{"Servers": []}`:      "describe-servers lists no server",
		`{"Servers": [1]}`:     "server 0 of describe-servers is not an object",
		`{"Resources": {}}`:    "the template has no AWS::OpsWorksCM::Server",
		`{"TemplateBody": ""}`: "TemplateBody: nothing to import: the file is empty",
		`[{"ServerName": "a b", "Engine": "Puppet"}]`: "no server can be imported\n" +
			`a b: left out: "a b" is not a server's name: 1 to 40 letters, digits and dashes, a letter first`,
	} {
		if _, err := importing.Document(strings.NewReader(source)); err == nil || err.Error() != want {
			t.Errorf("%q: %v\nwant %s", source, err, want)
		}
	}
}

// fleet answers with its nodes, or fails.
type fleet struct {
	nodes []importing.Node
	err   error
	key   string // that was asked for
}

func (f *fleet) Tagged(_ context.Context, key string) ([]importing.Node, error) {
	f.key = key
	return f.nodes, f.err
}

func TestTagged(t *testing.T) {
	nodes := &fleet{nodes: []importing.Node{
		{ID: "mi-0123456789abcdef0", Server: "puppet-02"}, {ID: "i-0123456789abcdef0", Server: "puppet-01"},
		{ID: "i-0123456789abcdef1", Server: "puppet-01"}, {ID: "i-0123456789abcdef2", Server: ""},
	}}
	result, err := importing.Tagged(t.Context(), nodes, "", "puppet-server")
	if err != nil || nodes.key != "maintenance-server" {
		t.Fatal(err, nodes.key)
	}
	holds(t, "nodes.golden", result)
	for name, c := range map[string]struct {
		nodes        fleet
		key, runbook string
		want         string
	}{
		"no runbook":  {*nodes, "", "", "a node does not say what runs on it; name the runbook that maintains it"},
		"no node":     {fleet{}, "role", "Maintain", "no managed node has the tag role"},
		"no answer":   {fleet{err: errors.New("denied")}, "", "Maintain", "find the nodes with the tag maintenance-server: denied"},
		"no such key": {*nodes, "a:b", "Maintain", `servers[0].tagKey: "a:b" is not a usable tag key`},
	} {
		if _, err := importing.Tagged(t.Context(), &c.nodes, c.key, c.runbook); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever a file has, the import answers with a document without a fault, or an error.
func FuzzDocument(f *testing.F) {
	for _, name := range []string{"describe-servers.json", "template.json", "template.yaml"} {
		f.Add(sample(f, name))
	}
	f.Fuzz(func(t *testing.T, source string) {
		result, err := importing.Document(strings.NewReader(source))
		if err != nil {
			if strings.Contains(err.Error(), "the document that was made has faults") {
				t.Error(err)
			}
			return
		}
		if _, err := check.Resolve(result.Document, time.Time{}); err != nil {
			t.Error(err)
		}
	})
}

func sample(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
