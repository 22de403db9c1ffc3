// Package python has the rules by which Python reads texts and Django's answers
// depend on.
package python

import (
	"unicode"
	"unicode/utf8"
)

// IsSpace reports what str.isspace does, and what str.strip removes: it knows
// four separators that [unicode.IsSpace] does not.
func IsSpace(r rune) bool { return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f }

// FromLatin1 decodes ISO 8859-1, in which every byte is a character.
func FromLatin1(b []byte) string {
	text := make([]byte, 0, 2*len(b)) // a character takes two bytes of UTF-8 at most
	for _, c := range b {
		text = utf8.AppendRune(text, rune(c))
	}
	return string(text)
}
