package importing

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"opsworks-maintenance/lambda/settings/check"
)

// read makes a tree of JSON or YAML: map[string]any, []any, and text for all else. A short intrinsic, !Ref X, becomes {"Ref": "X"}.
func read(source io.Reader) (any, error) {
	text, err := io.ReadAll(source)
	if err != nil {
		return nil, fmt.Errorf("read what to import: %w", err)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !utf8.Valid(text) {
		return nil, errors.New("not UTF-8; save the file as UTF-8")
	}
	switch trimmed := bytes.TrimSpace(text); {
	case len(trimmed) == 0:
		return nil, errors.New("nothing to import: the file is empty")
	case trimmed[0] == '{' || trimmed[0] == '[':
		return readJSON(text)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, fmt.Errorf("not YAML: %w", err)
	}
	return fromYAML(&root)
}

func readJSON(text []byte) (any, error) {
	if problem := check.SyntaxProblem(text); problem != "" {
		return nil, errors.New(problem)
	}
	var tree any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&tree); err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	return asTexts(tree), nil
}

// asTexts writes out what is no map and no list, as YAML has it. null is "".
func asTexts(tree any) any {
	switch tree := tree.(type) {
	case map[string]any:
		for key, value := range tree {
			tree[key] = asTexts(value)
		}
	case []any:
		for i, value := range tree {
			tree[i] = asTexts(value)
		}
	case nil:
		return ""
	default:
		return fmt.Sprint(tree)
	}
	return tree
}

func fromYAML(node *yaml.Node) (any, error) {
	value, err := fromYAMLUntagged(node)
	name, short := strings.CutPrefix(node.Tag, "!")
	if err != nil || !short || strings.HasPrefix(name, "!") || name == "" {
		return value, err
	}
	if name != "Ref" && name != "Condition" {
		name = "Fn::" + name
	}
	return map[string]any{name: value}, nil
}

func fromYAMLUntagged(node *yaml.Node) (any, error) {
	switch node.Kind {
	case yaml.DocumentNode:
		return fromYAML(node.Content[0])
	case yaml.MappingNode:
		tree := make(map[string]any, len(node.Content)/2)
		for i := 0; i+1 < len(node.Content); i += 2 {
			value, err := fromYAML(node.Content[i+1])
			if err != nil {
				return nil, err
			}
			tree[node.Content[i].Value] = value
		}
		return tree, nil
	case yaml.SequenceNode:
		list := make([]any, len(node.Content))
		for i, item := range node.Content {
			value, err := fromYAML(item)
			if err != nil {
				return nil, err
			}
			list[i] = value
		}
		return list, nil
	case yaml.AliasNode: // a few of them can stand for millions of values
		return nil, fmt.Errorf("line %d: the alias *%.60s is not followed; write what it stands for", node.Line, node.Value)
	}
	if node.Tag == "!!null" {
		return "", nil
	}
	return node.Value, nil
}
