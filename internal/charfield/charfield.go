// Package charfield reads the members of request data as DRF's Serializer and
// CharField do, with their messages.
package charfield

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/ginauth/ginauth/internal/python"
	"github.com/ginauth/ginauth/internal/requestdata"
)

// The messages of serializers.Serializer and CharField.
const (
	required  = "This field is required."
	null      = "This field may not be null."
	blank     = "This field may not be blank."
	notString = "Not a valid string."
	nullChars = "Null characters are not allowed."
)

// Fields holds the members of a request's data, from which Text takes one at a
// time.
type Fields struct{ requestdata.Data }

// FieldsOf returns the members, or a serializer's message for data that is not
// an object.
func FieldsOf(data requestdata.Data) (f Fields, refusal string) {
	if data.JSON == nil {
		return Fields{data}, ""
	}
	switch kind := pythonType(data.JSON); kind {
	case "NoneType":
		return f, "No data provided"
	case "dict":
		return Fields{data}, ""
	default:
		return f, "Invalid data. Expected a dictionary, but got " + kind + "."
	}
}

// Text returns the text of a required member, or the error message (DRF:
// CharField, allow_blank false). trim is trim_whitespace.
func (f Fields) Text(name string, trim bool) (text, message string) {
	text, message = f.text(name)
	if message != "" {
		return "", message
	}
	trimmed := strings.TrimFunc(text, python.IsSpace)
	switch {
	case text == "" || trim && trimmed == "":
		return "", blank
	case strings.ContainsRune(text, 0):
		return "", nullChars
	case trim:
		return trimmed, ""
	}
	return text, ""
}

func (f Fields) text(name string) (text, message string) {
	if f.JSON == nil {
		field, ok := f.Form[name]
		switch {
		case !ok:
			return "", required
		case field.File:
			return "", notString
		}
		return field.Text, ""
	}
	raw, ok := f.Member(name)
	if !ok {
		return "", required
	}
	switch pythonType(raw) {
	case "NoneType":
		return "", null
	case "str":
		if r, lone := loneSurrogate(raw); lone {
			return "", fmt.Sprintf("Surrogate characters are not allowed: U+%X.", r)
		}
		if err := json.Unmarshal(raw, &text); err != nil {
			return "", notString
		}
		return text, ""
	case "int", "float":
		return pythonNumber(string(raw)), ""
	}
	return "", notString
}

// pythonType names the type to which Python's json decodes a value.
func pythonType(raw json.RawMessage) string {
	switch raw = bytes.TrimSpace(raw); raw[0] {
	case '{':
		return "dict"
	case '[':
		return "list"
	case '"':
		return "str"
	case 't', 'f':
		return "bool"
	case 'n':
		return "NoneType"
	}
	if bytes.ContainsAny(raw, ".eE") {
		return "float"
	}
	return "int"
}

// pythonNumber is Python's str() of a JSON number: the digits unchanged for an
// int, the shortest repr for a float.
func pythonNumber(s string) string {
	if !strings.ContainsAny(s, ".eE") {
		if s == "-0" {
			return "0"
		}
		return s
	}
	f, _ := strconv.ParseFloat(s, 64) // out of range is an infinity, as in Python
	text := strconv.FormatFloat(f, 'e', -1, 64)
	_, exponent, found := strings.Cut(text, "e")
	if !found {
		return strings.ToLower(strings.Replace(text, "+", "", 1)) // inf
	}
	if n, _ := strconv.Atoi(exponent); n < -4 || n >= 16 {
		return text
	}
	if text = strconv.FormatFloat(f, 'f', -1, 64); !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// loneSurrogate returns the first escape in a JSON string that is half a
// character; Go reads it as U+FFFD.
func loneSurrogate(raw []byte) (r rune, found bool) {
	for i := 0; i+1 < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		i++
		first, ok := surrogate(raw[i:])
		if !ok {
			continue
		}
		i += 4
		second, ok := surrogate(raw[min(i+2, len(raw)):])
		if ok && first < 0xdc00 && second >= 0xdc00 && raw[i+1] == '\\' {
			i += 6
			continue
		}
		return first, true
	}
	return 0, false
}

// surrogate reads "uXXXX" if that is a surrogate.
func surrogate(b []byte) (rune, bool) {
	if len(b) < 5 || b[0] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[1:5]), 16, 16)
	return rune(n), err == nil && 0xd800 <= n && n < 0xe000
}
