package jwt

import (
	"bytes"
	"encoding/json"
	"slices"
	"unicode/utf8"

	"github.com/ginauth/ginauth/internal/jsonobject"
)

// member is a member of a JSON object.
type member struct {
	name  []byte // unescaped
	value []byte // JSON
}

// members holds the members of a JSON object, in order. Names are compared
// exactly: encoding/json would accept "EXP" as the member "exp" of a struct.
type members []member

// membersOf reads a JSON object. ok is false for anything else, and for an
// object with two members of the same name, because another reader might choose
// the other one.
func membersOf(text []byte) (list members, ok bool) {
	text = bytes.Trim(text, " \t\r\n")
	if len(text) == 0 || text[0] != '{' || !utf8.Valid(text) || !json.Valid(text) {
		return nil, false
	}
	list = make(members, 0, 8)
	// names is used once there are many members: a header is read before its
	// signature is checked, and must not take quadratic time.
	var names map[string]bool
	for key, value := range jsonobject.Members(text) {
		name := key.Unescaped()
		if names == nil && len(list) == fewMembers {
			names = list.names()
		}
		if twice := names[string(name)] || names == nil && list.has(name); twice {
			return nil, false
		}
		if names != nil {
			names[string(name)] = true
		}
		list = append(list, member{name, value})
	}
	return list, true
}

// fewMembers is the number of names up to which they are compared one by one,
// which does not allocate.
const fewMembers = 32

func (m members) names() map[string]bool {
	names := make(map[string]bool, 4*len(m))
	for i := range m {
		names[string(m[i].name)] = true
	}
	return names
}

func (m members) has(name []byte) bool {
	return slices.ContainsFunc(m, func(other member) bool { return bytes.Equal(other.name, name) })
}

// get returns the value of a member.
func (m members) get(name string) (value []byte, ok bool) {
	for i := range m {
		if string(m[i].name) == name {
			return m[i].value, true
		}
	}
	return nil, false
}

// encode writes the object.
func (m members) encode() []byte {
	b := []byte{'{'}
	for i := range m {
		if i > 0 {
			b = append(b, ',')
		}
		name, _ := json.Marshal(string(m[i].name)) // a string always has a JSON form
		b = append(append(append(b, name...), ':'), m[i].value...)
	}
	return append(b, '}')
}

// textOf returns the text of a JSON string, and whether the value is one.
func textOf(value []byte) (text string, ok bool) {
	if len(value) == 0 || value[0] != '"' {
		return "", false
	}
	if bytes.IndexByte(value, '\\') < 0 {
		return string(value[1 : len(value)-1]), true
	}
	err := json.Unmarshal(value, &text)
	return text, err == nil
}

// textsOf returns the texts of a JSON string or of an array of strings, and
// whether the value is either.
func textsOf(value []byte) (texts []string, ok bool) {
	if text, ok := textOf(value); ok {
		return []string{text}, true
	}
	if len(value) == 0 || value[0] != '[' {
		return nil, false
	}
	var list []any
	if err := json.Unmarshal(value, &list); err != nil {
		return nil, false
	}
	for _, item := range list {
		text, ok := item.(string)
		if !ok {
			return nil, false
		}
		texts = append(texts, text)
	}
	return texts, true
}
