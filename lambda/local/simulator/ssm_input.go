package simulator

import "encoding/json"

// texts reads a list of strings. The model's lists are not sparse: a null in one is malformed.
func (in members) texts(name string) ([]string, error) {
	raw, ok := in[name]
	if !ok {
		return nil, nil
	}
	var entries []*string
	if json.Unmarshal(raw, &entries) != nil {
		return nil, malformed(name + " is not a list of strings")
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
			return nil, malformed(name + " has a null entry")
		}
		list = append(list, *entry)
	}
	return list, nil
}

// textLists reads a map of lists of strings, the form of an execution's parameters.
func (in members) textLists(name string) (map[string][]string, error) {
	raw, ok := in[name]
	if !ok {
		return nil, nil
	}
	var entries map[string][]*string
	if json.Unmarshal(raw, &entries) != nil {
		return nil, malformed(name + " is not a map of lists of strings")
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
			return nil, malformed(name + " has a null entry")
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

func (in members) filters() ([]filter, error) {
	entries, err := in.structures("Filters")
	if err != nil || entries == nil {
		return nil, err
	}
	list := make([]filter, 0, len(entries)) // an empty list is not the same as none
	for _, entry := range entries {
		key, err := entry.text("Key")
		if err != nil {
			return nil, err
		}
		values, err := entry.texts("Values")
		if err != nil {
			return nil, err
		}
		list = append(list, filter{key: key, values: values})
	}
	return list, nil
}

// tag is a Tag of a request. A nil member was not given.
type tag struct{ key, value *string }

func (in members) tags() ([]tag, error) {
	entries, err := in.structures("Tags")
	if err != nil {
		return nil, err
	}
	var list []tag
	for _, entry := range entries {
		key, err := entry.text("Key")
		if err != nil {
			return nil, err
		}
		value, err := entry.text("Value")
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
	page    page
	scope   string // which list a page token belongs to: the filters as sent
}

// page is where the page asked for begins, the first one at the place given, and how many it holds at the most.
func (s *SSM) page(input listInput, first, size int) (next, most int, err error) {
	next, most = first, size
	if input.page.token != nil {
		var ok bool
		if next, ok = s.readToken(input.scope, *input.page.token); !ok {
			return 0, 0, badPage()
		}
	}
	if input.page.size != nil {
		most = *input.page.size
	}
	return next, most, nil
}

func (in members) list(operation string) (listInput, error) {
	filters, err := in.filters()
	if err != nil {
		return listInput{}, err
	}
	token, err := in.text("NextToken")
	if err != nil {
		return listInput{}, err
	}
	size, err := in.integer("MaxResults")
	if err != nil {
		return listInput{}, err
	}
	return listInput{
		filters: filters,
		page:    page{token: token, size: size},
		scope:   operation + " " + string(in["Filters"]),
	}, nil
}
