package djangosigning

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
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
func ParseValues(text string) (values Values, err error) {
	p := &valueParser{rest: text}
	if !p.take('{') {
		return nil, errNoValues
	}
	values = make(Values, 0, 8)
	for more := !p.take('}'); more; more = p.take(',') {
		name, ok := p.value()
		if !ok || name[0] != '"' || !p.take(':') {
			return nil, errNoValues
		}
		value, ok := p.value()
		if !ok {
			return nil, errNoValues
		}
		v := member{nameText: name, valueText: value}
		if v.name, ok = decodeText(name); !ok {
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

// GetText returns a value that is a string, like Get.
func (values Values) GetText(name string) (text string, ok bool) {
	i := values.Find(name)
	if i < 0 {
		return "", false
	}
	return decodeText(values[i].valueText)
}

// GetInt returns a value that is an integer, like Get.
func (values Values) GetInt(name string) (n int64, ok bool) {
	i := values.Find(name)
	if i < 0 {
		return 0, false
	}
	if text := values[i].valueText; text == "0" || '1' <= text[0] && text[0] <= '9' {
		n, err := strconv.ParseInt(text, 10, 64)
		return n, err == nil
	}
	ok = values.Get(name, &n)
	return n, ok
}

// decodeText decodes a JSON string. Most have no escapes.
func decodeText(encoded string) (text string, ok bool) {
	if n := len(encoded); n >= 2 && encoded[0] == '"' && encoded[n-1] == '"' && plain(encoded[1:n-1]) {
		return encoded[1 : n-1], true
	}
	var decoded *string
	if json.Unmarshal([]byte(encoded), &decoded) != nil || decoded == nil {
		return "", false
	}
	return *decoded, true
}

// plain reports whether a text stands for itself between quotes.
func plain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return false
		}
	}
	return true
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
type valueParser struct{ rest string }

// take consumes a byte and the white space around it, if that byte comes next.
func (p *valueParser) take(b byte) bool {
	p.rest = strings.TrimLeft(p.rest, " \t\r\n")
	if len(p.rest) == 0 || p.rest[0] != b {
		return false
	}
	p.rest = strings.TrimLeft(p.rest[1:], " \t\r\n")
	return true
}

// value consumes a value. ok is false if none comes next.
func (p *valueParser) value() (value string, ok bool) {
	var open []byte // the brackets still to be closed
	for i := 0; i < len(p.rest); i++ {
		switch c := p.rest[i]; c {
		case '"':
			n := stringLength(p.rest[i:])
			if n == 0 || i > 0 && len(open) == 0 {
				return "", false
			}
			i += n - 1
			if len(open) == 0 {
				return p.cut(i + 1)
			}
		case '{', '[':
			if i > 0 && len(open) == 0 {
				return "", false
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
				return "", false
			}
			if open = open[:len(open)-1]; len(open) == 0 {
				return p.cut(i + 1)
			}
		}
	}
	return "", false
}

func (p *valueParser) cut(n int) (value string, ok bool) {
	value, p.rest = p.rest[:n], p.rest[n:]
	return value, n > 0
}

// stringLength returns the length of the string at the start of text, or 0 if
// the string does not end.
func stringLength(text string) int {
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
