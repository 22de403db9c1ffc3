package ratekey_test

import (
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/ratekey"
)

// FuzzKey checks that different texts are different keys, whose text forms
// differ and are one short word.
func FuzzKey(f *testing.F) {
	for _, pair := range [][2]string{
		{"", " "},
		{"a", "A"},
		{"a", "=a"},
		{"a b", "a\tb"},
		{"a b", "#yGh6CKpdbtIEQyj6aml6uOltw0KR6MIDSujDjm_MbWU"},
		{"{x}", "x"},
		{"\xff", "\ufffd"},
		{strings.Repeat("x", 64), strings.Repeat("x", 65)}, {"a", "a:b"}, {"unknown", "#"},
	} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := ratekey.OfOwn("login/min", a), ratekey.OfOwn("login/min", b)
		if (x == y) != (a == b) || (x.String() == y.String()) != (a == b) {
			t.Fatalf("%q is %s, %q is %s", a, x, b, y)
		}
		word, ok := strings.CutPrefix(x.String(), "login/min:key:")
		if !ok || len(word) > 65 || strings.ContainsFunc(word,
			func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"'*?[]{}\`, r) }) {
			t.Fatalf("%q is %q", a, x)
		}
	})
}
