package jsonobject_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/ginauth/ginauth/internal/jsonobject"
)

// FuzzGet checks that Get finds the same value of a member as encoding/json.
func FuzzGet(f *testing.F) {
	for _, seed := range []string{
		`{}`, ` { } `, `{"a":1}`, `{"a":1,"a":2}`, `{"a" : {"a":2} , "b":[{"a":3}]}`, `{"\u0061":1}`, `{"":0}`, `{"\"":"}"}`, `{"\\":"\\"}`,
		`{"\ud83d\ude00":1,"\ud800":2}`, "\n{\"a\":\t\"x\\\"}\",\r\"b\":-1e5}\n", `{"A":1,"a":null}`, `[{"a":1}]`, `"a"`, `{"K":1,"k":2}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var want map[string]json.RawMessage
		if !utf8.Valid(text) || json.Unmarshal(text, &want) != nil || want == nil {
			return
		}
		if !jsonobject.IsObject(text) {
			t.Fatalf("%q is an object", text)
		}
		names := map[string]bool{}
		for name := range jsonobject.Members(text) {
			names[string(name.Unescaped())] = true
		}
		if len(names) != len(want) {
			t.Fatalf("%q: %v", text, names)
		}
		for name, value := range want {
			if got, ok := jsonobject.Get(text, name); !ok || !bytes.Equal(got, value) {
				t.Fatalf("%q, %q: %q, want %q", text, name, got, value)
			}
		}
		if _, ok := jsonobject.Get(text, "not there"); ok && want["not there"] == nil {
			t.Fatalf("%q", text)
		}
	})
}

func TestOtherValuesAreNoObjects(t *testing.T) {
	for _, text := range []string{``, ` `, `[]`, `"{"`, `null`, `0`, `[{}]`} {
		if jsonobject.IsObject([]byte(text)) {
			t.Errorf("%q is taken for an object", text)
		}
	}
}
