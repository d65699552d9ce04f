package check

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"opsworks-maintenance/lambda/settings"
)

// claim is a glob by which servers[server].alarms[index] claims alarms.
type claim struct {
	glob           settings.Glob
	server, index  int
	starred        bool
	prefix, suffix string // before its first star and after its last; of a name without stars the whole
}

func newClaim(glob settings.Glob, server, index int) claim {
	prefix, _, starred := strings.Cut(string(glob), "*")
	return claim{glob, server, index, starred, prefix, string(glob[strings.LastIndexByte(string(glob), '*')+1:])}
}

// mostOverlaps bounds what is printed. Fifty servers that all claim "*" make
// over a thousand pairs, and the first few tell the writer what is wrong.
const mostOverlaps = 100

// checkOverlaps finds every two servers that one alarm could ask for, in the order of the document.
func (p *parser) checkOverlaps() {
	found := 0
	for i := range p.claims {
		for j := range i {
			earlier, later := &p.claims[j], &p.claims[i]
			if earlier.server == later.server || !later.overlaps(earlier) {
				continue
			}
			example := commonName(earlier.glob, later.glob)
			if utf8.RuneCountInString(example) > longestAlarmName {
				continue // no alarm can have a name that long
			}
			if found++; found > mostOverlaps {
				p.faults = append(p.faults, Fault{"servers", fmt.Sprintf("more than %d pairs of alarms overlap; the rest is not listed", mostOverlaps)})
				return
			}
			p.faults = append(p.faults, Fault{
				fmt.Sprintf("servers[%d].alarms[%d]", later.server, later.index),
				fmt.Sprintf("%s and servers[%d].alarms[%d] (%s) can both match %s; an alarm may ask for one server only, so change one of them",
					quoted(string(later.glob)), earlier.server, earlier.index, quoted(string(earlier.glob)), quoted(example)),
			})
		}
	}
}

// overlaps tells whether some name matches both globs. Two with stars have one exactly if the prefix of one begins the other's and the
// suffix of one ends the other's: all that lies between can be written one after the other.
func (c *claim) overlaps(other *claim) bool {
	switch {
	case !strings.HasPrefix(c.prefix, other.prefix) && !strings.HasPrefix(other.prefix, c.prefix):
		return false
	case !c.starred:
		return other.glob.Match(string(c.glob))
	case !other.starred:
		return c.glob.Match(string(other.glob))
	}
	return strings.HasSuffix(c.suffix, other.suffix) || strings.HasSuffix(other.suffix, c.suffix)
}

// commonName is a shortest name that both globs match, "" if there is none.
// It is needed only for a fault's text, so it may cost the product of the two
// lengths: cost[i][j] is the length of the shortest name for a[i:] and b[j:].
func commonName(a, b settings.Glob) string {
	const none = 1 << 20
	width := len(b) + 1
	cost := make([]int, (len(a)+1)*width)
	at := func(i, j int) int {
		if i > len(a) || j > len(b) {
			return none
		}
		return cost[i*width+j]
	}
	for i := len(a); i >= 0; i-- {
		for j := len(b); j >= 0; j-- {
			best := none
			if i == len(a) && j == len(b) {
				best = 0
			}
			eachStep(a[i:], b[j:], func(_ string, di, dj, length int) {
				best = min(best, length+at(i+di, j+dj))
			})
			cost[i*width+j] = best
		}
	}
	if cost[0] >= none {
		return ""
	}
	var name strings.Builder
	for i, j := 0, 0; i < len(a) || j < len(b); {
		left, taken := cost[i*width+j], false
		fromI, fromJ := i, j
		eachStep(a[fromI:], b[fromJ:], func(char string, di, dj, length int) {
			if !taken && left == length+at(fromI+di, fromJ+dj) {
				taken = true
				name.WriteString(char)
				i, j = fromI+di, fromJ+dj
			}
		})
	}
	return name.String()
}

// eachStep offers the ways in which two globs can go on together: a star that
// ends, a star that takes a character of the other glob, or a character that
// both have. Two stars need never take a character of their own.
func eachStep(a, b settings.Glob, step func(char string, di, dj, length int)) {
	aStar, bStar := a != "" && a[0] == '*', b != "" && b[0] == '*'
	if aStar {
		step("", 1, 0, 0)
	}
	if bStar {
		step("", 0, 1, 0)
	}
	switch {
	case aStar && b != "" && !bStar:
		step(string(b[:1]), 0, 1, 1)
	case bStar && a != "" && !aStar:
		step(string(a[:1]), 1, 0, 1)
	case !aStar && !bStar && a != "" && b != "" && a[0] == b[0]:
		step(string(a[:1]), 1, 1, 1)
	}
}
