package policies

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
)

func TestCredentials(t *testing.T) {
	for _, row := range []struct {
		lines []string
		word  string
		words int
		ok    bool
	}{
		{nil, "", 0, false},
		{[]string{""}, "", 0, false},
		{[]string{"Token"}, "", 0, true},
		{[]string{"Token "}, "", 0, true},
		{[]string{"Token k"}, "k", 1, true},
		{[]string{" \tTOKEN \v\f\r\n k "}, "k", 1, true},
		{[]string{"Token k x"}, "k", 2, true},
		{[]string{"Token k x y"}, "k", 2, true},
		{[]string{"Tokens k"}, "", 0, false},
		{[]string{"Token,k"}, "", 0, false},
		{[]string{"To\u212aen k"}, "", 0, false}, // Kelvin sign: Unicode folding must not apply
		{[]string{"Token\u00a0k"}, "", 0, false}, // no-break space is no white space here
		{[]string{"Token k\u0085x"}, "k\u0085x", 1, true},
		{[]string{"Token k\x1cx"}, "k\x1cx", 1, true},
		{[]string{"Token k", "Token x"}, "k,Token", 2, true}, // joined with a comma
		{[]string{"", "Token k"}, "", 0, false},
	} {
		word, words, ok := credentials(contextWith(row.lines), "Token")
		if word != row.word || words != row.words || ok != row.ok {
			t.Errorf("%q: got %q %d %v, want %q %d %v", row.lines, word, words, ok, row.word, row.words, row.ok)
		}
	}
}

func contextWith(lines []string) *gin.Context {
	return &gin.Context{Request: &http.Request{Header: http.Header{"Authorization": lines}}}
}

// FuzzCredentials holds the parser against Python's bytes.split and
// bytes.lower.
func FuzzCredentials(f *testing.F) {
	for _, seed := range []string{"", "Token", "token k", "Token \x00k", "Token k\xff", "Token  a  b ", strings.Repeat("Token ", 1000)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		want := strings.FieldsFunc(header, func(r rune) bool { return strings.ContainsRune(" \t\n\r\v\f", r) })
		word, words, ok := credentials(contextWith([]string{header}), "Token")
		if wantOK := len(want) > 0 && len(want[0]) == 5 && strings.EqualFold(want[0], "token") && isASCII(want[0]); ok != wantOK {
			t.Fatalf("ok is %v", ok)
		}
		if !ok {
			return
		}
		if words != min(len(want)-1, 2) || words > 0 && word != want[1] {
			t.Fatalf("got %q %d, want %q", word, words, want)
		}
	})
}

func isASCII(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r > 0x7f }) }

// The vectors were made with base64.b64decode of Python 3.14; hex is null where
// it raises.
func TestDecodeBase64AsPythonDoes(t *testing.T) {
	data, err := os.ReadFile("testdata/base64.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		In  string
		Hex *string
	}
	if err := json.Unmarshal(data, &vectors); err != nil || len(vectors) < 300 {
		t.Fatal(len(vectors), err)
	}
	for _, v := range vectors {
		got, ok := decodeBase64(v.In)
		if ok != (v.Hex != nil) || ok && hex.EncodeToString(got) != *v.Hex {
			t.Errorf("%q: got %x %v", v.In, got, ok)
		}
	}
}

func FuzzUserPass(f *testing.F) {
	for _, seed := range []string{"", "=", "YWxpY2U6cHc=", "////", "YQ", "6Q==", "Og==", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, encoded string) {
		name, password, ok := userPass(encoded, false)
		if strings.Contains(name, ":") || !ok && password != "" {
			t.Fatalf("%q: name %q, password %q, ok %v", encoded, name, password, ok)
		}
	})
}
