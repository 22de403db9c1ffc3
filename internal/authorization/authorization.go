// Package authorization reads the Authorization header, in the same way for all
// classes.
package authorization

import (
	"net/http"
	"strings"
)

// Value is an Authorization header split into words, as DRF splits it.
type Value struct {
	Scheme string // the first word, as the client wrote it
	Word   string // the second word, empty if there is none
	More   bool   // whether more words follow
}

// Of reads the header of a request, which may be absent. Repeated lines are
// joined with commas into one value, as WSGI joins them. Words are separated by
// ASCII white space, as by Python's bytes.split.
func Of(header http.Header) (v Value) {
	lines := header["Authorization"]
	if len(lines) == 0 {
		return Value{}
	}
	text := lines[0]
	if len(lines) > 1 {
		text = strings.Join(lines, ",")
	}
	v.Scheme, text = nextWord(text)
	v.Word, text = nextWord(text)
	more, _ := nextWord(text)
	v.More = more != ""
	return v
}

// Is reports whether the value has the given scheme, compared without ASCII
// case (RFC 9110 section 11.1). No value has the empty scheme.
func (v Value) Is(scheme string) bool {
	return scheme != "" && EqualFold(v.Scheme, scheme)
}

// EqualFold reports whether two schemes are equal without ASCII case.
// strings.EqualFold would accept a Kelvin sign for a k.
func EqualFold(s, t string) bool {
	if len(s) != len(t) {
		return false
	}
	for i := range len(s) {
		if lower(s[i]) != lower(t[i]) {
			return false
		}
	}
	return true
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

// nextWord cuts the first word off s.
func nextWord(s string) (word, rest string) {
	start := 0
	for start < len(s) && isSpace(s[start]) {
		start++
	}
	end := start
	for end < len(s) && !isSpace(s[end]) {
		end++
	}
	return s[start:end], s[end:]
}

// isSpace is Python's bytes.isspace, which does not know Unicode.
func isSpace(b byte) bool { return b == ' ' || '\t' <= b && b <= '\r' }
