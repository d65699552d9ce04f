package events

import (
	"bytes"
	"encoding/json"
	"slices"
)

// widgetField is what the CloudWatch console adds to whatever a custom widget calls.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html
const widgetField = "widgetContext"

// formFields are, by request, those that the viewer may write into a form of the widget.
var formFields = map[string][]string{"hold": {"until", "reason", "by"}, "release": {"by"}, "approve": {"by"}}

// FromWidget is an operator's request that the console sent from a custom widget, without what the console added: what the viewer wrote
// into the widget's form stands in the request where the button left it out. It is false, and the payload as it was, for all others.
// widgetContext says nothing about who the viewer is.
func FromWidget(payload []byte) ([]byte, bool) {
	if !bytes.Contains(payload, []byte(`"`+widgetField+`"`)) {
		return payload, false
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(payload, &fields) != nil || fields[widgetField] == nil || fields["source"] != nil || repeated(payload) != "" {
		return payload, false
	}
	var context struct {
		Forms struct {
			All map[string]json.RawMessage `json:"all"`
		} `json:"forms"`
	}
	_ = json.Unmarshal(fields[widgetField], &context) // a form that cannot be read was not filled in
	delete(fields, widgetField)
	for name, inner := range fields {
		var request map[string]json.RawMessage
		if formFields[name] == nil || json.Unmarshal(inner, &request) != nil || request == nil {
			continue
		}
		for field, value := range context.Forms.All {
			if _, given := request[field]; slices.Contains(formFields[name], field) && !given && string(value) != `""` {
				request[field] = value
			}
		}
		fields[name], _ = json.Marshal(request) // of JSON
	}
	request, _ := json.Marshal(fields)
	return request, true
}
