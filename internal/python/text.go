// Package python implements the rules by which Python reads text, where
// Django's answers depend on them.
package python

import (
	"unicode"
	"unicode/utf8"
)

// IsSpace reports what str.isspace does, which is also what str.strip removes.
// It includes four separators that [unicode.IsSpace] does not.
func IsSpace(r rune) bool { return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f }

// FromLatin1 decodes ISO 8859-1, in which every byte is a character.
func FromLatin1(b []byte) string {
	text := make([]byte, 0, 2*len(b)) // a character takes at most two bytes of UTF-8
	for _, c := range b {
		text = utf8.AppendRune(text, rune(c))
	}
	return string(text)
}
