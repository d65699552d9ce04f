package ssm

import (
	"encoding/json"

	"opsworks-maintenance/lambda/local/simulator"
)

// textsIn reads a list of strings. The model's lists are not sparse: a null in one is malformed.
func textsIn(in simulator.Members, name string) ([]string, error) {
	raw, ok := in[name]
	if !ok {
		return nil, nil
	}
	var entries []*string
	if json.Unmarshal(raw, &entries) != nil {
		return nil, simulator.Malformed(name + " is not a list of strings")
	}
	return whole(entries, name)
}

func whole(entries []*string, name string) ([]string, error) {
	if entries == nil {
		return nil, nil
	}
	list := make([]string, 0, len(entries))
	for _, entry := range entries {
		if entry == nil {
			return nil, simulator.Malformed(name + " has a null entry")
		}
		list = append(list, *entry)
	}
	return list, nil
}

// textListsIn reads a map of lists of strings, the form of an execution's parameters.
func textListsIn(in simulator.Members, name string) (map[string][]string, error) {
	raw, ok := in[name]
	if !ok {
		return nil, nil
	}
	var entries map[string][]*string
	if json.Unmarshal(raw, &entries) != nil {
		return nil, simulator.Malformed(name + " is not a map of lists of strings")
	}
	if entries == nil {
		return nil, nil
	}
	lists := make(map[string][]string, len(entries))
	for key, values := range entries {
		list, err := whole(values, name)
		if err != nil {
			return nil, err
		}
		if list == nil {
			return nil, simulator.Malformed(name + " has a null entry")
		}
		lists[key] = list
	}
	return lists, nil
}

// filter narrows a list. The two operations that list things have the same form. A nil key or nil values were not given.
type filter struct {
	key    *string
	values []string
}

func filtersIn(in simulator.Members) ([]filter, error) {
	entries, err := in.Structures("Filters")
	if err != nil || entries == nil {
		return nil, err
	}
	list := make([]filter, 0, len(entries)) // an empty list is not the same as none
	for _, entry := range entries {
		key, err := entry.Text("Key")
		if err != nil {
			return nil, err
		}
		values, err := textsIn(entry, "Values")
		if err != nil {
			return nil, err
		}
		list = append(list, filter{key: key, values: values})
	}
	return list, nil
}

// tag is a Tag of a request. A nil member was not given.
type tag struct{ key, value *string }

func tagsIn(in simulator.Members) ([]tag, error) {
	entries, err := in.Structures("Tags")
	if err != nil {
		return nil, err
	}
	var list []tag
	for _, entry := range entries {
		key, err := entry.Text("Key")
		if err != nil {
			return nil, err
		}
		value, err := entry.Text("Value")
		if err != nil {
			return nil, err
		}
		list = append(list, tag{key: key, value: value})
	}
	return list, nil
}

// listInput is the input of the two operations that list things.
type listInput struct {
	filters []filter
	page    simulator.Page
	scope   string // which list a page token belongs to: the filters as sent
}

// pageOf is where the page asked for begins, the first one at the place given, and how many it holds at the most.
func pageOf(source *simulator.Source, input listInput, first, size int) (next, most int, err error) {
	next, most = first, size
	if input.page.Token != nil {
		var ok bool
		if next, ok = source.ReadToken(input.scope, *input.page.Token); !ok {
			return 0, 0, badPage()
		}
	}
	if input.page.Size != nil {
		most = *input.page.Size
	}
	return next, most, nil
}

func listIn(in simulator.Members, operation string) (listInput, error) {
	filters, err := filtersIn(in)
	if err != nil {
		return listInput{}, err
	}
	page, err := in.Page()
	if err != nil {
		return listInput{}, err
	}
	return listInput{filters: filters, page: page, scope: operation + " " + string(in["Filters"])}, nil
}
