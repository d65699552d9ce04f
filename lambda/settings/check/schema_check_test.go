package check_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// schemaFaults holds a document to a schema of a file, as an editor does. It knows what these schemas use, and fails on all else.
func schemaFaults(t testing.TB, file string, document []byte) []string {
	t.Helper()
	v := validator{t: t}
	var value any
	if err := json.Unmarshal(document, &value); err != nil {
		t.Fatal(err)
	}
	v.holds("", v.read(file), value)
	return v.faults
}

type validator struct {
	t      testing.TB
	faults []string
	root   object // of the file that is read
}

func (v *validator) read(file string) object {
	v.t.Helper()
	v.root = object{}
	if err := json.Unmarshal(readFile(v.t, file), &v.root); err != nil {
		v.t.Fatal(err)
	}
	return v.root
}

func (v *validator) fault(at, format string, args ...any) {
	v.faults = append(v.faults, at+": "+fmt.Sprintf(format, args...))
}

// passes tells whether a value satisfies a schema, and notes nothing.
func (v *validator) passes(schema, value any) bool {
	try := validator{t: v.t, root: v.root}
	try.holds("", schema, value)
	return try.faults == nil
}

func (v *validator) holds(at string, schema, value any) {
	if schema == false {
		v.fault(at, "must not be there")
	}
	s, _ := schema.(object)
	for word, want := range s {
		switch word {
		case "$ref":
			v.refer(at, want.(string), value)
		case "allOf":
			for _, one := range want.([]any) {
				v.holds(at, one, value)
			}
		case "oneOf":
			n := 0
			for _, one := range want.([]any) {
				if v.passes(one, value) {
					n++
				}
			}
			if n != 1 {
				v.fault(at, "%d of %v hold", n, want)
			}
		case "if":
			branch := s["else"]
			if v.passes(want, value) {
				branch = s["then"]
			}
			v.holds(at, branch, value)
		case "type":
			if got := typeOf(value); got != want {
				v.fault(at, "is %s, not %s", got, want)
			}
		case "enum":
			if !slices.ContainsFunc(want.([]any), func(one any) bool { return reflect.DeepEqual(one, value) }) {
				v.fault(at, "%v is none of %v", value, want)
			}
		case "$schema", "title", "description", "default", "examples", // for people
			"definitions", "then", "else", "additionalProperties": // read with the words they belong to
		default:
			v.limits(at, word, want, s, value)
		}
	}
}

// limits are what a schema asks of values of one type.
func (v *validator) limits(at, word string, want any, s object, value any) {
	text, isText := value.(string)
	number, isNumber := value.(float64)
	list, _ := value.([]any)
	fields, _ := value.(object)
	switch word {
	case "minLength":
		if isText && float64(utf8.RuneCountInString(text)) < want.(float64) {
			v.fault(at, "%q is too short", text)
		}
	case "maxLength":
		if isText && float64(utf8.RuneCountInString(text)) > want.(float64) {
			v.fault(at, "%q is too long", text)
		}
	case "pattern":
		if isText && !regexp.MustCompile(want.(string)).MatchString(text) {
			v.fault(at, "%q does not match %s", text, want)
		}
	case "minimum":
		if isNumber && number < want.(float64) {
			v.fault(at, "%v is less than %v", number, want)
		}
	case "minItems":
		if list != nil && float64(len(list)) < want.(float64) {
			v.fault(at, "has %d items", len(list))
		}
	case "uniqueItems":
		for i := range list {
			if slices.ContainsFunc(list[:i], func(one any) bool { return reflect.DeepEqual(one, list[i]) }) {
				v.fault(at, "has %v twice", list[i])
			}
		}
	case "items":
		for i, item := range list {
			v.holds(fmt.Sprintf("%s[%d]", at, i), want, item)
		}
	case "required":
		v.together(at, want, fields)
	case "dependencies":
		for key, others := range want.(object) {
			if _, there := fields[key]; there {
				v.together(at, others, fields)
			}
		}
	case "properties":
		for key, field := range fields {
			property, known := want.(object)[key]
			if !known {
				property = s["additionalProperties"]
			}
			v.holds(at+"."+key, property, field)
		}
	default:
		v.t.Fatalf("nothing here knows the word %q of a schema", word)
	}
}

// together wants keys to be there.
func (v *validator) together(at string, keys any, fields object) {
	for _, key := range keys.([]any) {
		if _, there := fields[key.(string)]; !there && fields != nil {
			v.fault(at, "%v is missing", key)
		}
	}
}

func (v *validator) refer(at, to string, value any) {
	if name, inside := strings.CutPrefix(to, "#/definitions/"); inside {
		v.holds(at, v.root["definitions"].(object)[name], value)
		return
	}
	other := validator{t: v.t}
	other.holds(at, other.read(to), value)
	v.faults = append(v.faults, other.faults...)
}

func typeOf(value any) string {
	switch value := value.(type) {
	case string:
		return "string"
	case bool:
		return "boolean"
	case float64:
		if value == float64(int64(value)) {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	case object:
		return "object"
	}
	return "null"
}
