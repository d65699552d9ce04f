package check

import (
	"math"
	"slices"
	"strconv"
	"time"
)

// parser gathers what must be known of the whole document at once: the faults,
// and the names that several servers may claim.
type parser struct {
	faults    []Fault
	now       time.Time                 // zero: no date is past
	name      string                    // of the deployment
	zones     map[string]*time.Location // a zone is loaded once, not once per server
	claims    []claim
	schedules map[string]placedSchedule
}

func (p *parser) fault(at *place, problem string) {
	p.faults = append(p.faults, Fault{Path: at.String(), Problem: problem})
}

// object is a JSON object whose keys have been checked.
type object struct {
	parser *parser
	at     *place
	parts  []value
}

// open checks that a value is an object and has only known keys, each once and
// none of them null. Further reading then deals with the keys' own values only.
func (p *parser) open(v value, at *place, known []string) (object, bool) {
	if v.kind != kindObject {
		p.fault(at, mustBe("an object", v))
		return object{}, false
	}
	var seen uint64 // a bit for each known key; no object has 64 of them
	for _, part := range v.parts {
		index := slices.Index(known, part.key)
		switch {
		case index < 0:
			p.fault(at.member(part.key), unknownKey(part.key, known))
			continue
		case seen&(1<<index) != 0:
			p.fault(at.member(part.key), "the key is given twice; keep one")
		case part.kind == kindNull:
			p.fault(at.member(part.key), "null is not a value; write one, or leave the key out")
		}
		seen |= 1 << index
	}
	return object{parser: p, at: at, parts: v.parts}, true
}

func (o object) fault(key, problem string) { o.parser.fault(o.at.member(key), problem) }

func (o object) itemFault(key string, index int, problem string) {
	o.parser.fault(o.at.member(key).item(index), problem)
}

// has is true for null too: a key that is null is not also missing.
func (o object) has(key string) bool {
	return slices.ContainsFunc(o.parts, func(part value) bool { return part.key == key })
}

func (o object) find(key string) (value, bool) {
	for _, part := range o.parts {
		if part.key == key {
			return part, part.kind != kindNull
		}
	}
	return value{}, false
}

// text returns false if the key is absent or its fault has been noted.
func (o object) text(key string) (string, bool) {
	v, found := o.find(key)
	if found && v.kind != kindText {
		o.fault(key, mustBe("a text in quotes", v))
		return "", false
	}
	return v.text, found
}

func (o object) requiredText(key, hint string) (string, bool) {
	if !o.has(key) {
		o.fault(key, "is missing; "+hint)
		return "", false
	}
	return o.text(key)
}

func (o object) boolean(key string, byDefault bool) bool {
	v, found := o.find(key)
	if !found {
		return byDefault
	}
	if v.kind != kindBoolean {
		o.fault(key, mustBe("true or false", v))
		return byDefault
	}
	return v.text == "true"
}

// countFromOne reads a whole number that is at least 1.
func (o object) countFromOne(key string, byDefault int) int {
	v, found := o.find(key)
	if !found {
		return byDefault
	}
	if v.kind != kindNumber {
		o.fault(key, mustBe("a whole number", v))
		return byDefault
	}
	number, err := strconv.ParseInt(v.text, 10, 32)
	if err != nil || number < 1 {
		o.fault(key, cut(v.text)+" is not possible; write a whole number, 1 to "+strconv.Itoa(math.MaxInt32))
		return byDefault
	}
	return int(number)
}

func (o object) list(key string) []value {
	v, found := o.find(key)
	if found && v.kind != kindList {
		remedy := ""
		if v.kind == kindText {
			remedy = "; write [" + quoted(v.text) + "]"
		}
		o.fault(key, mustBe("a list", v)+remedy)
		return nil
	}
	return v.parts
}

// texts reads a list of texts and calls take for each with its index. It notes
// an item that is not a text or that was there before.
func (o object) texts(key string, take func(index int, text string)) {
	seen := map[string]int{}
	for i, v := range o.list(key) {
		if v.kind != kindText {
			o.itemFault(key, i, mustBe("a text in quotes", v))
			continue
		}
		if first, again := seen[v.text]; again {
			o.itemFault(key, i, sameAs(v.text, first))
			continue
		}
		seen[v.text] = i
		take(i, v.text)
	}
}

func sameAs(text string, first int) string {
	return quoted(text) + " is the same as item " + strconv.Itoa(first) + "; keep one"
}

// mustBe names the wrong value's type and, where it is short, the value.
func mustBe(what string, v value) string {
	is := ""
	switch v.kind {
	case kindNull:
		is = "null"
	case kindBoolean:
		is = v.text
	case kindNumber:
		is = "the number " + cut(v.text)
	case kindText:
		is = "the text " + quoted(v.text)
	case kindList:
		is = "a list"
	case kindObject:
		is = "an object"
	}
	return "must be " + what + ", not " + is
}

// cut shortens a number or literal, which needs no quotes: JSON allows it only
// digits and letters.
func cut(literal string) string {
	if len(literal) > quotedLimit {
		return literal[:quotedLimit] + "…"
	}
	return literal
}
