package message_test

import (
	"encoding/json"
	"testing"

	"opsworks-maintenance/lambda/message"
)

// What is put between constants is text, as markup and in an attribute; JSON stays JSON and makes no tag; markup that was made so stays.
func TestHTML_Put(t *testing.T) {
	var inner, h message.HTML
	inner.Put("<b>{}</b>", `<&'">`)
	h.Put("<a title='{}'>{}{}</a>", "' onclick='x", &inner, 7)
	const want = "<a title='&#39; onclick=&#39;x'><b>&lt;&amp;&#39;&#34;&gt;</b>7</a>"
	if h.String() != want || h.Len() != len(want) {
		t.Errorf("got %s", h.String())
	}
	var j message.HTML
	given := map[string]string{"a": "</x><!-- \u202e\U0001F600"}
	j.Put("{}", message.JSON{Value: given})
	if got := map[string]string{}; json.Unmarshal([]byte(j.String()), &got) != nil || got["a"] != given["a"] ||
		j.String() != `{"a":"\u003c/x\u003e\u003c!-- \u202e\ud83d\ude00"}` {
		t.Errorf("got %s", j.String())
	}
}

// Blanks and values that do not match are a mistake of the program, not a page.
func TestHTML_Mismatch(t *testing.T) {
	for name, put := range map[string]func(*message.HTML){
		"a blank more": func(h *message.HTML) { h.Put("{}{}", 1) },
		"a value more": func(h *message.HTML) { h.Put("{}", 1, 2) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it is put")
				}
			}()
			put(&message.HTML{})
		})
	}
}
