// Package fleet is the fleet as a page: a CloudWatch custom widget. The console, in the browser and with the credentials of who looks,
// gives the page function its parameters, and shows the HTML that it answers with.
//
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html
package fleet

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/message"
	"opsworks-maintenance/lambda/settings"
)

// Runner is what the page asks of the domain: it looks, and changes nothing. *maintenance.Runner is one.
type Runner interface {
	Status(ctx context.Context, serverNames []string) maintenance.Fleet
	History(ctx context.Context, serverName string, most int) ([]maintenance.Run, error)
}

// Handler answers one look after the other. It holds nothing between them.
type Handler struct {
	Settings *settings.Settings
	Runner   Runner
	// Operators is the ARN of the function's alias for operators, which buttons call.
	Operators string
	// LogGroup is where the function logs; empty is the group that Lambda names by it.
	LogGroup string
	Log      *slog.Logger
	Now      func() time.Time
}

// Invoke implements lambda.Handler: a string of HTML, or of Markdown that describes the widget. What goes wrong is said on the page.
func (h *Handler) Invoke(ctx context.Context, payload []byte) (answer []byte, err error) {
	began := h.Now()
	defer func() {
		if mistake := recover(); mistake != nil {
			h.Log.Error("page failed", "error", fmt.Sprint(mistake))
			answer, err = Unable{fmt.Errorf("internal error; the page function's log has it")}.Invoke(ctx, nil)
		}
	}()
	q, problem := read(payload)
	if q.describe {
		return encode(description)
	}
	p := &page{Handler: h, request: q, scale: newScale(began, q.width), function: functionOf(h.Operators)}
	p.function.LogGroup = h.LogGroup
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		p.self = lc.InvokedFunctionArn
	}
	p.begin()
	switch {
	case problem != "":
		sentence(&p.HTML, problem)
	case q.server != "":
		p.server(ctx, q.server)
	case q.hold:
		p.holdFleet()
	default:
		p.fleet(ctx)
	}
	p.Put("</div>")
	h.Log.Info("page shown", "server", short(q.server), "bytes", p.sent(), "durationMs", float64(h.Now().Sub(began).Microseconds())/1000)
	return encode(p.String())
}

// encode makes a JSON string, which the console shows as HTML. encoding/json would write each < as six bytes.
func encode(text string) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// page is one answer as it is written.
type page struct {
	*Handler
	request
	message.HTML
	*scale
	function message.Function
	self     string // the ARN that the page function was invoked by
	// Of so many bytes of the HTML is known how many they are as JSON.
	measured, asJSON int
}

// sent is how many bytes of the answer are written: as JSON, which has quotes and backslashes as two.
func (p *page) sent() int {
	more, err := encode(p.String()[p.measured:])
	if err == nil { // a string always has a form
		p.measured, p.asJSON = p.Len(), p.asJSON+len(more)-len(`""`)
	}
	return p.asJSON
}

func sentence(h *message.HTML, text string) { h.Put("<p class='say' role='alert'>{}</p>", text) }
