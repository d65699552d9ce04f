package simulator

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
)

// members are the top-level members of a request, by their exact names: AWS JSON is case-sensitive, which decoding into a Go
// struct is not. A null member counts as absent and an unknown one is ignored, as the protocol wants.
type members map[string]json.RawMessage

// parse reads a request body. An empty body is an empty input.
func parse(body []byte) (members, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return members{}, nil
	}
	var in members
	decoder := json.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(&in); err != nil || in == nil {
		return nil, malformed("The request body is not a JSON object.")
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, malformed("The request body has more than one JSON value.")
	}
	return in, nil
}

// The texts of text and integer are those AWS JSON services send for a member of the wrong type.

func (in members) text(name string) (*string, error) {
	raw, ok := in[name]
	if !ok {
		return nil, nil
	}
	var value *string
	if json.Unmarshal(raw, &value) != nil {
		return nil, malformed(found(raw) + " can not be converted to a String")
	}
	return value, nil
}

func (in members) integer(name string) (*int, error) {
	raw, ok := in[name]
	if !ok {
		return nil, nil
	}
	var value *int
	if json.Unmarshal(raw, &value) != nil || value != nil && (*value > math.MaxInt32 || *value < math.MinInt32) {
		return nil, malformed(found(raw) + " can not be converted to an Integer")
	}
	return value, nil
}

// structures reads a list of structures. A null entry is one without members.
func (in members) structures(name string) ([]members, error) {
	raw, ok := in[name]
	if !ok {
		return nil, nil
	}
	var entries []members
	if json.Unmarshal(raw, &entries) != nil {
		return nil, malformed(name + " is not a list of structures")
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

// attribute is an EngineAttribute of a request: both members are optional in the model. A nil *attribute is a null entry.
type attribute struct{ Name, Value *string }

func (in members) attributes() ([]attribute, error) {
	entries, err := in.structures("EngineAttributes")
	if err != nil || entries == nil {
		return nil, err
	}
	list := make([]attribute, 0, len(entries))
	for _, entry := range entries {
		name, err := entry.text("Name")
		if err != nil {
			return nil, err
		}
		value, err := entry.text("Value")
		if err != nil {
			return nil, err
		}
		list = append(list, attribute{Name: name, Value: value})
	}
	return list, nil
}

// page is what the two paginated operations take besides the server's name.
type page struct {
	token *string
	size  *int
}

func (in members) nameAndPage() (*string, page, error) {
	name, err := in.text("ServerName")
	if err != nil {
		return nil, page{}, err
	}
	token, err := in.text("NextToken")
	if err != nil {
		return nil, page{}, err
	}
	size, err := in.integer("MaxResults")
	if err != nil {
		return nil, page{}, err
	}
	return name, page{token: token, size: size}, nil
}
