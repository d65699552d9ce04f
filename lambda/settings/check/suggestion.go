package check

import (
	"slices"
	"strings"
)

// unknownName says that a name is not one of those known and, if one of them
// is so near that a slip of the finger explains it, which was probably meant.
func unknownName(what, name string, known []string) string {
	problem := quoted(name) + " is not a known " + what
	if nearest, ok := nearestName(name, known); ok {
		return problem + "; did you mean " + quoted(nearest) + "?"
	}
	return problem + "; known are " + strings.Join(known, ", ")
}

// renamed are the keys of the first edition and what they are called now.
var renamed = map[string]string{"patience": "expiresAfter"}

func unknownKey(key string, known []string) string {
	if now := renamed[key]; slices.Contains(known, now) {
		return key + " is called " + now + " now"
	}
	return unknownName("key", key, known)
}

func nearestName(name string, known []string) (string, bool) {
	const farthest = 2 // two slips; three turn most short names into each other
	best, distance := "", farthest+1
	for _, candidate := range known {
		if strings.EqualFold(name, candidate) {
			return candidate, true
		}
		if d := slips(name, candidate); d < distance && d*2 < len(candidate) {
			best, distance = candidate, d
		}
	}
	return best, best != ""
}

// slips is the Levenshtein distance, or a large number for names whose lengths
// alone set them too far apart (which also bounds the work for hostile keys).
func slips(a, b string) int {
	if len(a) > len(b)+2 || len(b) > len(a)+2 {
		return len(a) + len(b)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
