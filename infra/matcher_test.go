package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
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
	if err := valid(pattern); err != nil {
		return false, err
	}
	return matchesObject(pattern, value), nil
}

// valid refuses what EventBridge refuses or nothing here knows, whether an event gets that far or not.
func valid(pattern map[string]any) error {
	if len(pattern) == 0 {
		return errors.New("an object of the pattern is empty")
	}
	for key, want := range pattern {
		var err error
		switch want := want.(type) {
		case map[string]any:
			err = valid(want)
		case []any:
			if len(want) == 0 {
				err = errors.New("an empty list")
			}
			for _, alternative := range want {
				if _, wrong := operator(alternative); wrong != nil {
					err = wrong
				}
			}
		default:
			err = fmt.Errorf("%v is neither an object nor a list", want)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

// matchesObject wants all fields of the pattern in one object: of a list of objects, in the same one.
// https://github.com/aws/event-ruler#json-array-matching
func matchesObject(pattern map[string]any, value any) bool {
	return slices.ContainsFunc(flat(value), func(value any) bool {
		object, ok := value.(map[string]any)
		if !ok {
			return false
		}
		for key, want := range pattern {
			field, found := object[key]
			if !found || !matchesField(want, field) {
				return false
			}
		}
		return true
	})
}

// matchesField wants one of the alternatives for one of the values.
func matchesField(want, field any) bool {
	if inner, ok := want.(map[string]any); ok {
		return matchesObject(inner, field)
	}
	for _, alternative := range want.([]any) {
		if matches, _ := operator(alternative); slices.ContainsFunc(flat(field), matches) {
			return true
		}
	}
	return false
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

// operator is what an alternative asks of a value. All but exists work on texts only, and exists on leaves.
func operator(alternative any) (func(value any) bool, error) {
	onText := func(matches func(text string) bool) (func(any) bool, error) {
		return func(value any) bool { text, ok := value.(string); return ok && matches(text) }, nil
	}
	switch alternative := alternative.(type) {
	case string:
		return onText(func(text string) bool { return text == alternative })
	case map[string]any:
		if len(alternative) != 1 {
			return nil, fmt.Errorf("%v has not one operator", alternative)
		}
		for name, operand := range alternative {
			text, _ := operand.(string)
			switch {
			case name == "exists" && operand == true:
				return func(value any) bool { _, isObject := value.(map[string]any); return !isObject }, nil
			case name == "prefix" && text != "":
				return onText(func(value string) bool { return strings.HasPrefix(value, text) })
			case name == "suffix" && text != "":
				return onText(func(value string) bool { return strings.HasSuffix(value, text) })
			case name == "wildcard" && text != "":
				expression, err := wildcard(text)
				if err != nil {
					return nil, err
				}
				return onText(expression.MatchString)
			}
			return nil, fmt.Errorf("operator %q with %v", name, operand)
		}
	}
	return nil, fmt.Errorf("alternative %v", alternative)
}

// wildcard knows \* and \\ as escapes, and refuses others and stars in a row, as EventBridge does.
// https://github.com/aws/event-ruler#wildcard-matching
func wildcard(text string) (*regexp.Regexp, error) {
	var b strings.Builder
	escaped, star := false, false
	for _, r := range text {
		switch {
		case escaped && r != '*' && r != '\\' || star && r == '*':
			return nil, fmt.Errorf("wildcard %q", text)
		case r == '\\' && !escaped:
			escaped, star = true, false
			continue
		case r == '*' && !escaped:
			b.WriteString(".*")
			star = true
			continue
		}
		b.WriteString(regexp.QuoteMeta(string(r)))
		escaped, star = false, false
	}
	if escaped {
		return nil, fmt.Errorf("wildcard %q", text)
	}
	return regexp.MustCompile(`(?s)\A` + b.String() + `\z`), nil
}

func TestMatches(t *testing.T) {
	const event = `{"source": "aws.cloudwatch", "n": 1, "detail": {"name": "cpu of web-1", "none": null, "list": ["a", "b"],
		"metrics": [{"id": "m1"}, {"stat": {"dimensions": {"ServerName": "web-1"}}}], "tags": {"owner": "ops"}}}`
	for pattern, want := range map[string]bool{
		`{"source": ["aws.ssm", "aws.cloudwatch"]}`:                                                           true,
		`{"source": ["aws.cloudwatch"], "detail": {"name": ["cpu of web-2"]}}`:                                false,
		`{"source": ["aws.ssm"], "detail": {"name": ["cpu of web-1"]}}`:                                       false,
		`{"detail": {"name": [{"prefix": "cpu"}]}}`:                                                           true,
		`{"detail": {"name": [{"suffix": "web-2"}, {"suffix": "web-1"}]}}`:                                    true,
		`{"detail": {"name": [{"wildcard": "c*web*1"}]}}`:                                                     true,
		`{"detail": {"name": [{"wildcard": "c*web*2"}]}}`:                                                     false,
		`{"detail": {"list": ["b"]}}`:                                                                         true,
		`{"detail": {"metrics": {"stat": {"dimensions": {"ServerName": [{"exists": true}]}}}}}`:               true,
		`{"detail": {"metrics": {"stat": {"dimensions": {"Other": [{"exists": true}]}}}}}`:                    false,
		`{"detail": {"tags": [{"exists": true}]}}`:                                                            false, // no leaf
		`{"detail": {"none": [{"exists": true}]}}`:                                                            true,
		`{"detail": {"metrics": {"id": ["m1"], "stat": {"dimensions": {"ServerName": [{"exists": true}]}}}}}`: false, // in two of the list
		`{"detail": {"name": [{"wildcard": "c*\\\\*"}]}}`:                                                     false,
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
		`{"source": [{"prefix": {"equals-ignore-case": "x"}}]}`, `{"source": [{"wildcard": "a**b"}]}`,
		`{"source": [{"wildcard": "a\\b"}]}`, `{"source": []}`, `{"detail": {}}`, `{"gone": {"name": [{"cidr": "10.0.0.0/8"}]}}`} {
		var p map[string]any
		if err := json.Unmarshal([]byte(pattern), &p); err != nil {
			t.Fatal(err)
		}
		if _, err := matches(p, []byte(event)); err == nil {
			t.Errorf("%s: an operator that is not checked is accepted", pattern)
		}
	}
}
