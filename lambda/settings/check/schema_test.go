package check_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
)

// object is a JSON schema, or a part of one.
type object = map[string]any

// kinds are what the values of a kind look like.
func kinds() map[string]object {
	var outcomes []any
	for _, outcome := range maintenance.Outcomes() {
		if outcome != maintenance.OutcomeIgnored {
			outcomes = append(outcomes, string(outcome))
		}
	}
	return map[string]object{
		"alarm":        {"minLength": 1, "maxLength": 255},
		"alarmTrigger": {"enum": []any{string(settings.TriggerTag), string(settings.TriggerDimension), string(settings.TriggerAction)}},
		"approval":     {"enum": []any{"alarm", "schedule", "after"}},
		"backend":      {"enum": []any{string(settings.BackendSSM), string(settings.BackendOpsWorksCM)}},
		"day":          {"enum": []any{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}},
		"duration": {"minLength": 1, "pattern": "^([0-9]+d)?(0|([0-9]*[.]?[0-9]*(ns|us|µs|μs|ms|h|m|s))*)$",
			"examples": []any{"90m", "12h", "8d", "1d12h"}},
		"email":           {"pattern": "^[^@ ]+@[^@ ]+$"},
		"expression":      {"pattern": `^(cron|rate|at)\(.*\)$`, "examples": []any{"cron(0 23 ? * SAT *)", "rate(7 days)"}},
		"name":            {},
		"outcome":         {"enum": outcomes},
		"preferredWindow": {"pattern": "^(Mon|Tue|Wed|Thu|Fri|Sat|Sun):([01][0-9]|2[0-3]):[0-5][0-9]$", "examples": []any{"Mon:09:15"}},
		"rule":            {"pattern": "^[a-zA-Z0-9._*-]{1,64}$"},
		"host":            {"pattern": "^[a-zA-Z0-9.:/*-]+$"},
		"keyARN":          {"pattern": "^arn:aws(-[a-z]+)*:kms:[a-z0-9-]+:[0-9]{12}:key/[a-zA-Z0-9-]+$"},
		"logGroup":        {"pattern": "^[a-zA-Z0-9_/.#-]{1,512}$"},
		"rolePath":        {"pattern": "^/(.*/)?$"},
		"runbook": {"pattern": "^[a-zA-Z0-9_.:/-]{3,138}$",
			"examples": []any{settings.RunbookChefAutomate, settings.RunbookPuppetEnterprise, settings.RunbookPuppetServer}},
		"securityGroup":   {"pattern": "^sg-[0-9a-f]{8,17}$"},
		"slackChannel":    {"pattern": "^[CG][0-9A-Z]{1,254}$"},
		"slackWorkspace":  {"pattern": "^[TE][0-9A-Z]{1,254}$"},
		"stackName":       {"pattern": "^[a-zA-Z][a-zA-Z0-9-]{0,39}$"},
		"subnet":          {"pattern": "^subnet-[0-9a-f]{8,17}$"},
		"scheduleName":    {"pattern": "^[a-zA-Z0-9._-]{1,64}$"},
		"serverName":      {"pattern": "^[a-zA-Z][a-zA-Z0-9-]{0,39}$"},
		"tagKey":          {"minLength": 1, "maxLength": 128, "pattern": "^[^:]*$"},
		"timeOfDay":       {"pattern": "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", "examples": []any{"22:00"}},
		"timezone":        {"minLength": 1, "examples": []any{"UTC", "Europe/Berlin", "America/New_York"}},
		"url":             {"pattern": "^[hH][tT][tT][pP][sS]?://"},
		"whenAlarmClears": {"enum": []any{"cancel", "keep"}},
		"yes":             {"enum": []any{true}},
	}
}

// rules are what the keys of one object ask of each other.
func rules() map[string]object {
	absent := object{}
	for _, key := range []string{"runbook", "parameters", "publicParameters", "tagKey", "calendars"} {
		absent[key] = false
	}
	one := func(key string) object { return object{"required": []any{key}} }
	return map[string]object{
		"serverKeys": {
			"if":   object{"properties": object{"backend": object{"enum": []any{string(settings.BackendOpsWorksCM)}}}},
			"then": object{"properties": absent}, "else": one("runbook"),
		},
		"deploymentKeys": {"dependencies": object{
			"noProxy": []any{"proxy"}, "subnets": []any{"securityGroups"}, "securityGroups": []any{"subnets"},
		}},
		"subscriptionKeys": {
			"oneOf":        []any{one("email"), one("slack"), one("chat"), one("records")},
			"dependencies": object{"only": []any{"email"}},
		},
	}
}

// generate writes the schema of the document from its types and their comments.
func generate(t *testing.T) []byte {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "document.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	definitions := object{}
	for _, declared := range file.Decls {
		declaration, ok := declared.(*ast.GenDecl)
		if !ok || declaration.Tok != token.TYPE {
			continue
		}
		for _, spec := range declaration.Specs {
			name := spec.(*ast.TypeSpec).Name.Name
			definitions[name] = objectSchema(t, name, spec.(*ast.TypeSpec).Type.(*ast.StructType))
		}
	}
	return written(t, object{
		"$schema": "http://json-schema.org/draft-07/schema#", "title": "Settings of opsworks-maintenance",
		"allOf": []any{object{"$ref": "#/definitions/documentKeys"}}, "definitions": definitions,
	})
}

func objectSchema(t *testing.T, name string, fields *ast.StructType) object {
	t.Helper()
	properties, required := object{}, []any{}
	for _, field := range fields.Fields.List {
		text, err := strconv.Unquote(field.Tag.Value)
		if err != nil {
			t.Fatal(err)
		}
		tag := reflect.StructTag(text)
		key := tag.Get("json")
		property := valueSchema(t, field.Type, tag.Get("kind"))
		if text := tag.Get("text"); text != "" {
			asText := valueSchema(t, ast.NewIdent("string"), text)
			property = object{"oneOf": append(property["allOf"].([]any), asText)}
		}
		property["description"] = strings.ReplaceAll(strings.TrimSpace(field.Doc.Text()), "\n", " ")
		if byDefault := tag.Get("default"); byDefault != "" {
			property["default"] = byDefault
			if property["type"] != "string" {
				var value any
				if err := json.Unmarshal([]byte(byDefault), &value); err != nil {
					t.Fatal(err)
				}
				property["default"] = value
			}
		}
		if tag.Get("required") == "true" {
			required = append(required, key)
			if property["type"] == "array" {
				property["minItems"] = 1
			}
		}
		properties[key] = property
	}
	schema := object{"type": "object", "additionalProperties": false, "properties": properties, "required": required}
	for key, rule := range rules()[name] {
		schema[key] = rule
	}
	return schema
}

// valueSchema is that of a value whose texts are of a kind.
func valueSchema(t *testing.T, of ast.Expr, kind string) object {
	t.Helper()
	switch of := of.(type) {
	case *ast.ArrayType:
		list := object{"type": "array", "items": valueSchema(t, of.Elt, kind)}
		if kind != "" {
			list["uniqueItems"] = true
		}
		return list
	case *ast.MapType:
		return object{"type": "object", "properties": object{}, "additionalProperties": valueSchema(t, of.Value, kind)}
	case *ast.Ident:
		simple := map[string]object{"string": {"type": "string"}, "bool": {"type": "boolean"}, "int": {"type": "integer", "minimum": 1}}
		schema, ok := simple[of.Name]
		if !ok {
			return object{"allOf": []any{object{"$ref": "#/definitions/" + of.Name}}} // draft-07 reads no description beside a $ref
		}
		if kind != "" {
			more, known := kinds()[kind]
			if !known {
				t.Fatalf("%q is no kind of value", kind)
			}
			for key, value := range more {
				schema[key] = value
			}
		}
		return schema
	}
	t.Fatalf("no schema for a %T", of)
	return nil
}

// wrapped is the schema of cdk.json, in whose context the document lies. It says nothing of all else there.
func wrapped(t *testing.T) []byte {
	maintenance := object{"$ref": "schema.json"}
	return written(t, object{
		"$schema": "http://json-schema.org/draft-07/schema#", "title": "cdk.json of opsworks-maintenance",
		"properties": object{"context": object{"properties": object{"maintenance": maintenance}}},
	})
}

func written(t *testing.T, schema object) []byte {
	t.Helper()
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(schema); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The schemas beside this file are what the types come to. go test ./lambda/settings/check -run TestSchema -update writes them.
func TestSchema(t *testing.T) {
	for name, want := range map[string][]byte{"schema.json": generate(t), "cdk.schema.json": wrapped(t)} {
		if *update {
			if err := os.WriteFile(name, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what document.go comes to; -update writes it (%v)", name, err)
		}
	}
}

// The documents of this repository satisfy the schema, and one with faults does not.
func TestSchema_Samples(t *testing.T) {
	samples, err := filepath.Glob("../../../testdata/settings*.json")
	if err != nil || len(samples) < 3 {
		t.Fatalf("no samples: %q, %v", samples, err)
	}
	for _, name := range append(samples, "testdata/everything.json") {
		if faults := schemaFaults(t, "schema.json", readFile(t, name)); len(faults) > 0 {
			t.Errorf("%s: %s", name, strings.Join(faults, "\n"))
		}
	}
	if faults := schemaFaults(t, "cdk.schema.json", readFile(t, "../../../cdk.json")); len(faults) > 0 {
		t.Errorf("cdk.json: %s", strings.Join(faults, "\n"))
	}
	broken := bytes.Replace(readFile(t, "../../../cdk.json"), []byte(`"alarms"`), []byte(`"alarm"`), 1)
	if faults := schemaFaults(t, "cdk.schema.json", broken); len(faults) != 1 {
		t.Errorf("a wrong key in cdk.json: %q", faults)
	}
	const ssm = `{"servers": [{"name": "web", "backend": "ssm"`
	for _, wrong := range []string{
		`{}`, `{"servers": []}`, withServer(`"cooldown": "soon"`), withServer(`"dailyLimit": 0`),
		withServer(`"window": {"days": ["Sat"], "start": "22:00"}`),
		withServer(`"window": {"days": ["Saturday"], "start": "22:00", "end": "23:00"}`),
		withServer(`"runbook": "Maintain"`), ssm + `}]}`, ssm + `, "runbook": "Maintain", "parameters": {"a": "b"}}]}`,
		withServer(`"alarms": ["a", "a"]`), withServer(`"enabled": null`),
		`{"notify": [{"email": "a@b", "chat": true}], ` + withServer("")[1:], `{"notify": [{"chat": false}], ` + withServer("")[1:]} {
		if schemaFaults(t, "schema.json", []byte(wrong)) == nil {
			t.Errorf("the schema takes %s", wrong)
		}
	}
}

// What the schema gives as a default changes nothing when it is written out.
func TestSchema_Defaults(t *testing.T) {
	keys := definitions(t)["serverKeys"].(object)["properties"].(object)
	given := 0
	for key, property := range keys {
		byDefault, ok := property.(object)["default"]
		if !ok {
			continue
		}
		given++
		value, err := json.Marshal(byDefault)
		if err != nil {
			t.Fatal(err)
		}
		const server = `{"servers": [{"name": "web", "backend": "ssm", "runbook": "Maintain"%s}]}`
		left := parse(t, fmt.Sprintf(server, ""))
		if got := parse(t, fmt.Sprintf(server, fmt.Sprintf(", %q: %s", key, value))); !reflect.DeepEqual(got, left) {
			t.Errorf("%s is not the default of %s", value, key)
		}
	}
	if given < 5 {
		t.Errorf("%d defaults", given)
	}
}

func definitions(t *testing.T) object {
	t.Helper()
	var schema object
	if err := json.Unmarshal(readFile(t, "schema.json"), &schema); err != nil {
		t.Fatal(err)
	}
	return schema["definitions"].(object)
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What is taken by the schema alone is still a fault where it is one: of it, an editor knows only a part.
func TestSchema_IsNotTheCheck(t *testing.T) {
	document := []byte(withServer(`"timezone": "Europe/Nowhere"`))
	if faults := schemaFaults(t, "schema.json", document); faults != nil {
		t.Errorf("the schema refuses it: %q", faults)
	}
	if _, err := check.Resolve(document, time.Time{}); err == nil {
		t.Error("the check takes it")
	}
}
