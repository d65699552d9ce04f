package main

import (
	"fmt"
	"maps"
	"strings"
	"testing"
)

// template is what CloudFormation would get.
type template struct {
	Resources map[string]resource
	Outputs   map[string]struct{ Value any }
	JSON      []byte
	// Warnings are the annotations that the CLI shows.
	Warnings []annotation
	Plan     plan
}

type resource struct {
	Type                                string
	Properties                          map[string]any
	DependsOn                           []string
	DeletionPolicy, UpdateReplacePolicy string
}

func (tmpl template) of(kind string) map[string]resource {
	found := map[string]resource{}
	for id, r := range tmpl.Resources {
		if r.Type == kind {
			found[id] = r
		}
	}
	return found
}

// one is the only resource of its type, but for the page's.
func (tmpl template) one(t *testing.T, kind string) resource {
	t.Helper()
	found := tmpl.of(kind)
	maps.DeleteFunc(found, func(id string, _ resource) bool { return strings.HasPrefix(id, "Page") })
	if len(found) != 1 {
		t.Fatalf("the template has %d of %s, want 1", len(found), kind)
	}
	for _, r := range found {
		return r
	}
	panic("unreachable")
}

// plain is a value of the template as it may look once deployed: in the Region with the longest ARNs, and with ${…} for what
// only the deployment knows.
func plain(value any) any {
	return filled(value, map[string]string{"AWS::Partition": longestPlace.partition, "AWS::Region": longestPlace.region,
		"AWS::AccountId": longestPlace.account, "AWS::URLSuffix": "amazonaws.com"})
}

// filled is a value of the template with what is known of the place where it is deployed.
func filled(value any, known map[string]string) any {
	switch value := value.(type) {
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = filled(item, known)
		}
		return list
	case map[string]any:
		if ref, ok := value["Ref"].(string); ok {
			if text, ok := known[ref]; ok {
				return text
			}
			return "${" + ref + "}"
		}
		if attribute, ok := value["Fn::GetAtt"].([]any); ok {
			return fmt.Sprintf("${%v.%v}", attribute[0], attribute[1])
		}
		if join, ok := value["Fn::Join"].([]any); ok {
			var parts []string
			for _, part := range join[1].([]any) {
				parts = append(parts, fmt.Sprint(filled(part, known)))
			}
			return strings.Join(parts, join[0].(string))
		}
		object := map[string]any{}
		for key, item := range value {
			object[key] = filled(item, known)
		}
		return object
	}
	return value
}

// texts is a value that may stand alone or in a list.
func texts(value any) []string {
	var all []string
	switch value := plain(value).(type) {
	case nil:
	case []any:
		for _, item := range value {
			all = append(all, fmt.Sprint(item))
		}
	default:
		all = append(all, fmt.Sprint(value))
	}
	return all
}

// dig follows keys and indexes into a value of the template.
func dig(value any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			value = object[step]
		case int:
			list, _ := value.([]any)
			if step >= len(list) {
				return nil
			}
			value = list[step]
		}
	}
	return value
}

// statement is one statement of any policy in the template.
type statement struct {
	Resource                            string // the logical id of what the policy belongs to
	Sid, Effect                         string
	Actions, Resources, Principals, Not []string
	Condition                           any
}

func (tmpl template) statements() []statement {
	var all []statement
	add := func(id string, document any) {
		list, _ := dig(document, "Statement").([]any)
		for _, s := range list {
			one := statement{Resource: id, Condition: plain(dig(s, "Condition"))}
			one.Actions, one.Resources = texts(dig(s, "Action")), texts(dig(s, "Resource"))
			one.Sid, _ = dig(s, "Sid").(string)
			one.Effect, _ = dig(s, "Effect").(string)
			one.Not = append(texts(dig(s, "NotAction")), texts(dig(s, "NotResource"))...)
			switch principal := dig(s, "Principal").(type) {
			case map[string]any:
				for kind, who := range principal {
					for _, name := range texts(who) {
						one.Principals = append(one.Principals, kind+":"+name)
					}
				}
			case string:
				one.Principals = append(one.Principals, principal)
			}
			all = append(all, one)
		}
	}
	for id, r := range tmpl.Resources {
		for _, key := range []string{"PolicyDocument", "AssumeRolePolicyDocument", "KeyPolicy", "ResourcePolicy"} {
			add(id, r.Properties[key])
		}
		inline, _ := r.Properties["Policies"].([]any)
		for _, p := range inline {
			add(id, dig(p, "PolicyDocument"))
		}
	}
	return all
}
