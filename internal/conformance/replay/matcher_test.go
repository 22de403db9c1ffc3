package replay_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/conformance/replay"
)

func TestMatchers(t *testing.T) {
	for _, test := range []struct{ name, want, got, difference string }{
		{"any", `{"$any": true}`, `{"a": [1]}`, ""},
		{"any must be there", `{"a": {"$any": true}}`, `{}`, `body.a: missing, want {"$any":true}`},
		{"any beside a key is no matcher", `{"$any": true, "a": 1}`, `{"a": 1}`, "body.$any: missing, want true"},
		{"unknown", `{"$all": true}`, `1`, `body: want {"$all":true}, got 1`},

		{"re", `{"$re": "[0-9a-f]{4}"}`, `"00ff"`, ""},
		{"re, prefix only", `{"$re": "[0-9a-f]{4}"}`, `"00fff"`, `body: want /[0-9a-f]{4}/, got "00fff"`},
		{"re, suffix only", `{"$re": "[0-9a-f]{4}"}`, `"f00ff"`, `body: want /[0-9a-f]{4}/, got "f00ff"`},
		{"re, whole alternation", `{"$re": "58|59"}`, `"159"`, `body: want /58|59/, got "159"`},
		{"re, longer branch", `{"$re": "a|ab"}`, `"ab"`, ""},
		{"re, end of line", `{"$re": "a"}`, `"a\n"`, `body: want /a/, got "a\n"`},
		{"re, dot and line", `{"$re": "a.b"}`, `"a\nb"`, `body: want /a.b/, got "a\nb"`},
		{"re, dot as anything", `{"$re": "JSON parse error - (?s:.+)"}`, `"JSON parse error - a\nb"`, ""},
		{"re, number", `{"$re": "1"}`, `1`, "body: want /1/, got 1"},
		{"re, null", `{"$re": ".*"}`, `null`, "body: want /.*/, got null"},
		{"re, no string", `{"$re": 1}`, `"1"`, "body: $re is not a string"},

		{"jwt, no object", `{"$jwt": 1}`, `"a"`, "body: $jwt is not an object"},
		{"jwt, claims", `{"$jwt": {"claims": 1}}`, `"a"`, "body: $jwt: claims is not an object"},
		{"jwt, lifetime", `{"$jwt": {"lifetime": "1"}}`, `"a"`, "body: $jwt: lifetime is not a number"},
		{"jwt, number", `{"$jwt": {}}`, `1`, "body: JWT: not a string"},
	} {
		t.Run(test.name, func(t *testing.T) {
			differences := expectation(t, `{"status": 200, "body": `+test.want+`}`).Differences(answer(test.got))
			if test.difference == "" {
				wantLines(t, differences)
			} else {
				wantLines(t, differences, test.difference)
			}
		})
	}
}

func TestUnsupportedExpression(t *testing.T) {
	got := expectation(t, `{"status": 200, "body": {"$re": "(?<!a)b"}}`).Differences(answer(`"b"`))
	if len(got) != 1 || !strings.HasPrefix(got[0], "body: error parsing regexp") {
		t.Errorf("got %q, want the error of regexp.Compile", got)
	}
}

func TestHeaderMatchers(t *testing.T) {
	e := expectation(t, `{"status": 429, "headers": {"retry-after": {"$re": "58|59"}, "location": {"$any": true}}}`)
	for _, test := range []struct {
		name       string
		header     http.Header
		difference []string
	}{
		{"any present", http.Header{"Retry-After": {"59"}, "Location": {"/x"}}, nil},
		{"any absent", http.Header{"Retry-After": {"59"}}, nil},
		{"re", http.Header{"Retry-After": {"60"}}, []string{`headers.retry-after: want /58|59/, got "60"`}},
		{"re absent", http.Header{}, []string{`headers.retry-after: missing, want {"$re":"58|59"}`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			wantLines(t, e.Differences(replay.Normalise(429, test.header, nil)), test.difference...)
		})
	}
}
