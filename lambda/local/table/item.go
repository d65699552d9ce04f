package table

import (
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/truora/minidyn/types"
)

// value is an attribute's value on the wire. These three types are all that package ledger stores.
type value struct {
	S    *string `json:",omitempty"`
	N    *string `json:",omitempty"`
	BOOL *bool   `json:",omitempty"`
}

type item map[string]value

func (v value) empty() bool { return v.S != nil && *v.S == "" }

func (v value) kind() string {
	switch {
	case v.S != nil:
		return "S"
	case v.N != nil:
		return "N"
	default:
		return "BOOL"
	}
}

// text is a value of a type that may be a key.
func (v value) text() string {
	switch {
	case v.S != nil:
		return *v.S
	case v.N != nil:
		return *v.N
	default:
		return ""
	}
}

// minidyns is the item as minidyn has it. No value is shared.
func (i item) minidyns() map[string]*types.Item {
	out := make(map[string]*types.Item, len(i))
	for name, v := range i {
		out[name] = &types.Item{S: v.S, N: v.N, BOOL: v.BOOL}
	}
	return out
}

func fromMinidyn(from map[string]*types.Item) item {
	out := make(item, len(from))
	for name, v := range from {
		out[name] = value{S: v.S, N: v.N, BOOL: v.BOOL}
	}
	return out
}

// texts are the attributes as texts, whatever their types; nil is no item.
func (i item) texts() map[string]string {
	if i == nil {
		return nil
	}
	out := make(map[string]string, len(i))
	for name, v := range i {
		if v.BOOL != nil {
			out[name] = strconv.FormatBool(*v.BOOL)
			continue
		}
		out[name] = v.text()
	}
	return out
}

func (i item) clone() item { return maps.Clone(i) }

// project are the attributes named, as far as there are such.
func (i item) project(names []string) item {
	out := item{}
	for _, name := range names {
		if v, ok := i[name]; ok {
			out[name] = v
		}
	}
	return out
}

// fault is the body of an error.
type fault struct {
	Type                string   `json:"__type"`
	Message             string   `json:"message"`
	Item                item     `json:",omitempty"`
	CancellationReasons []reason `json:",omitempty"`
}

// reason is why one item of a transaction canceled it.
type reason struct {
	Code    string
	Message string `json:",omitempty"`
	Item    item   `json:",omitempty"`
}

func (f *fault) Error() string { return f.Type + ": " + f.Message }

func invalid(format string, args ...any) error {
	return &fault{Type: "ValidationException", Message: fmt.Sprintf(format, args...)}
}

// placeholders checks that the expressions use exactly the names and values that were given (API_UpdateItem,
// ExpressionAttributeNames: both kinds of difference are a ValidationException).
func placeholders(names map[string]string, values item, expressions ...string) error {
	used := map[string]bool{}
	for _, word := range words(strings.Join(expressions, " ")) {
		if strings.HasPrefix(word, "#") || strings.HasPrefix(word, ":") {
			used[word] = true
		}
	}
	for word := range used {
		_, name := names[word]
		_, value := values[word]
		if !name && !value {
			return invalid("an expression uses %s, which is not defined", word)
		}
	}
	for name := range names {
		if !used[name] {
			return invalid("Value provided in ExpressionAttributeNames unused in expressions: keys: {%s}", name)
		}
	}
	for name := range values {
		if !used[name] {
			return invalid("Value provided in ExpressionAttributeValues unused in expressions: keys: {%s}", name)
		}
	}
	return nil
}

func words(expression string) []string {
	return strings.FieldsFunc(expression, func(r rune) bool { return strings.ContainsRune(" ,()=<>+-", r) })
}
