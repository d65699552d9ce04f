package fleet_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"opsworks-maintenance/lambda/maintenance"
)

// What may stand on the page: elements, and the attributes of each.
var allowed = map[string][]string{
	"html": nil, "head": nil, "body": nil, "style": nil, "div": {"class", "aria-hidden"}, "p": {"class", "role"}, "b": {"class"}, "i": nil,
	"br":   nil,
	"span": nil, "small": nil, "h3": nil, "h4": nil, "details": nil, "summary": nil, "form": nil, "label": nil,
	"table": {"class"}, "thead": nil, "tbody": nil, "tr": nil, "td": {"colspan"}, "th": {"scope"},
	"svg": {"role", "viewBox", "preserveAspectRatio", "aria-hidden"}, "title": nil, "path": {"class", "d"},
	"a": {"class", "role", "tabindex", "title", "href", "target", "rel"}, "cwdb-action": {"action", "display", "endpoint", "confirmation"},
	"select": {"name"}, "option": {"value", "selected"}, "input": {"name", "maxlength"},
}

// hostile are texts that would be more than text.
var hostile = []string{
	`<script>window.attacked=1</script>`, `"><img src=x onerror=window.attacked=1>`, `' onmouseover='window.attacked=1`,
	`</svg></title></style><script>window.attacked=1</script>`, `]]><script>window.attacked=1</script><![CDATA[`,
	`</cwdb-action><cwdb-action action="call" endpoint="arn:aws:lambda:us-east-1:1:function:evil">{}</cwdb-action>`, `{}{}`,
	`<!--`, "a\x00b\x1b[31m", "\u202egnp.exe\u2066", "\xff\xfe<b>", `&lt;script&gt;`, strings.Repeat("<b>", 5000),
	`javascript:window.attacked=1`,
}

// Whatever stands in the table of runs, on the page it is text: with each text of a fleet in turn made hostile, no element and no attribute
// is there that the page does not have by itself, and what cannot be seen is not there.
func TestPage_EveryTextStaysText(t *testing.T) {
	s, l := eight(t)
	l.fleet.Fleet.Hold = maintenance.Hold{Until: now.AddDate(0, 0, 1), Since: now, Reason: "a freeze", By: "somebody"}
	l.fleet.Servers["gone-01"] = maintenance.ServerRecord{}
	n := 0
	for _, data := range []reflect.Value{reflect.ValueOf(&l.fleet).Elem(), reflect.ValueOf(l.runs)} {
		eachText(data, func(set func(string)) {
			n++
			for _, text := range []string{strings.Join(hostile, " "), hostile[n%len(hostile)]} {
				set(text)
				for _, parameters := range []string{"", `"server": "automate-06", `} {
					checkPage(t, shown(t, s, l, console(600, "light", parameters)), text)
				}
			}
		})
	}
	if n < 100 {
		t.Errorf("only %d texts were found", n)
	}
	for _, text := range hostile {
		parameter, _ := json.Marshal(text)
		checkPage(t, shown(t, s, l, console(600, text, `"server": `+string(parameter)+`, `)), text)
		checkPage(t, shown(t, s, l, console(600, "dark", string(parameter)+`: 1, `)), text)
	}
}

// eachText finds every text in a value, and hands out what sets it; it is as it was afterwards.
func eachText(v reflect.Value, visit func(set func(string))) {
	switch v.Kind() {
	case reflect.String:
		was := v.String()
		visit(v.SetString)
		v.SetString(was)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				eachText(v.Field(i), visit)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachText(v.Index(i), visit)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			item := reflect.New(v.Type().Elem()).Elem()
			item.Set(v.MapIndex(key))
			eachText(item, func(set func(string)) {
				visit(func(text string) { set(text); v.SetMapIndex(key, item) })
			})
			v.SetMapIndex(key, item)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			eachText(v.Elem(), visit)
		}
	}
}

func checkPage(t *testing.T, page, because string) {
	t.Helper()
	document, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for node := range document.Descendants() {
		switch node.Type {
		case html.ElementNode:
			attributes, known := allowed[node.Data]
			if !known {
				t.Fatalf("%.60q made an element %s", because, node.Data)
			}
			for _, a := range node.Attr {
				if !slices.Contains(attributes, a.Key) {
					t.Fatalf("%.60q made an attribute %s of %s", because, a.Key, node.Data)
				}
				checkAttribute(t, node, a, because)
			}
			if node.Data == "cwdb-action" && !json.Valid([]byte(node.FirstChild.Data)) {
				t.Fatalf("%.60q made a request that is no JSON: %s", because, node.FirstChild.Data)
			}
		case html.TextNode:
			if node.Parent.Data == "style" {
				continue // a constant, in lines
			}
			if i := strings.IndexFunc(node.Data, func(c rune) bool { return unicode.In(c, unicode.Cc, unicode.Cf) }); i >= 0 {
				t.Fatalf("%.60q made a text with %q", because, node.Data[i:])
			}
		case html.CommentNode:
			t.Fatalf("%.60q made a comment", because)
		}
	}
}

func checkAttribute(t *testing.T, node *html.Node, a html.Attribute, because string) {
	t.Helper()
	ok := true
	switch a.Key {
	case "href":
		ok = strings.HasPrefix(a.Val, "https://us-east-1.console.aws.amazon.com/")
	case "endpoint":
		ok = a.Val == self || a.Val == operators
	case "d":
		ok = strings.Trim(a.Val, "MmHhvlz0123456789. -") == ""
	}
	if !ok {
		t.Fatalf("%.60q made %s of %s %q", because, a.Key, node.Data, a.Val)
	}
}
