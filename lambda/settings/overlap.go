package settings

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// claim is a glob by which one server claims alarms.
type claim struct {
	glob           Glob
	server, index  int    // servers[server].alarms[index]
	prefix, suffix string // of a glob without star: both are the whole name
	starred        bool
	wider          int // in a family: the nearest claim whose suffix ends this one's, or -1
}

// overlapLimit bounds what is printed. Fifty servers that all claim "*" make
// over a thousand pairs, and the first few tell the writer what is wrong.
const overlapLimit = 100

func (p *parser) claim(glob Glob, server, index int) {
	prefix, suffix, starred := glob.literals()
	p.claims = append(p.claims, claim{glob, server, index, prefix, suffix, starred, -1})
}

// checkClaims finds every two servers that could be asked for by one alarm.
//
// Two globs with stars can match a common name exactly if one's prefix begins
// the other's and one's suffix ends the other's: everything between can be
// written one after the other. So the claims are sorted by prefix; those whose
// prefixes begin the present one lie on a short stack, and within a family of
// equal prefix the suffixes, sorted from their ends, are searched by halving.
// A thousand servers are not compared pair by pair.
func (p *parser) checkClaims() {
	slices.SortFunc(p.claims, func(a, b claim) int {
		return cmp.Or(
			strings.Compare(a.prefix, b.prefix),
			compareBool(b.starred, a.starred), // those with a star first
			compareFromEnd(a.suffix, b.suffix),
			cmp.Compare(a.server, b.server),
			cmp.Compare(a.index, b.index))
	})
	found := overlaps{}
	var above [][]claim // families whose prefix begins the present one, shortest first
	for rest := p.claims; len(rest) > 0 && !found.full(); {
		prefix := rest[0].prefix
		size := 1
		for size < len(rest) && rest[size].prefix == prefix {
			size++
		}
		members := rest[:size]
		rest = rest[size:]
		for len(above) > 0 && !strings.HasPrefix(prefix, above[len(above)-1][0].prefix) {
			above = above[:len(above)-1]
		}
		family := arrangeFamily(members)
		found.within(family)
		found.amongNames(members[len(family):])
		for _, member := range members {
			for _, wider := range above {
				found.between(member, wider)
			}
			if !member.starred && len(family) > 0 {
				found.between(member, family)
			}
		}
		if len(family) > 0 {
			above = append(above, family)
		}
	}
	p.faults = append(p.faults, found.faults()...)
}

// arrangeFamily takes the members that have a star and links each with the
// nearest one whose suffix ends its own; following the links visits them all.
func arrangeFamily(members []claim) []claim {
	size := 0
	for size < len(members) && members[size].starred {
		size++
	}
	family := members[:size]
	for i := range family {
		wider := i - 1
		for wider >= 0 && !strings.HasSuffix(family[i].suffix, family[wider].suffix) {
			wider = family[wider].wider
		}
		family[i].wider = wider
	}
	return family
}

// overlaps holds pairs in which the second stands later in the document.
type overlaps struct {
	pairs [][2]claim
}

func (o *overlaps) full() bool { return len(o.pairs) > overlapLimit }

func (o *overlaps) add(a, b claim) {
	if a.server == b.server || o.full() {
		return
	}
	if cmp.Or(cmp.Compare(a.server, b.server), cmp.Compare(a.index, b.index)) > 0 {
		a, b = b, a
	}
	o.pairs = append(o.pairs, [2]claim{a, b})
}

func (o *overlaps) within(family []claim) {
	for _, member := range family {
		for i := member.wider; i >= 0 && !o.full(); i = family[i].wider {
			o.add(member, family[i])
		}
	}
}

// amongNames compares names without star, all with the same prefix and so equal.
func (o *overlaps) amongNames(names []claim) {
	for i, name := range names {
		for j := 0; j < i && !o.full(); j++ {
			o.add(name, names[j])
		}
	}
}

// between finds the members of a family, whose prefix begins this claim's, that
// can match what the claim matches.
func (o *overlaps) between(c claim, family []claim) {
	next, _ := slices.BinarySearchFunc(family, c.suffix, func(member claim, suffix string) int {
		if compareFromEnd(member.suffix, suffix) <= 0 {
			return -1
		}
		return 1
	})
	i := next - 1
	for i >= 0 && !strings.HasSuffix(c.suffix, family[i].suffix) {
		i = family[i].wider
	}
	for ; i >= 0 && !o.full(); i = family[i].wider {
		if c.starred || family[i].glob.Match(string(c.glob)) {
			o.add(c, family[i])
		}
	}
	for ; c.starred && next < len(family) && !o.full() && strings.HasSuffix(family[next].suffix, c.suffix); next++ {
		o.add(c, family[next])
	}
}

func (o *overlaps) faults() []Fault {
	more := o.full()
	pairs := o.pairs[:min(len(o.pairs), overlapLimit)]
	slices.SortFunc(pairs, func(a, b [2]claim) int {
		return cmp.Or(
			cmp.Compare(a[1].server, b[1].server), cmp.Compare(a[1].index, b[1].index),
			cmp.Compare(a[0].server, b[0].server), cmp.Compare(a[0].index, b[0].index))
	})
	var faults []Fault
	for _, pair := range pairs {
		first, second := pair[0], pair[1]
		example := commonName(first.glob, second.glob)
		if utf8.RuneCountInString(example) > longestAlarmName {
			continue // no alarm can have a name that long
		}
		faults = append(faults, Fault{
			fmt.Sprintf("servers[%d].alarms[%d]", second.server, second.index),
			fmt.Sprintf("%s and servers[%d].alarms[%d] (%s) can both match %s; an alarm may ask for one server only",
				quoted(string(second.glob)), first.server, first.index, quoted(string(first.glob)), quoted(example)),
		})
	}
	if more {
		faults = append(faults, Fault{"servers", fmt.Sprintf(
			"more than %d pairs of alarms overlap; the rest is not listed", overlapLimit)})
	}
	return faults
}

// compareFromEnd orders texts by their last byte, then the one before it: a
// text directly precedes those that end in it.
func compareFromEnd(a, b string) int {
	for i, j := len(a)-1, len(b)-1; i >= 0 && j >= 0; i, j = i-1, j-1 {
		if a[i] != b[j] {
			return cmp.Compare(a[i], b[j])
		}
	}
	return cmp.Compare(len(a), len(b))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
