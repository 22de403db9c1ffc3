package replay_test

import (
	"net/http"
	"testing"

	"github.com/ginauth/ginauth/internal/conformance/replay"
)

func TestBodyDifferences(t *testing.T) {
	for _, test := range []struct{ name, want, got, difference string }{
		{"null", `null`, `null`, ""},
		{"null and false", `null`, `false`, "body: want null, got false"},
		{"booleans", `true`, `false`, "body: want true, got false"},
		{"strings", `"a"`, `"A"`, `body: want "a", got "A"`},
		{"string and number", `"1"`, `1`, `body: want "1", got 1`},
		{"escapes mean nothing", `"é"`, `"\u00e9"`, ""},
		{"markup is shown as it is", `"<&>"`, `1`, `body: want "<&>", got 1`},

		{"integers", `1`, `2`, "body: want 1, got 2"},
		{"minus zero", `0`, `-0`, ""},
		{"integer and float", `1`, `1.0`, "body: want 1, got 1.0"},
		{"float and integer", `1.0`, `1`, "body: want 1.0, got 1"},
		{"integer and exponent", `100`, `1e2`, "body: want 100, got 1e2"},
		{"integer and boolean", `1`, `true`, "body: want 1, got true"},
		{"floats by value", `1.50`, `15e-1`, ""},
		{"floats", `1.5`, `1.25`, "body: want 1.5, got 1.25"},
		{"floats out of range", `1e999`, `2e999`, ""},
		{"integers beyond float64", `9007199254740993`, `9007199254740992`,
			"body: want 9007199254740993, got 9007199254740992"},

		{"objects in any order", `{"a": 1, "b": 2}`, `{"b": 2, "a": 1}`, ""},
		{"missing key", `{"a": 1}`, `{}`, "body.a: missing, want 1"},
		{"missing key is not null", `{"a": null}`, `{}`, "body.a: missing, want null"},
		{"unexpected key", `{}`, `{"a": 1}`, "body.a: unexpected 1"},
		{"nested", `{"a": [{"b": 1}]}`, `{"a": [{"b": 2}]}`, "body.a[0].b: want 1, got 2"},
		{"arrays in order", `[1, 2]`, `[2, 2]`, "body[0]: want 1, got 2"},
		{"array lengths", `[1]`, `[1, 2]`, "body: want [1], got [1,2]"},
		{"object and array", `{}`, `[]`, "body: want {}, got []"},
		{"array and scalar", `[]`, `null`, "body: want [], got null"},
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

func TestLongValuesAreCut(t *testing.T) {
	long := make([]byte, 300)
	for i := range long {
		long[i] = 'x'
	}
	got := expectation(t, `{"status": 200, "body": 1}`).Differences(answer(`"` + string(long) + `"`))
	wantLines(t, got, `body: want 1, got "`+string(long[:199])+"...")
}

func TestStatusAndPresence(t *testing.T) {
	allow := http.Header{"Allow": {"GET"}}
	for _, test := range []struct {
		name, want  string
		got         replay.Response
		differences []string
	}{
		{"same status", `{"status": 200}`, answer(`{}`), nil},
		{"other status", `{"status": 201}`, answer(`{}`), []string{"status: want 201, got 200"}},
		{"headers not recorded", `{"status": 204}`, replay.Normalise(204, allow, nil), nil},
		{"no headers recorded", `{"status": 204, "headers": {}}`, replay.Normalise(204, allow, nil),
			[]string{`headers.allow: unexpected "GET"`}},
		{"other header", `{"status": 204, "headers": {"allow": "PUT"}}`, replay.Normalise(204, allow, nil),
			[]string{`headers.allow: want "PUT", got "GET"`}},
		{"missing header", `{"status": 204, "headers": {"vary": "Cookie"}}`, replay.Normalise(204, nil, nil),
			[]string{`headers.vary: missing, want "Cookie"`}},
		{"body not recorded", `{"status": 200}`, answer(`{"a": 1}`), nil},
		{"empty body recorded", `{"status": 200, "body": null}`, answer(`{"a": 1}`),
			[]string{`body: want null, got {"a":1}`}},
		{"empty body", `{"status": 200, "body": null}`, answer(``), nil},
		{"everything wrong", `{"status": 204, "headers": {"allow": "PUT"}, "body": 1}`,
			replay.Normalise(200, allow, []byte("x")),
			[]string{"status: want 204, got 200", `headers.allow: want "PUT", got "GET"`, `body: want 1, got "x"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			wantLines(t, expectation(t, test.want).Differences(test.got), test.differences...)
		})
	}
}
