// Package jsonobject iterates over the members of a JSON object without
// building it, so that a body costs no more memory than its own length.
package jsonobject

import (
	"bytes"
	"encoding/json"
	"iter"
)

// Members returns the names, in their quoted form, and the values of an object,
// in order. The text must be a valid JSON object in UTF-8; surrounding blanks
// do not matter.
func Members(object []byte) iter.Seq2[Name, []byte] {
	return func(yield func(Name, []byte) bool) {
		text := bytes.Trim(object, " \t\r\n")
		// The text is valid, so every index is inside it.
		for i := skipSpace(text, 1); text[i] != '}'; i = skipSpace(text, i) {
			if text[i] == ',' {
				i = skipSpace(text, i+1)
			}
			end := skipString(text, i)
			name := Name(text[i:end])
			i = skipSpace(text, skipSpace(text, end)+1) // the colon
			end = skipValue(text, i)
			if !yield(name, text[i:end]) {
				return
			}
			i = end
		}
	}
}

// Get returns the value of a member. If the name is repeated it returns the
// last one, as encoding/json and Python do. Names are compared exactly.
func Get(object []byte, name string) (value []byte, ok bool) {
	for key, v := range Members(object) {
		if key.Is(name) {
			value, ok = v, true
		}
	}
	return value, ok
}

// IsObject reports whether a valid JSON text is an object.
func IsObject(text []byte) bool {
	text = bytes.TrimLeft(text, " \t\r\n")
	return len(text) > 0 && text[0] == '{'
}

// Name is the name of a member as it appears in the text, quoted.
type Name []byte

// longestEscape is the longest form of one byte of a name, as in "\u0061".
const longestEscape = 6

// Is reports whether the name, unescaped, equals the given one. It allocates
// only for a name with escapes whose length makes that possible.
func (n Name) Is(name string) bool {
	quoted := len(n) - len(`""`)
	switch {
	case quoted < len(name) || quoted > longestEscape*len(name):
		return false
	case bytes.IndexByte(n, '\\') < 0:
		return string(n[1:len(n)-1]) == name
	}
	return string(n.Unescaped()) == name
}

// Unescaped returns the name without quotes and escapes.
func (n Name) Unescaped() []byte {
	if bytes.IndexByte(n, '\\') < 0 {
		return n[1 : len(n)-1]
	}
	var text string
	_ = json.Unmarshal(n, &text) // it is a valid string
	return []byte(text)
}

// skipSpace returns the index after the blanks that begin at i.
func skipSpace(text []byte, i int) int {
	for isSpace(text[i]) {
		i++
	}
	return i
}

func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\r' || b == '\n' }

// skipString returns the index after the string that begins at i.
func skipString(text []byte, i int) int {
	for i++; text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// skipValue returns the index after the value that begins at i, inside an
// object.
func skipValue(text []byte, i int) int {
	switch text[i] {
	case '"':
		return skipString(text, i)
	case '{', '[':
		return skipNested(text, i)
	}
	for text[i] != ',' && text[i] != '}' && !isSpace(text[i]) {
		i++
	}
	return i
}

// skipNested returns the index after the object or array that begins at i.
func skipNested(text []byte, i int) int {
	for depth := 0; ; {
		switch text[i] {
		case '"':
			i = skipString(text, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		i++
		if depth == 0 {
			return i
		}
	}
}
