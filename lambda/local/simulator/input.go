package simulator

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
)

// Members are the top-level members of a request, by their exact names: AWS JSON is case-sensitive, which decoding into a Go
// struct is not. A null member counts as absent and an unknown one is ignored, as the protocol wants.
type Members map[string]json.RawMessage

// parse reads a request body. An empty body is an empty input.
func parse(body []byte) (Members, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return Members{}, nil
	}
	var in Members
	decoder := json.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(&in); err != nil || in == nil {
		return nil, Malformed("The request body is not a JSON object.")
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, Malformed("The request body has more than one JSON value.")
	}
	return in, nil
}

// Text reads a text, nil if there is none. The words of its error and of Integer's are those AWS JSON services send for a wrong type.
func (in Members) Text(name string) (*string, error) {
	raw, ok := in[name]
	if !ok {
		return nil, nil
	}
	var value *string
	if json.Unmarshal(raw, &value) != nil {
		return nil, Malformed(found(raw) + " can not be converted to a String")
	}
	return value, nil
}

// Integer reads a whole number of 32 bits, nil if there is none.
func (in Members) Integer(name string) (*int, error) {
	raw, ok := in[name]
	if !ok {
		return nil, nil
	}
	var value *int
	if json.Unmarshal(raw, &value) != nil || value != nil && (*value > math.MaxInt32 || *value < math.MinInt32) {
		return nil, Malformed(found(raw) + " can not be converted to an Integer")
	}
	return value, nil
}

// Structures reads a list of structures. A null entry is one without members.
func (in Members) Structures(name string) ([]Members, error) {
	raw, ok := in[name]
	if !ok {
		return nil, nil
	}
	var entries []Members
	if json.Unmarshal(raw, &entries) != nil {
		return nil, Malformed(name + " is not a list of structures")
	}
	return entries, nil
}

// found names the type of a JSON value, never the value.
func found(raw json.RawMessage) string {
	switch raw[0] {
	case '"':
		return "STRING_VALUE"
	case '{':
		return "START_OBJECT"
	case '[':
		return "START_ARRAY"
	case 't', 'f':
		return "BOOLEAN_VALUE"
	default:
		return "NUMBER_VALUE"
	}
}

// Page is what an operation that lists in pages takes. A nil member was not given.
type Page struct {
	Token *string
	Size  *int
}

// Page reads NextToken and MaxResults.
func (in Members) Page() (Page, error) {
	token, err := in.Text("NextToken")
	if err != nil {
		return Page{}, err
	}
	size, err := in.Integer("MaxResults")
	if err != nil {
		return Page{}, err
	}
	return Page{Token: token, Size: size}, nil
}
