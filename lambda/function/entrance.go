package function

import (
	"fmt"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/maintenance"
)

// AliasOperators is the alias of the function through which operators ask. No service may invoke it, and IAM grants it by itself.
const AliasOperators = "operators"

// wrongEntrance refuses an operator's request that does not come through the alias for operators, and everything else that does not
// come to the function itself: so a service that may invoke the function cannot act as an operator.
func (in invocation) wrongEntrance(event events.Event) (maintenance.Refusal, bool) {
	r := maintenance.Refusal{Reason: maintenance.ReasonInvalidRequest, Trigger: maintenance.Trigger{Time: in.Now},
		Source: event.Kind()}
	switch event := event.(type) {
	case events.Ignored: // asks for nothing, by either
		return r, false
	case events.OperatorRequest:
		if in.Entrance == AliasOperators {
			return r, false
		}
		if name, _ := event.Target(); maintenance.ValidServerName(name) {
			r.ServerName = name
		}
		r.Detail = fmt.Sprintf("an operator's request (%s) is accepted only through the alias %s: --function-name %s:%[2]s",
			event.Kind(), AliasOperators, in.Name)
		return r, true
	default:
		r.Detail = fmt.Sprintf("the event (%s) is one that AWS or a schedule sends; it is accepted only by the function itself, "+
			"not through %.40q", event.Kind(), in.Entrance)
		return r, in.Entrance != ""
	}
}
