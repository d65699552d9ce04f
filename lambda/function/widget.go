package function

import (
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/message"
)

// forWidget is an answer as the console shows it in a custom widget: a string of HTML, in the words of the answer that it stands for. What
// has no words of its own is shown as JSON.
func forWidget(body any) string {
	var h message.HTML
	switch body := body.(type) {
	case Response:
		paragraph(&h, body)
	case []Response:
		for _, r := range body {
			paragraph(&h, r)
		}
	case HoldResponse: // its sentence names who is at work
		paragraph(&h, body.Response)
	case PlanResponse:
		if body.ServerName == "" { // which is no server's
			h.Put("<p><b>{}</b>. {}</p>", maintenance.OutcomeRefused, body.Message)
			break
		}
		h.Put("<p><b>{}</b>: what would happen now. {}</p>", body.ServerName, body.Message)
		if body.waits != "" {
			h.Put("<p>{}</p>", body.waits)
		}
		h.Put("<table>")
		for _, a := range body.Answers {
			h.Put("<tr><th scope='row'>{}</th><td>{}</td></tr>", a.Trigger, a.Message)
		}
		h.Put("</table>")
	default:
		h.Put("<pre>{}</pre>", message.JSON{Value: body})
	}
	return h.String()
}

func paragraph(h *message.HTML, r Response) { h.Put("<p><b>{}</b>. {}</p>", r.Outcome, r.Message) }
