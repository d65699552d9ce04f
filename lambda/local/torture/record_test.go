package torture

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
)

// record is all that was said and kept, by the place where it can be read.
type record struct {
	mu     sync.Mutex
	places map[string]*bytes.Buffer
}

func (c *record) add(place string, things ...any) { _, _ = fmt.Fprintln(c.writer(place), things...) }

// writer takes what is said at a place.
func (c *record) writer(name string) io.Writer { return place{c, name} }

type place struct {
	record *record
	name   string
}

func (p place) Write(text []byte) (int, error) {
	p.record.mu.Lock()
	defer p.record.mu.Unlock()
	if p.record.places == nil {
		p.record.places = map[string]*bytes.Buffer{}
	}
	if p.record.places[p.name] == nil {
		p.record.places[p.name] = &bytes.Buffer{}
	}
	return p.record.places[p.name].Write(text)
}

// where are the places a value can be read at, as it is or in base64, whatever stands before it.
func (c *record) where(value string) (places []string) {
	forms := []string{value}
	for before := range 3 {
		code := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", before) + value))
		forms = append(forms, code[4:len(code)-4]) // the ends depend on what stands around it
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(c.places)) {
		if slices.ContainsFunc(forms, func(form string) bool { return strings.Contains(c.places[name].String(), form) }) {
			places = append(places, name)
		}
	}
	return places
}

// finish closes the machine and checks that no marked value can be read anywhere.
func (h *harness) finish() {
	defer func() {
		if _ = h.Close(); h.t.Failed() {
			h.t.Logf("the function's log:\n%s", h.heard.places["log"])
		}
	}()
	h.collect()
	for _, value := range marked {
		if places := h.heard.where(value); len(places) > 0 {
			h.t.Errorf("%s can be read in: %q", value, places)
		}
	}
}

// collect adds what has not been heard yet to the record: the messages and the ledger, and the last of the log.
func (h *harness) collect() {
	h.notified()
	for _, message := range h.messages {
		h.heard.add("messages", message)
	}
	h.keep()
	_ = h.Function.Close()
}

// keep adds the ledger as it is now to the record.
func (h *harness) keep() {
	for _, item := range h.items() {
		text, err := json.Marshal(item)
		h.must(err)
		h.heard.add("items", string(text))
	}
}
