package main

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"opsworks-maintenance/lambda/function"
)

// Every field that -json prints is in the promise, and so is every field that the tables read.
func TestPromise(t *testing.T) {
	words := map[string]bool{}
	for _, word := range strings.FieldsFunc(promise, func(c rune) bool { return (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') }) {
		words[word] = true
	}
	promised := func(where, field string) {
		if !words[field] {
			t.Errorf("%s: the field %s is not promised", where, field)
		}
	}
	for _, name := range []string{"status", "status-unread", "plan", "history"} {
		golden, err := os.ReadFile("../../function/testdata/" + name + ".golden.json")
		if err != nil {
			t.Fatal(err)
		}
		var document any
		if err := json.Unmarshal(golden, &document); err != nil {
			t.Fatal(err)
		}
		inDocument(document, func(field string) { promised(name, field) })
	}
	for _, value := range []any{
		// What is printed, and what is read.
		function.Response{}, function.HoldResponse{}, function.StatusResponse{}, function.PlanResponse{}, function.HistoryResponse{},
		mailboxes{}, redriveAnswer{},
		answer{}, fleet{}, plan{}, history{},
	} {
		inType(reflect.TypeOf(value), func(field string) { promised(reflect.TypeOf(value).String(), field) })
	}
}

func inDocument(value any, found func(field string)) {
	switch value := value.(type) {
	case map[string]any:
		for field, inner := range value {
			found(field)
			inDocument(inner, found)
		}
	case []any:
		for _, inner := range value {
			inDocument(inner, found)
		}
	}
}

func inType(of reflect.Type, found func(field string)) {
	switch of.Kind() {
	case reflect.Pointer, reflect.Slice:
		inType(of.Elem(), found)
	case reflect.Struct:
		for i := range of.NumField() {
			if name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ","); name != "" {
				found(name)
				inType(of.Field(i).Type, found)
			}
		}
	}
}
