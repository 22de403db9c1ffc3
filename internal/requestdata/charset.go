package requestdata

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/ginauth/ginauth/internal/python"
)

// charset is the encoding that a Content-Type declares. As in Django, text in
// an unknown charset is read as UTF-8.
type charset string

const (
	utf8Charset charset = "utf-8"
	ascii       charset = "ascii"
	latin1      charset = "latin-1"
)

// decode returns the text in UTF-8. ok is false if b is not valid in the
// charset.
func (c charset) decode(b []byte) (text []byte, ok bool) {
	switch c {
	case latin1:
		return []byte(python.FromLatin1(b)), true
	case ascii:
		return b, !bytes.ContainsFunc(b, func(r rune) bool { return r >= utf8.RuneSelf })
	}
	return b, utf8.Valid(b)
}

// text decodes form values. Bytes that encode no character become U+FFFD.
func (c charset) text(b []byte) string {
	if c == latin1 {
		return python.FromLatin1(b)
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}
