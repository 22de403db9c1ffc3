package djangosigning

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// Values is the JSON object that Django keeps in a session. Members that
// ginauth does not set stay as Django's views wrote them, byte for byte and in
// order, even where Go would not accept the JSON: NaN, lone surrogates, numbers
// of any length.
type Values []member

type member struct {
	name      string
	nameText  string // the name as it is written, with its quotes
	valueText string
}

var errNoValues = errors.New("djangosigning: no session data")

// ParseValues parses the object. It returns an error for anything else.
func ParseValues(data []byte) (values Values, err error) {
	p := &valueParser{rest: data}
	if !p.take('{') {
		return nil, errNoValues
	}
	for more := !p.take('}'); more; more = p.take(',') {
		name, ok := p.value()
		if !ok || name[0] != '"' || !p.take(':') {
			return nil, errNoValues
		}
		value, ok := p.value()
		if !ok {
			return nil, errNoValues
		}
		v := member{nameText: string(name), valueText: string(value)}
		if json.Unmarshal(name, &v.name) != nil {
			return nil, errNoValues
		}
		values = append(values, v)
	}
	if len(values) > 0 && !p.take('}') || len(p.rest) > 0 {
		return nil, errNoValues
	}
	return values, nil
}

// Text returns the object as Python writes it, but without spaces.
func (values Values) Text() []byte {
	text := []byte{'{'}
	for i, v := range values {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, v.nameText...)
		text = append(text, ':')
		text = append(text, v.valueText...)
	}
	return append(text, '}')
}

// Find returns the index of a name, or -1. If the name occurs twice the last
// one counts, as in Python.
func (values Values) Find(name string) int {
	for i := len(values) - 1; i >= 0; i-- {
		if values[i].name == name {
			return i
		}
	}
	return -1
}

// Get decodes a value into the variable that into points to. ok is false if the
// value is missing or has another type.
func (values Values) Get(name string, into any) (ok bool) {
	i := values.Find(name)
	return i >= 0 && json.Unmarshal([]byte(values[i].valueText), into) == nil
}

// Set returns the values with one replaced, or appended if the name is new.
func (values Values) Set(name string, value any) (Values, error) {
	text, err := asciiJSON(value)
	if err != nil {
		return nil, fmt.Errorf("djangosigning: session value %q: %w", name, err)
	}
	if i := values.Find(name); i >= 0 {
		values = slices.Clone(values)
		values[i].valueText = text
		return values, nil
	}
	nameText, err := asciiJSON(name)
	if err != nil {
		return nil, err
	}
	return append(slices.Clip(values), member{name: name, nameText: nameText, valueText: text}), nil
}

// Without returns the values less those of a name.
func (values Values) Without(name string) Values {
	return slices.DeleteFunc(slices.Clone(values), func(v member) bool { return v.name == name })
}

// asciiJSON encodes a value in ASCII only, as json.dumps does, because Django
// reads the bytes as Latin-1.
func asciiJSON(value any) (string, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return "", err
	}
	var text []byte
	for _, r := range string(bytes.TrimSuffix(buf.Bytes(), []byte("\n"))) {
		switch {
		case r < utf8.RuneSelf:
			text = append(text, byte(r))
		case r < 0x10000:
			text = fmt.Appendf(text, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			text = fmt.Appendf(text, `\u%04x\u%04x`, high, low)
		}
	}
	return string(text), nil
}

// valueParser finds where the members of an object begin and end; it does
// nothing else.
type valueParser struct{ rest []byte }

// take consumes a byte and the white space around it, if that byte comes next.
func (p *valueParser) take(b byte) bool {
	p.rest = bytes.TrimLeft(p.rest, " \t\r\n")
	if len(p.rest) == 0 || p.rest[0] != b {
		return false
	}
	p.rest = bytes.TrimLeft(p.rest[1:], " \t\r\n")
	return true
}

// value consumes a value. ok is false if none comes next.
func (p *valueParser) value() (value []byte, ok bool) {
	var open []byte // the brackets still to be closed
	for i := 0; i < len(p.rest); i++ {
		switch c := p.rest[i]; c {
		case '"':
			n := stringLength(p.rest[i:])
			if n == 0 || i > 0 && len(open) == 0 {
				return nil, false
			}
			i += n - 1
			if len(open) == 0 {
				return p.cut(i + 1)
			}
		case '{', '[':
			if i > 0 && len(open) == 0 {
				return nil, false
			}
			open = append(open, c+2) // in ASCII the closing bracket follows two places after the opening one
		case '}', ']', ',', ':', ' ', '\t', '\r', '\n':
			if len(open) == 0 {
				return p.cut(i)
			}
			if c != '}' && c != ']' {
				continue
			}
			if open[len(open)-1] != c {
				return nil, false
			}
			if open = open[:len(open)-1]; len(open) == 0 {
				return p.cut(i + 1)
			}
		}
	}
	return nil, false
}

func (p *valueParser) cut(n int) (value []byte, ok bool) {
	value, p.rest = p.rest[:n], p.rest[n:]
	return value, n > 0
}

// stringLength returns the length of the string at the start of text, or 0 if
// the string does not end.
func stringLength(text []byte) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}
