package table

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// table is one table: its items by their partition key. Tables with a sort key are not known.
type table struct {
	key        string
	attributes map[string]string // types of the keys
	indexes    map[string]index
	items      map[string]item
	past       map[string][]state // of items that have changed lately, where indexes may be behind
}

// state is an item as it is from a time on; nil is that there is none.
type state struct {
	from time.Time
	item item
}

// index is a global secondary index. It has the items that have both of its keys.
type index struct {
	hash, sort string // sort is empty where it has none
	projection string
	include    []string
}

type schemaElement struct{ AttributeName, KeyType string }

func (s *Service) createTable(body []byte) (any, error) {
	var in struct {
		TableName              string
		AttributeDefinitions   []struct{ AttributeName, AttributeType string }
		KeySchema              []schemaElement
		GlobalSecondaryIndexes []struct {
			IndexName  string
			KeySchema  []schemaElement
			Projection struct {
				ProjectionType   string
				NonKeyAttributes []string
			}
		}
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, invalid("table: %v", err)
	}
	if _, ok := s.tables[in.TableName]; ok {
		return nil, &fault{Type: "ResourceInUseException", Message: "Table already exists: " + in.TableName}
	}
	t := &table{attributes: map[string]string{}, indexes: map[string]index{}, items: map[string]item{}, past: map[string][]state{}}
	for _, a := range in.AttributeDefinitions {
		t.attributes[a.AttributeName] = a.AttributeType
	}
	var keys []string // of the table and its indexes
	t.key, _ = keysOf(in.KeySchema)
	keys = append(keys, t.key)
	for _, i := range in.GlobalSecondaryIndexes {
		hash, sort := keysOf(i.KeySchema)
		keys = append(keys, hash, sort)
		t.indexes[i.IndexName] = index{hash, sort, i.Projection.ProjectionType, i.Projection.NonKeyAttributes}
	}
	for name := range t.attributes {
		if !slices.Contains(keys, name) {
			return nil, invalid("Some AttributeDefinitions are not used: %s", name)
		}
	}
	for _, name := range keys {
		if name != "" && t.attributes[name] == "" {
			return nil, invalid("Some index key attributes are not defined in AttributeDefinitions: %s", name)
		}
	}
	s.tables[in.TableName] = t
	return map[string]any{"TableDescription": map[string]string{"TableName": in.TableName, "TableStatus": "ACTIVE"}}, nil
}

func keysOf(schema []schemaElement) (hash, sort string) {
	for _, e := range schema {
		if e.KeyType == "HASH" {
			hash = e.AttributeName
		} else {
			sort = e.AttributeName
		}
	}
	return hash, sort
}

func (s *Service) table(name string) (*table, error) {
	if t, ok := s.tables[name]; ok {
		return t, nil
	}
	return nil, &fault{Type: "ResourceNotFoundException", Message: "Requested resource not found"}
}

// keyOf is the key of a request: the table's attribute, and no other.
func (t *table) keyOf(key item) (string, error) {
	v, ok := key[t.key]
	if !ok || len(key) != 1 || v.kind() != t.attributes[t.key] || v.empty() {
		return "", invalid("The provided key element does not match the schema")
	}
	return v.text(), nil
}

// valid checks the attributes that are keys of indexes: "the value must be of the type declared, and not empty" (Developer Guide,
// Constraints: Key types; Using Global Secondary Indexes).
func (t *table) valid(i item) error {
	for name, kind := range t.attributes {
		if v, ok := i[name]; ok && (v.kind() != kind || v.empty()) {
			return invalid("One or more parameter values were invalid: %s", name)
		}
	}
	size := 0
	for name, v := range i {
		size += len(name) + len(v.text())
	}
	if size > 400<<10 {
		return invalid("Item size has exceeded the maximum allowed size")
	}
	return nil
}

// shown is an item as an index has it; false if it is not in it.
func (t *table) shown(x index, i item) (item, bool) {
	_, hash := i[x.hash]
	_, sort := i[x.sort]
	if !hash || x.sort != "" && !sort {
		return nil, false
	}
	if strings.EqualFold(x.projection, "ALL") {
		return i.clone(), true
	}
	return i.project(slices.Concat([]string{t.key, x.hash, x.sort}, x.include)), true
}
