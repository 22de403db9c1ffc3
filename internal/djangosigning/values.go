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

// Values is the JSON object that Django keeps in a session. What is not ours stays as Django's views have written it, byte
// for byte and in its order, also where it is no JSON to Go: NaN, lone surrogates, numbers of any length.
type Values []member

type member struct {
	name      string
	nameText  string // the name as it is written, in quotes
	valueText string
}

var errNoValues = errors.New("djangosigning: no session data")

// ParseValues reads the object. It returns an error for anything else.
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

// Text returns the object as Python writes it, without blanks.
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

// Find returns the index of a name, or -1. Of two the last counts, as in Python.
func (values Values) Find(name string) int {
	for i := len(values) - 1; i >= 0; i-- {
		if values[i].name == name {
			return i
		}
	}
	return -1
}

// Get reads a value into a pointer. ok is false if there is none, or one of another type.
func (values Values) Get(name string, into any) (ok bool) {
	i := values.Find(name)
	return i >= 0 && json.Unmarshal([]byte(values[i].valueText), into) == nil
}

// Set returns the values with a changed one, or one more at the end.
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

// asciiJSON encodes a value with nothing but ASCII, as json.dumps does: Django reads the bytes as Latin-1.
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

// valueParser finds where the members of an object begin and end, and no more.
type valueParser struct{ rest []byte }

// take cuts off a byte and the blanks around it, if it comes next.
func (p *valueParser) take(b byte) bool {
	p.rest = bytes.TrimLeft(p.rest, " \t\r\n")
	if len(p.rest) == 0 || p.rest[0] != b {
		return false
	}
	p.rest = bytes.TrimLeft(p.rest[1:], " \t\r\n")
	return true
}

// value cuts off a value. ok is false if there is none.
func (p *valueParser) value() (value []byte, ok bool) {
	var open []byte // the brackets that are to be closed
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
			open = append(open, c+2) // in ASCII the closing bracket is the next but one
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

// stringLength is the length of the string that text begins with, or 0 if it does not end.
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
