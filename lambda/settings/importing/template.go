package importing

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// resourceType is an OpsWorks CM server in a CloudFormation template.
const resourceType = "AWS::OpsWorksCM::Server"

// source is one server as it was found: its properties, all of them text, list or map.
type source struct {
	name       string // by which notes call it
	properties map[string]any
	unknown    map[string]string // properties whose values only the deployed stack has, as they are written
}

// serversOf finds the servers: in what describe-servers printed, or in a template.
func serversOf(tree any) ([]source, error) {
	if list, ok := tree.([]any); ok { // --query Servers
		return described(list)
	}
	top, _ := tree.(map[string]any)
	if list, ok := top["Servers"].([]any); ok {
		return described(list)
	}
	if body, ok := top["TemplateBody"]; ok { // aws cloudformation get-template
		if text, ok := body.(string); ok {
			var err error
			if body, err = read(strings.NewReader(text)); err != nil {
				return nil, fmt.Errorf("TemplateBody: %w", err)
			}
		}
		top, _ = body.(map[string]any)
	}
	resources, ok := top["Resources"].(map[string]any)
	if !ok {
		return nil, errors.New("neither a CloudFormation template (Resources) nor the output of describe-servers (Servers)")
	}
	return declared(resources, defaults(top))
}

func described(list []any) ([]source, error) {
	var servers []source
	for i, item := range list {
		properties, ok := item.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("server %d of describe-servers is not an object", i)
		}
		name, _ := properties["ServerName"].(string)
		servers = append(servers, source{name: name, properties: properties})
	}
	if servers == nil {
		return nil, errors.New("describe-servers lists no server")
	}
	return servers, nil
}

// declared are the servers of a template, in the order of their logical ids.
func declared(resources map[string]any, parameters map[string]string) ([]source, error) {
	var servers []source
	for _, id := range slices.Sorted(maps.Keys(resources)) {
		resource, _ := resources[id].(map[string]any)
		if resource["Type"] != resourceType {
			continue
		}
		s := source{name: id, properties: map[string]any{}, unknown: map[string]string{}}
		written, _ := resource["Properties"].(map[string]any)
		for key, value := range written {
			resolved, known := resolve(value, parameters)
			if !known {
				s.unknown[key] = intrinsic(value)
			}
			s.properties[key] = resolved
		}
		servers = append(servers, s)
	}
	if servers == nil {
		return nil, fmt.Errorf("the template has no %s", resourceType)
	}
	return servers, nil
}

// defaults are those of the template's parameters that have one and are no secret.
func defaults(top map[string]any) map[string]string {
	known := map[string]string{}
	parameters, _ := top["Parameters"].(map[string]any)
	for name, parameter := range parameters {
		fields, _ := parameter.(map[string]any)
		value, given := fields["Default"].(string)
		kind, _ := fields["Type"].(string)
		secret, _ := fields["NoEcho"].(string)
		if given && (secret == "" || strings.EqualFold(secret, "false")) && !strings.HasPrefix(kind, "AWS::SSM::Parameter::Value<") {
			known[name] = value
		}
	}
	return known
}

var substituted = regexp.MustCompile(`\$\{[^}]*\}`)

// resolve puts a parameter's default where the template refers to it. known is false where a value is made only in the stack.
func resolve(value any, parameters map[string]string) (resolved any, known bool) {
	call, isMap := value.(map[string]any)
	if !isMap {
		return value, true
	}
	if name, ok := call["Ref"].(string); ok {
		text, known := parameters[name]
		return text, known
	}
	if text, ok := call["Fn::Sub"].(string); ok {
		known = true
		text = substituted.ReplaceAllStringFunc(text, func(reference string) string {
			of, found := parameters[strings.TrimSuffix(strings.TrimPrefix(reference, "${"), "}")]
			known = known && found
			return of
		})
		return text, known
	}
	return value, intrinsic(value) == ""
}

// intrinsic names the function by which a value is made, "" if it is made by none.
func intrinsic(value any) string {
	call, _ := value.(map[string]any)
	for key := range call {
		if name, ok := call[key].(string); ok && key == "Ref" {
			return "Ref " + name
		}
		if len(call) == 1 && (key == "Ref" || strings.HasPrefix(key, "Fn::")) {
			return key
		}
	}
	return ""
}
