package opsworkscm

import "opsworks-maintenance/lambda/local/simulator"

// attribute is an EngineAttribute of a request: both members are optional in the model.
type attribute struct{ Name, Value *string }

func attributesIn(in simulator.Members) ([]attribute, error) {
	entries, err := in.Structures("EngineAttributes")
	if err != nil || entries == nil {
		return nil, err
	}
	list := make([]attribute, 0, len(entries))
	for _, entry := range entries {
		name, err := entry.Text("Name")
		if err != nil {
			return nil, err
		}
		value, err := entry.Text("Value")
		if err != nil {
			return nil, err
		}
		list = append(list, attribute{Name: name, Value: value})
	}
	return list, nil
}

// nameAndPage is what the two paginated operations take.
func nameAndPage(in simulator.Members) (*string, simulator.Page, error) {
	name, err := in.Text("ServerName")
	if err != nil {
		return nil, simulator.Page{}, err
	}
	page, err := in.Page()
	return name, page, err
}
