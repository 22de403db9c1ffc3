// Package jsonobject walks through the members of a JSON object without
// building it, so that what a client sends costs no more memory than it has.
package jsonobject

import (
	"bytes"
	"encoding/json"
	"iter"
)

// Members returns the names, as they are quoted, and the values of an object,
// in order. The text must be a valid JSON object in UTF-8; blanks around it
// do not count.
func Members(object []byte) iter.Seq2[Name, []byte] {
	return func(yield func(Name, []byte) bool) {
		text := bytes.Trim(object, " \t\r\n")
		for i := skipSpace(text, 1); text[i] != '}'; i = skipSpace(text, i) { // the text is valid, so every index is in it
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

// Get returns the value of a member, the last of those with the name, as
// encoding/json and Python read it. Names are compared to the letter.
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

// Name is the name of a member as it stands in the text, quoted.
type Name []byte

// longestEscape is "\u0061", for one byte of a name.
const longestEscape = 6

// Is reports whether the name says the given one. It allocates only for a name
// with escapes whose length is possible.
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

// Unescaped returns what the name says.
func (n Name) Unescaped() []byte {
	if bytes.IndexByte(n, '\\') < 0 {
		return n[1 : len(n)-1]
	}
	var text string
	_ = json.Unmarshal(n, &text) // it is a valid string
	return []byte(text)
}

// skipSpace returns the index of what follows the blanks.
func skipSpace(text []byte, i int) int {
	for isSpace(text[i]) {
		i++
	}
	return i
}

func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\r' || b == '\n' }

// skipString returns the index behind the string that begins at i.
func skipString(text []byte, i int) int {
	for i++; text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// skipValue returns the index behind the value that begins at i, inside an object.
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

// skipNested returns the index behind the object or array that begins at i.
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
