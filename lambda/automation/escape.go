package automation

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// escapeLevels is how often a value may have been written as JSON: not, once, or as JSON inside JSON.
const escapeLevels = 3

// longestEscape is that of a pair, in JSON inside JSON.
const longestEscape = len(`\\ud83d\\ude00`)

// match reads as much of a value as a text begins with, and gives how many bytes that is of both. ended is true where the text was over
// before the value was, be it in the middle of an escape.
func match(text, value string, level int) (read, size int, ended bool) {
	for read, want := range value {
		got, n := decode(text[size:], level)
		switch {
		case n == 0:
			return read, size, true
		case got != want:
			return read, size, false
		}
		size += n
	}
	return len(value), size, false
}

// decode reads one character that was escaped so often, by whatever rule of JSON the writer preferred (RFC 8259, section 7). A size of 0
// means that the text ends before the character does.
func decode(text string, level int) (r rune, size int) {
	if level == 0 {
		if !utf8.FullRuneInString(text) {
			return 0, 0
		}
		return utf8.DecodeRuneInString(text)
	}
	r, size = decode(text, level-1)
	if r != '\\' || size == 0 {
		return r, size
	}
	kind, n := decode(text[size:], level-1)
	size += n
	switch at := strings.IndexRune(`"\/bfnrt`, kind); {
	case n == 0:
		return 0, 0
	case at >= 0:
		return rune("\"\\/\b\f\n\r\t"[at]), size
	case kind != 'u':
		return utf8.RuneError, size
	}
	r, n = fourDigits(text[size:], level-1)
	size += n
	if n == 0 || !utf16.IsSurrogate(r) {
		return r, size * min(n, 1)
	}
	if low, m := decodeLow(text[size:], level); m > 0 {
		return utf16.DecodeRune(r, low), size + m
	}
	return 0, 0
}

// decodeLow reads the second half of a pair.
func decodeLow(text string, level int) (r rune, size int) {
	for _, want := range `\u` {
		got, n := decode(text[size:], level-1)
		if n == 0 || got != want {
			return utf8.RuneError, n
		}
		size += n
	}
	r, n := fourDigits(text[size:], level-1)
	return r, (size + n) * min(n, 1)
}

func fourDigits(text string, level int) (r rune, size int) {
	for range 4 {
		digit, n := decode(text[size:], level)
		at := strings.IndexRune("0123456789abcdef", digit|0x20)
		switch {
		case n == 0:
			return 0, 0
		case at < 0:
			return utf8.RuneError, size + n
		}
		r, size = r<<4|rune(at), size+n
	}
	return r, size
}
