package replay_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"testing"

	"github.com/ginauth/ginauth/internal/conformance/replay"
)

func TestNormaliseHeaders(t *testing.T) {
	for _, test := range []struct {
		name  string
		got   http.Header
		want  map[string]string
		empty bool // send no body
	}{
		{"not compared", http.Header{"Date": {"x"}, "X-Frame-Options": {"DENY"}}, nil, false},
		{"compared as they are", http.Header{"Www-Authenticate": {`Basic realm="API"`}, "X-Error-Code": {"a"},
			"Retry-After": {"59"}, "Location": {"/A"}},
			map[string]string{"www-authenticate": `Basic realm="API"`, "x-error-code": "a",
				"retry-after": "59", "location": "/A"}, false},
		{"repeated", http.Header{"Www-Authenticate": {"Token", "Basic"}},
			map[string]string{"www-authenticate": "Token, Basic"}, false},
		{"empty", http.Header{"Retry-After": {""}}, map[string]string{"retry-after": ""}, false},
		{"latin-1", http.Header{"X-Error-Code": {"\xa0\xff"}}, map[string]string{"x-error-code": "\u00a0\u00ff"}, false},
		{"allow is a set", http.Header{"Allow": {"put,get", " GET,, Put"}}, map[string]string{"allow": "GET, PUT"}, false},
		{"vary is a set", http.Header{"Vary": {"origin, ACCEPT-language", "Cookie,cookie"}},
			map[string]string{"vary": "Accept-Language, Cookie, Origin"}, false},
		{"vary in title case", http.Header{"Vary": {"x-csrfToken, x_y, x2y"}},
			map[string]string{"vary": "X-Csrftoken, X2Y, X_Y"}, false},
		{"content type", http.Header{"Content-Type": {"Application/JSON ; charset=utf-8"}},
			map[string]string{"content-type": "application/json"}, false},
		{"content type without body", http.Header{"Content-Type": {"application/json"}}, nil, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var body []byte
			if !test.empty {
				body = []byte("x")
			}
			got := replay.Normalise(200, test.got, body)
			if !maps.Equal(got.Headers, test.want) {
				t.Errorf("got %q, want %q", got.Headers, test.want)
			}
		})
	}
}

func TestNormaliseCookies(t *testing.T) {
	for _, test := range []struct {
		name   string
		lines  []string
		header string
		live   map[string]string
	}{
		{"sorted", []string{"s=1; Path=/", "c=2; Max-Age=60"}, "c, s", map[string]string{"c": "2", "s": "1"}},
		{"quoted and spaced", []string{` s = "a b" `}, "s", map[string]string{"s": "a b"}},
		{"no value", []string{"s"}, "s", map[string]string{"s": ""}},
		{"value holding =", []string{"s=a=b"}, "s", map[string]string{"s": "a=b"}},
		{"max-age 0", []string{"s=; MAX-AGE=0"}, "s (deleted)", nil},
		{"max-age -1", []string{"s=; Max-Age=-1"}, "s (deleted)", nil},
		{"epoch", []string{"s=; expires=Thu, 01 Jan 1970 00:00:00 GMT"}, "s (deleted)", nil},
		{"epoch with dashes", []string{"s=; Expires=Thu, 01-Jan-1970 00:00:00 GMT"}, "s (deleted)", nil},
		{"other expiry", []string{"s=1; Expires=Fri, 02 Jan 1970 00:00:00 GMT"}, "s", map[string]string{"s": "1"}},
		{"value is no attribute", []string{"s=max-age=0"}, "s", map[string]string{"s": "max-age=0"}},
		{"set, then deleted", []string{"s=1", "s=; Max-Age=0"}, "s (deleted)", nil},
		{"deleted, then set", []string{"s=; Max-Age=0", "s=1"}, "s", map[string]string{"s": "1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := replay.Normalise(200, http.Header{"Set-Cookie": test.lines}, nil)
			if got.Headers["set-cookie"] != test.header {
				t.Errorf("header: got %q, want %q", got.Headers["set-cookie"], test.header)
			}
			if !maps.Equal(got.Cookies, test.live) {
				t.Errorf("cookies: got %q, want %q", got.Cookies, test.live)
			}
		})
	}
	if _, found := replay.Normalise(200, nil, nil).Headers["set-cookie"]; found {
		t.Error("an answer without cookies has a set-cookie header")
	}
}

func TestNormaliseBody(t *testing.T) {
	for _, test := range []struct {
		name, contentType, body string
		want                    any
	}{
		{"none", "application/json", "", nil},
		{"json", "application/json", `{"a": 1.0}`, map[string]any{"a": json.Number("1.0")}},
		{"json with suffix", "application/problem+JSON", `[]`, []any{}},
		{"json null", "application/json", `null`, nil},
		{"two values", "application/json", `1 2`, "1 2"},
		{"no json", "application/json", `{`, "{"},
		{"byte order mark", "application/json", "\ufeff1", "\ufeff1"},
		{"text", "text/plain", `{"a": 1}`, `{"a": 1}`},
		{"untyped", "", `1`, "1"},
		{"invalid UTF-8", "text/plain", "a\xffb", "a\ufffdb"},
		{"invalid UTF-8 in json", "application/json", "\"a\xff\"", "a\ufffd"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := replay.Normalise(200, http.Header{"Content-Type": {test.contentType}}, []byte(test.body))
			if !reflect.DeepEqual(got.Body, test.want) {
				t.Errorf("got %#v, want %#v", got.Body, test.want)
			}
		})
	}
}
