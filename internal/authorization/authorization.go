// Package authorization reads the Authorization header, for all classes alike.
package authorization

import (
	"net/http"
	"strings"
)

// Value is an Authorization header in words, as DRF splits it.
type Value struct {
	Scheme string // the first word, as the client wrote it
	Word   string // the second, empty if there is none
	More   bool   // whether there are further ones
}

// Of reads the header of a request, which may be absent. Repeated lines are one
// value joined with commas, as WSGI joins them. Words are separated by ASCII
// white space, as by Python's bytes.split.
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

// Is reports whether the value is of a scheme, which is compared without ASCII
// case (RFC 9110 section 11.1). An empty scheme is that of no value.
func (v Value) Is(scheme string) bool {
	return scheme != "" && EqualFold(v.Scheme, scheme)
}

// EqualFold compares two schemes. strings.EqualFold would take a Kelvin sign for
// a k.
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

// isSpace is Python's bytes.isspace, which knows no Unicode.
func isSpace(b byte) bool { return b == ' ' || '\t' <= b && b <= '\r' }
