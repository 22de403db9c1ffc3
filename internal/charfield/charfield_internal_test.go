package charfield

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ginauth/ginauth/internal/python"
	"github.com/ginauth/ginauth/internal/requestdata"
)

// TestPythonNumber compares with the output of Python's str(json.loads(...)),
// in the second column.
func TestPythonNumber(t *testing.T) {
	for _, row := range []struct{ in, want string }{
		{"0", "0"},
		{"-0", "0"},
		{"-0.0", "-0.0"},
		{"0.0", "0.0"},
		{"1", "1"},
		{"12345678901234567890123", "12345678901234567890123"},
		{"1.0", "1.0"},
		{"1e5", "100000.0"},
		{"1E5", "100000.0"},
		{"1e15", "1000000000000000.0"},
		{"1e16", "1e+16"},
		{"1e17", "1e+17"},
		{"123456789012345678.0", "1.2345678901234568e+17"},
		{"1e-4", "0.0001"},
		{"1e-5", "1e-05"},
		{"0.0001", "0.0001"},
		{"0.00001", "1e-05"},
		{"1.5", "1.5"},
		{"1e400", "inf"},
		{"-1e400", "-inf"},
		{"1e22", "1e+22"},
		{"2.5e-10", "2.5e-10"},
		{"9007199254740993.0", "9007199254740992.0"},
		{"5e-324", "5e-324"},
		{"1.7976931348623157e308", "1.7976931348623157e+308"},
		{"1E+2", "100.0"},
		{"0.1", "0.1"},
		{"1e100", "1e+100"},
		{"-1.50", "-1.5"},
		{"-2.3e+30", "-2.3e+30"},
	} {
		if got := pythonNumber(row.in); got != row.want {
			t.Errorf("%s: got %s, want %s", row.in, got, row.want)
		}
	}
}

func TestLoneSurrogate(t *testing.T) {
	for _, row := range []struct {
		in   string
		want rune
		lone bool
	}{
		{`""`, 0, false}, {`"a\u0041"`, 0, false}, {`"\ud83d\ude00"`, 0, false}, {`"\uD83D\uDE00x\ud83d\ude00"`, 0, false},
		{`"\ud800"`, 0xd800, true}, {`"\udc00"`, 0xdc00, true}, {`"\udc00\ud800"`, 0xdc00, true}, {`"\ud800\ud800\udc00"`, 0xd800, true},
		{`"\ud800x\udc00"`, 0xd800, true}, {`"\\ud800"`, 0, false}, {`"\\\ud800"`, 0xd800, true}, {`"\ud800\\udc00"`, 0xd800, true},
		{`"\ud83d\ude00\udfff"`, 0xdfff, true}, {`"\ud800\n"`, 0xd800, true},
	} {
		if got, lone := loneSurrogate([]byte(row.in)); got != row.want || lone != row.lone {
			t.Errorf("%s: got %x %v, want %x %v", row.in, got, lone, row.want, row.lone)
		}
	}
}

func TestPythonSpace(t *testing.T) {
	for _, r := range "\t\n\v\f\r\x1c\x1d\x1e\x1f \u0085\u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000" {
		if !python.IsSpace(r) {
			t.Errorf("%U is white space in Python", r)
		}
	}
	for _, r := range "\x00\x1b\u200b\u180e\ufeff" {
		if python.IsSpace(r) {
			t.Errorf("%U is no white space in Python", r)
		}
	}
}

// FuzzCharField checks that no JSON text makes the fields panic, and that a
// database can store the text that they return.
func FuzzCharField(f *testing.F) {
	for _, seed := range []string{`{}`, `{"username":" a "}`, `{"username":"\ud800"}`, `{"username":1e5}`, `[]`, `null`, `"x"`, `{"username":null}`, ` {"username":"\u0000"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if !json.Valid(body) || !utf8.Valid(body) {
			return
		}
		fields, refusal := FieldsOf(requestdata.Data{JSON: body})
		if refusal != "" {
			return
		}
		text, message := fields.Text("username", true)
		if message == "" && (text == "" || !utf8.ValidString(text) || strings.ContainsRune(text, 0)) {
			t.Fatalf("%s: %q", body, text)
		}
	})
}
