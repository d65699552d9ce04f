package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// matches tells whether an event pattern matches an event, for just the operators that the stack uses: exact texts, prefix,
// suffix, wildcard, and exists. Any other is an error, so that the stack cannot use one that nothing here checks. make e2e sends
// the same events through an emulator of EventBridge; the two must agree.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-content-based-filtering.html
func matches(pattern map[string]any, event []byte) (bool, error) {
	var value any
	if err := json.Unmarshal(event, &value); err != nil {
		return false, err
	}
	return matchesObject(pattern, []any{value})
}

// matchesObject wants all fields of the pattern. The values are those that the event has at this place: several, where a list
// of objects leads here.
func matchesObject(pattern map[string]any, values []any) (bool, error) {
	all := true
	for key, want := range pattern {
		var here []any
		for _, value := range values {
			if object, ok := value.(map[string]any); ok {
				if field, ok := object[key]; ok {
					here = append(here, flat(field)...)
				}
			}
		}
		var ok bool
		var err error
		switch want := want.(type) {
		case map[string]any:
			ok, err = matchesObject(want, here)
		case []any:
			ok, err = matchesAny(want, here)
		default:
			err = fmt.Errorf("%s is %v, neither an object nor a list", key, want)
		}
		if err != nil {
			return false, err
		}
		all = all && ok
	}
	return all, nil
}

func flat(value any) []any {
	list, ok := value.([]any)
	if !ok {
		return []any{value}
	}
	var all []any
	for _, item := range list {
		all = append(all, flat(item)...)
	}
	return all
}

// matchesAny wants one of the alternatives for one of the values.
func matchesAny(alternatives, values []any) (bool, error) {
	found := false
	for _, alternative := range alternatives {
		ok, err := matchesOne(alternative, values)
		if err != nil {
			return false, err
		}
		found = found || ok
	}
	return found, nil
}

func matchesOne(alternative any, values []any) (bool, error) {
	var matches func(string) bool
	switch alternative := alternative.(type) {
	case string:
		matches = func(text string) bool { return text == alternative }
	case map[string]any:
		if len(alternative) != 1 {
			return false, fmt.Errorf("%v has not one operator", alternative)
		}
		for operator, operand := range alternative {
			text, _ := operand.(string)
			switch {
			case operator == "exists" && operand == true:
				return exists(values), nil
			case operator == "prefix" && text != "":
				matches = func(value string) bool { return strings.HasPrefix(value, text) }
			case operator == "suffix" && text != "":
				matches = func(value string) bool { return strings.HasSuffix(value, text) }
			case operator == "wildcard" && text != "" && !strings.Contains(text, "**"):
				matches = wildcard(text).MatchString
			default:
				return false, fmt.Errorf("operator %q with %v", operator, operand)
			}
		}
	default:
		return false, fmt.Errorf("alternative %v", alternative)
	}
	for _, value := range values {
		if text, ok := value.(string); ok && matches(text) {
			return true, nil
		}
	}
	return false, nil
}

// exists looks at leaves only.
func exists(values []any) bool {
	for _, value := range values {
		if _, isObject := value.(map[string]any); !isObject {
			return true
		}
	}
	return false
}

// wildcard knows \* and \\ as escapes.
func wildcard(text string) *regexp.Regexp {
	var b strings.Builder
	escaped := false
	for _, r := range text {
		switch {
		case r == '\\' && !escaped:
			escaped = true
			continue
		case r == '*' && !escaped:
			b.WriteString(".*")
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
		escaped = false
	}
	return regexp.MustCompile(`(?s)\A` + b.String() + `\z`)
}

func TestMatches(t *testing.T) {
	const event = `{"source": "aws.cloudwatch", "n": 1, "detail": {"name": "cpu of web-1", "none": null, "list": ["a", "b"],
		"metrics": [{"id": "m1"}, {"stat": {"dimensions": {"ServerName": "web-1"}}}], "tags": {"owner": "ops"}}}`
	for pattern, want := range map[string]bool{
		`{"source": ["aws.ssm", "aws.cloudwatch"]}`:                                             true,
		`{"source": ["aws.cloudwatch"], "detail": {"name": ["cpu of web-2"]}}`:                  false,
		`{"source": ["aws.ssm"], "detail": {"name": ["cpu of web-1"]}}`:                         false,
		`{"detail": {"name": [{"prefix": "cpu"}]}}`:                                             true,
		`{"detail": {"name": [{"suffix": "web-2"}, {"suffix": "web-1"}]}}`:                      true,
		`{"detail": {"name": [{"wildcard": "c*web*1"}]}}`:                                       true,
		`{"detail": {"name": [{"wildcard": "c*web*2"}]}}`:                                       false,
		`{"detail": {"list": ["b"]}}`:                                                           true,
		`{"detail": {"metrics": {"stat": {"dimensions": {"ServerName": [{"exists": true}]}}}}}`: true,
		`{"detail": {"metrics": {"stat": {"dimensions": {"Other": [{"exists": true}]}}}}}`:      false,
		`{"detail": {"tags": [{"exists": true}]}}`:                                              false, // no leaf
		`{"detail": {"none": [{"exists": true}]}}`:                                              true,
		`{"n": ["1"]}`:                          false, // a number is no text
		`{"gone": {"name": [{"prefix": "a"}]}}`: false,
	} {
		var p map[string]any
		if err := json.Unmarshal([]byte(pattern), &p); err != nil {
			t.Fatal(err)
		}
		if got, err := matches(p, []byte(event)); err != nil || got != want {
			t.Errorf("%s: %t, %v, want %t", pattern, got, err, want)
		}
	}
	for _, pattern := range []string{`{"source": [{"anything-but": "x"}]}`, `{"source": [{"exists": false}]}`, `{"n": [1]}`, `{"source": "x"}`,
		`{"source": [{"prefix": {"equals-ignore-case": "x"}}]}`, `{"source": [{"wildcard": "a**b"}]}`} {
		var p map[string]any
		if err := json.Unmarshal([]byte(pattern), &p); err != nil {
			t.Fatal(err)
		}
		if _, err := matches(p, []byte(event)); err == nil {
			t.Errorf("%s: an operator that is not checked is accepted", pattern)
		}
	}
}
