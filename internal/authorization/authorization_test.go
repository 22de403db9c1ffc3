package authorization_test

import (
	"net/http"
	"testing"

	"github.com/ginauth/ginauth/internal/authorization"
)

func TestOf(t *testing.T) {
	for _, row := range []struct {
		lines []string
		want  authorization.Value
	}{
		{nil, authorization.Value{}},
		{[]string{""}, authorization.Value{}},
		{[]string{"Bearer"}, authorization.Value{Scheme: "Bearer"}},
		{[]string{" \t\v\f\r\nbearer\t k "}, authorization.Value{Scheme: "bearer", Word: "k"}},
		{[]string{"Bearer a b"}, authorization.Value{Scheme: "Bearer", Word: "a", More: true}},
		{[]string{"Bearer a", "Bearer b"}, authorization.Value{Scheme: "Bearer", Word: "a,Bearer", More: true}},
		{[]string{"", "Bearer b"}, authorization.Value{Scheme: ",Bearer", Word: "b"}},
		{[]string{"Bearer\u00a0k"}, authorization.Value{Scheme: "Bearer\u00a0k"}},
	} {
		if got := authorization.Of(http.Header{"Authorization": row.lines}); got != row.want {
			t.Errorf("%q: %+v, want %+v", row.lines, got, row.want)
		}
	}
}

func TestIs(t *testing.T) {
	for _, row := range []struct {
		scheme, name string
		want         bool
	}{
		{"Bearer", "Bearer", true},
		{"bearer", "Bearer", true},
		{"BEARER", "bEARER", true},
		{"Bearer,", "Bearer", false},
		{"Token", "Bearer", false},
		{"To\u212aen", "Token", false}, // a Kelvin sign
		{"Ba\u017fic", "Basic", false}, // a long s
		{"[earer", "{earer", false},
		{"", "", false},
	} {
		if got := (authorization.Value{Scheme: row.scheme}).Is(row.name); got != row.want {
			t.Errorf("%q of %q: %v", row.scheme, row.name, got)
		}
	}
}
