package fleet

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// description answers {"describe": true}. The console reads the first block as YAML, and offers it as the widget's parameters.
const description = "## The fleet\n\nServers under maintenance, what waits and for what, holds, schedules, and the last two weeks and " +
	"the next. Buttons ask the function to act; they need `lambda:InvokeFunction` on its alias `operators`.\n\n" +
	"Parameters: `server` is the name of one server; empty shows all.\n\n```yaml\nserver: \"\"\n```\n"

// request is what the console sends: the widget's parameters, or a button's, and widgetContext.
type request struct {
	describe bool
	server   string // one server; empty is the fleet
	hold     bool   // the form that holds all servers
	width    int    // of the widget, in pixels
	dark     bool
}

// The width that is drawn for. The console gives the widget's.
const usualWidth, leastWidth, mostWidth = 600, 320, 2400

// read reads a payload. The problem is a sentence, empty if there is none. What stands in widgetContext is the console's, and read as far
// as it can be.
func read(payload []byte) (q request, problem string) {
	q.width = usualWidth
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(payload, &fields); err != nil {
		return q, "The page was asked with something that is not a JSON object."
	}
	var context struct {
		Width float64 `json:"width"`
		Theme string  `json:"theme"`
	}
	if json.Unmarshal(fields["widgetContext"], &context) == nil && context.Width > 0 {
		q.width = int(min(max(context.Width, leastWidth), mostWidth))
	}
	q.dark = context.Theme == "dark"
	delete(fields, "widgetContext")
	_, q.describe = fields["describe"] // "" too: the documents do not say what stands there
	delete(fields, "describe")
	if server, ok := fields["server"]; ok && json.Unmarshal(server, &q.server) != nil {
		return q, `The parameter "server" is not one server's name. Give one name, or leave it out for the fleet.`
	}
	delete(fields, "server")
	if hold, ok := fields["hold"]; ok && json.Unmarshal(hold, &q.hold) != nil {
		return q, `The parameter "hold" is not true or false.`
	}
	delete(fields, "hold")
	if len(fields) > 0 {
		names := slices.Sorted(maps.Keys(fields))
		return q, fmt.Sprintf(`The page does not know the parameter %.80q. It knows "server", the name of one server.`, strings.Join(names, ", "))
	}
	return q, ""
}
