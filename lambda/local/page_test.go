package main

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"opsworks-maintenance/lambda/local/machine"
)

// chromium is where a browser is. Without one these tests are left out, but not where NEED_CHROMIUM says that there has to be one.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("NEED_CHROMIUM") != "" {
		t.Fatal("chromium is not installed")
	}
	t.Skip("chromium is not installed: THE PAGE IS NOT TESTED IN A BROWSER")
	return ""
}

// browser is a tab of a headless Chromium, and everything a script of the page complains of.
type browser struct {
	*testing.T
	ctx context.Context
	url string
}

func open(t *testing.T, url string) browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(t)), chromedp.NoSandbox, chromedp.DisableGPU)
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 50*time.Second)
	t.Cleanup(cancel)
	return browser{t, ctx, url}
}

func (b browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.Fatal(err)
	}
}

// get is what an action gives.
func get[T any](b browser, action chromedp.Action[T]) T {
	b.Helper()
	value, err := chromedp.Run(b.ctx, action)
	if err != nil {
		b.Fatal(err)
	}
	return value
}

// visit opens the page with a query, and waits until the widget is shown.
func (b browser) visit(query string) {
	b.Helper()
	b.do(chromedp.Navigate(b.url+"/?"+query), chromedp.WaitVisible(chromedp.CSS("#widget table")))
}

// click clicks the link or button with this text, beneath an element; again where a refresh took it away meanwhile.
func (b browser) click(beneath, text string) {
	b.Helper()
	var err error
	for range 5 {
		if err = chromedp.Do(b.ctx, chromedp.Click(`//*[@id="`+beneath+`"]//a[normalize-space()="`+text+`"]`)); err == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	b.Fatal(err)
}

// row is the text of a server's row, as it is shown.
func (b browser) row(server string) string {
	b.Helper()
	return b.text(`[...document.querySelectorAll("#widget tbody")].find(body => body.querySelector("a").textContent === "` + server + `")`)
}

// text is what an element shows, read at once: a refresh may take it away.
func (b browser) text(element string) string {
	b.Helper()
	return strings.Join(strings.Fields(get(b, chromedp.Evaluate[string]("("+element+")?.innerText ?? ''"))), " ")
}

// popup waits for a popup that says something, and gives all it says.
func (b browser) popup(want string) (text string) {
	b.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if text = b.text(`document.querySelector("#popup > div")`); strings.Contains(text, want) {
			return text
		}
	}
	b.Fatalf("%q does not come in the popup: %s", want, text)
	return ""
}

// confirm answers the question before an action.
func (b browser) confirm(question string) {
	b.Helper()
	b.do(chromedp.WaitVisible(chromedp.ID("ask")))
	if text := get(b, chromedp.Text(chromedp.CSS("#ask p"))); text != question {
		b.Errorf("it asks %q", text)
	}
	b.do(chromedp.Click(chromedp.CSS("#ask button[value=yes]")))
}

// becomes refreshes until a server's row says something.
func (b browser) becomes(server, want string) {
	b.Helper()
	var row string
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if row = b.row(server); strings.Contains(row, want) {
			return
		}
		b.do(chromedp.Click(chromedp.ID("refresh")))
	}
	b.Fatalf("%s does not become %q: %s", server, want, row)
}

// An operator looks, asks what would happen, starts a run, sees it end, reads its history, and holds the server.
func TestPage_InABrowser(t *testing.T) {
	chromium(t)
	b := open(t, serve(t, "-maintenance-time", "2s").shows(t, `http://127\.0\.0\.1:\d+`))
	b.visit("width=1200")
	if row := b.row("puppet-01"); !strings.Contains(row, "nothing open") {
		t.Errorf("got %s", row)
	}
	b.click("widget", "Plan")
	b.popup("manual It would start now.")
	b.do(chromedp.Click(chromedp.CSS("#popup > button")))
	b.click("widget", "puppet-01")
	b.popup("The table of runs has none.")
	b.click("popup", "Start")
	b.confirm("Start it now? puppet-01")
	b.popup("started. Maintenance of puppet-01 was started.")
	b.do(chromedp.Click(chromedp.CSS("#popup > button")))
	b.becomes("puppet-01", "▶ running Maintenance of puppet-01 was started.")
	b.becomes("puppet-01", "● succeeded")
	b.click("widget", "puppet-01")
	b.popup("Maintenance of puppet-01 has succeeded.")
	b.do(chromedp.SendKeys(chromedp.CSS("#popup input[name=reason]"), "its disk is full"),
		chromedp.SendKeys(chromedp.CSS("#popup input[name=by]"), "night shift"))
	b.click("popup", "Hold")
	b.confirm("Hold maintenance? puppet-01")
	b.popup("Night shift: its disk is full")
	b.do(chromedp.Click(chromedp.CSS("#popup > button")))
	b.becomes("puppet-01", "‖ held")
	if row := b.row("puppet-01"); !strings.Contains(row, "night shift: its disk is full") {
		t.Errorf("got %s", row)
	}
}

// An alarm's name and reason are text, whatever stands in them: with what the console removes, and without.
func TestPage_AttackInABrowser(t *testing.T) {
	chromium(t)
	screen := serve(t, "-maintenance-time", "1s")
	address := screen.shows(t, `http://127\.0\.0\.1:\d+`)
	const attack = `</svg></style><script>window.attacked=1</script><img src=x onerror=window.attacked=1><svg onload=window.attacked=1>`
	send(t, address, "-d", "Action=SetAlarmState&Version=2010-08-01&AlarmName="+url.QueryEscape("puppet-01-"+attack)+
		"&StateValue=ALARM&StateReason="+url.QueryEscape(attack))
	screen.shows(t, `succeeded: Maintenance of puppet-01 has succeeded\.`)
	b := open(t, address)
	for _, filter := range []string{"on", "off"} {
		b.visit("filter=" + filter)
		b.click("widget", "puppet-01")
		if text := b.popup("has succeeded."); strings.Count(text, attack) != 2 {
			t.Errorf("filter %s: the attack is not shown as it is: %s", filter, text)
		}
		b.do(chromedp.Sleep(300 * time.Millisecond))
		if get(b, chromedp.Evaluate[bool](`window.attacked !== undefined || !!document.querySelector("#popup img")`)) {
			t.Errorf("filter %s: the attack ran", filter)
		}
		b.do(chromedp.Click(chromedp.CSS("#popup > button")))
	}
}

// The host page does what the user guide says of the console: what it removes, and each kind of action. An action that is called off does
// nothing, nor does one that the guide has no such kind of.
func TestPage_HostPage(t *testing.T) {
	chromium(t)
	b := open(t, serve(t).shows(t, `http://127\.0\.0\.1:\d+`))
	b.visit("")
	shown := func(html string) string {
		return get(b, chromedp.Evaluate[string]("show($('widget'), `"+html+"`); $('widget').innerHTML"))
	}
	if html := shown(`<p>a<script>1</script><iframe></iframe><svg><use href="#x"/><path d="M0 0"/></svg><b onclick="1">b</b>` +
		`<a href="javascript:1">c</a></p>`); html != `<p>a<svg><path d="M0 0"></path></svg><b>b</b><a>c</a></p>` {
		t.Errorf("it leaves %s", html)
	}
	const looks = `action="call" endpoint="` + machine.PageARN + `"`
	for _, c := range []struct{ action, event, answer, want string }{
		{``, "click", "", "done"}, // html, in the widget
		{`action="html" event="dblclick"`, "dblclick", "", "done"},
		{`event="mouseenter"`, "mouseenter", "", "done"},
		{`event="dblclick"`, "click", "", "before"},
		{looks, "click", "", "is no server's name"},
		{looks + ` event="mouseenter"`, "mouseenter", "", "before"},
		{`confirmation="sure?"`, "click", "yes", "done"},
		{`confirmation="sure?"`, "click", "no", "before"},
	} {
		content := `done`
		if strings.Contains(c.action, "call") {
			content = `{"server": "a b"}`
		}
		shown(`<a id="before">before</a><cwdb-action ` + c.action + `>` + content + `</cwdb-action>`)
		get(b, chromedp.Evaluate[bool](`document.getElementById("before").dispatchEvent(new MouseEvent("`+c.event+`"))`))
		if c.answer != "" {
			b.do(chromedp.WaitVisible(chromedp.ID("ask")), chromedp.Click(chromedp.CSS("#ask button[value="+c.answer+"]")))
		}
		b.do(chromedp.Sleep(300 * time.Millisecond))
		if text := b.text(`$("widget")`); !strings.Contains(text, c.want) {
			t.Errorf("%s at %s shows %q", c.action, c.event, text)
		}
	}
}

// The page is readable at both widths in both themes: nothing stands beyond its edge, and no picture is blank or another's.
func TestPage_ThemesAndWidths(t *testing.T) {
	chromium(t)
	b := open(t, serve(t, "-fleet").shows(t, `http://127\.0\.0\.1:\d+`))
	seen := map[string]bool{}
	for _, query := range []string{"theme=light&width=600", "theme=dark&width=600", "theme=light&width=1200", "theme=dark&width=1200"} {
		b.do(chromedp.EmulateViewport(1300, 900))
		b.visit(query)
		b.becomes("puppet-db", "▶ running")
		if get(b, chromedp.Evaluate[bool](`document.querySelector("#widget").scrollWidth > document.querySelector("#widget").clientWidth`)) {
			t.Errorf("%s: something stands beyond the edge", query)
		}
		picture := get(b, chromedp.Screenshot(chromedp.ID("widget")))
		if n := colours(t, picture); n < 20 || seen[string(picture)] {
			t.Errorf("%s: %d colours", query, n)
		}
		seen[string(picture)] = true
	}
}

// README's picture is what the page shows of the fleet that make run -fleet has: make picture draws it.
func TestPage_Picture(t *testing.T) {
	file := os.Getenv("PICTURE")
	if file == "" {
		t.Skip("make picture draws it")
	}
	b := open(t, serve(t, "-fleet").shows(t, `http://127\.0\.0\.1:\d+`))
	b.do(chromedp.EmulateViewport(1200, 700))
	b.visit("theme=light")
	b.becomes("puppet-db", "▶ running")
	b.becomes("compiler-2", "‖ held")
	img, err := png.Decode(bytes.NewReader(get(b, chromedp.CaptureScreenshot())))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, flat(img)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d bytes", file, out.Len())
}

// flat is a picture in the colours that it has most of: with 256 of them the file is a third.
func flat(img image.Image) image.Image {
	counts := map[color.RGBA]int{}
	each := func(do func(x, y int, c color.RGBA)) {
		for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
			for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
				do(x, y, color.RGBAModel.Convert(img.At(x, y)).(color.RGBA))
			}
		}
	}
	each(func(_, _ int, c color.RGBA) { counts[c]++ })
	most := slices.SortedFunc(maps.Keys(counts), func(a, b color.RGBA) int { return counts[b] - counts[a] })
	var palette color.Palette
	for _, c := range most[:min(len(most), 256)] {
		palette = append(palette, c)
	}
	out := image.NewPaletted(img.Bounds(), palette)
	nearest := map[color.RGBA]uint8{}
	each(func(x, y int, c color.RGBA) {
		i, known := nearest[c]
		if !known {
			i = uint8(palette.Index(c))
			nearest[c] = i
		}
		out.SetColorIndex(x, y, i)
	})
	return out
}

func colours(t *testing.T, picture []byte) int {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[[4]uint32]bool{}
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			r, g, b, a := img.At(x, y).RGBA()
			seen[[4]uint32{r, g, b, a}] = true
		}
	}
	return len(seen)
}
