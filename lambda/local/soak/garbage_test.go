package soak

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// garbage never starts anything: it is about servers that do not exist, or about nothing at all.
func (m *model) garbage() event {
	files := slices.Sorted(maps.Keys(samples))
	nobody := strings.NewReplacer("automate-06", "gone-99", "puppet-01", "gone-98", "mail-01", "gone-97", "weekly", "never", "nightly-chef", "never")
	sample := nobody.Replace(samples[files[m.random.IntN(len(files))]])
	e := event{loose: true}
	switch n := m.random.IntN(200); {
	case n < 2:
		e.payload = m.huge()
	case n < 40:
		e.payload = make([]byte, m.random.IntN(300))
		for i := range e.payload {
			e.payload[i] = byte(m.random.Uint32())
		}
	case n < 80:
		e.payload = []byte(sample[:m.random.IntN(len(sample)-1)])
	case n < 100:
		at := m.random.IntN(len(sample))
		e.payload = []byte(sample[:at] + "\xff\xfe" + sample[at:])
	case n < 120:
		e.payload = fmt.Appendf(nil, `{"n%d": [null, 1e400, "\ud800", {"start": {}}]}`, m.random.Uint32())
	default:
		e.payload = m.wrongType(sample)
	}
	return e
}

// huge is a mebibyte, of one string or of depth.
func (m *model) huge() []byte {
	switch m.random.IntN(4) {
	case 0:
		return bytes.Repeat([]byte("["), 1<<20)
	case 1:
		return []byte(strings.Repeat(`{"a":`, 9000) + "1" + strings.Repeat("}", 9000))
	case 2:
		return fmt.Appendf(nil, `{"start": {"serverName": %q}}`, strings.Repeat("a", 1<<20))
	default:
		return []byte(strings.NewReplacer("automate-06", "gone-99", "Threshold Crossed", strings.Repeat("x", 1<<19)).Replace(samples["alarm.json"]))
	}
}

// wrongType is a sample in which one field, at any depth, holds something else.
func (m *model) wrongType(sample string) []byte {
	var document any
	if err := json.Unmarshal([]byte(sample), &document); err != nil {
		panic(err)
	}
	var places []func(any)
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(v)) {
				places = append(places, func(other any) { v[name] = other })
				walk(v[name])
			}
		case []any:
			for i := range v {
				places = append(places, func(other any) { v[i] = other })
				walk(v[i])
			}
		}
	}
	walk(document)
	others := []any{nil, false, -1, 1e300, "", "x", []any{}, map[string]any{}, []any{map[string]any{"a": nil}}}
	places[m.random.IntN(len(places))](others[m.random.IntN(len(others))])
	payload, err := json.Marshal(document)
	if err != nil {
		panic(err)
	}
	return payload
}
