package opsworkscm

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/opsworkscm/types"
)

// recordSize is the most that a record takes of its run's item, which has 16 KB.
const recordSize = 6 << 10

// record is a server as JSON: the fields that an answer had, by the API's names, which are those of the SDK's type. Of engine
// attributes it has the names alone: values are passwords and keys (EngineAttributeValue is sensitive in the API model). What does
// not fit is cut, the longest texts first, and says so.
func record(s types.Server) string {
	attributes := make([]types.EngineAttribute, len(s.EngineAttributes))
	for i, a := range s.EngineAttributes {
		attributes[i].Name = a.Name
	}
	if s.EngineAttributes != nil {
		s.EngineAttributes = attributes
	}
	text, err := json.Marshal(s)
	var fields map[string]any
	if err != nil || json.Unmarshal(text, &fields) != nil {
		return "{}" // there is no such server
	}
	given := dropAbsent(fields)
	for most := 10_000; ; most /= 2 { // bytes; the String shape of the API model
		text, err = json.Marshal(shortened(given, most))
		if err != nil || len(text) <= recordSize {
			return string(text)
		}
	}
}

// dropAbsent leaves out what an answer did not have.
func dropAbsent(value any) any {
	switch value := value.(type) {
	case map[string]any:
		maps.DeleteFunc(value, func(name string, field any) bool {
			return field == nil || name == "MaintenanceStatus" && field == "" || name == "Status" && field == ""
		})
		for name, field := range value {
			value[name] = dropAbsent(field)
		}
	case []any:
		for i := range value {
			value[i] = dropAbsent(value[i])
		}
	}
	return value
}

// shortened cuts texts to so many bytes, and lists to a number of entries that goes with it.
func shortened(value any, most int) any {
	switch value := value.(type) {
	case string:
		if len(value) <= most {
			return value
		}
		return strings.ToValidUTF8(value[:most], "") + "… (cut)"
	case map[string]any:
		short := make(map[string]any, len(value))
		for name, field := range value {
			short[name] = shortened(field, most)
		}
		return short
	case []any:
		entries := min(len(value), max(most/16, 1))
		short := make([]any, 0, entries+1)
		for _, entry := range value[:entries] {
			short = append(short, shortened(entry, most))
		}
		if more := len(value) - entries; more > 0 {
			short = append(short, shapedLike(value[0], fmt.Sprintf("… (cut: %d more)", more)))
		}
		return short
	default:
		return value
	}
}

// shapedLike gives a text the form of its neighbours in a list: that of an engine attribute, or none.
func shapedLike(neighbour any, text string) any {
	if _, ok := neighbour.(map[string]any); ok {
		return map[string]any{"Name": text}
	}
	return text
}
