package cookies_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/ginauth/ginauth/internal/cookies"
)

// TestValues checks which cookies have a name, and what they hold.
func TestValues(t *testing.T) {
	for _, row := range []struct {
		name  string
		lines []string
		want  []string
	}{
		{"none", nil, nil},
		{"one", []string{"a=1"}, []string{"1"}},
		{"among others", []string{"b=2; a=1; c=3"}, []string{"1"}},
		{"two", []string{"a=1; a=2"}, []string{"1", "2"}},
		{"in two lines", []string{"a=1", "b=2; a=3"}, []string{"1", "3"}},
		{"an empty one", []string{"a="}, []string{""}},
		{"without a value", []string{"a"}, nil},
		{"quoted", []string{`a="1"; a="`}, []string{"1", `"`}},
		{"with blanks", []string{" a = 1 ;\ta=2"}, []string{"1", "2"}},
		{"an equals sign in the value", []string{"a=b=c; b=a=1"}, []string{"b=c"}},
		{"what net/http drops", []string{`b={"x":"y"}; a=é`}, []string{"é"}},
		{"another case", []string{"A=1"}, nil},
		{"a wide blank before the name", []string{"\u2000a=1; \u00a0a=2; \u0085a=3; \va=4; a\u3000=5"}, nil},
		{"a nameless one", []string{"=a=1"}, nil},
	} {
		r := &http.Request{Header: http.Header{"Cookie": row.lines}}
		if got := slices.Collect(cookies.Values(r, "a")); !slices.Equal(got, row.want) {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}
