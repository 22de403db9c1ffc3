package replay

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// An Expectation is a recorded answer. Its values may hold matchers, see
// [Expectation.Differences].
type Expectation struct {
	Status  int            `json:"status"`
	Headers map[string]any `json:"headers"` // nil: not compared
	Body    Body           `json:"body"`
}

// A Body is an expected body. The zero Body accepts any.
type Body struct {
	Compared bool
	Value    any // nil: there must be no body
}

var _ json.Unmarshaler = (*Body)(nil)

// UnmarshalJSON implements [json.Unmarshaler]. It sees null too, which sets a
// missing body apart from an empty one.
func (b *Body) UnmarshalJSON(text []byte) error {
	b.Compared = true
	return decode(text, &b.Value)
}

// An Alternative is a further accepted answer.
type Alternative struct {
	Expectation
	OnlyListed *bool `json:"only_listed"` // ignore headers that the alternative does not name; default: true
}

// Differences compares an answer with the expected one and returns a line for
// each difference.
//
// Comparison is exact in types: 1, 1.0 and true all differ, as do null and a
// missing key. An object with one of these keys, and no other, is a matcher:
//
//   - {"$any": true} accepts anything; a header that is to match it may also be
//     absent;
//   - {"$re": "..."} accepts strings that the regular expression matches as a
//     whole;
//   - {"$jwt": {"claims": {...}, "lifetime": seconds}} accepts a JWT signed by
//     HS256 with the reference server's key, with a jti, with at least these
//     claims, and, if there is a lifetime, an exp that far ahead.
func (e Expectation) Differences(got Response) []string {
	var out []string
	if e.Status != got.Status {
		out = append(out, fmt.Sprintf("status: want %d, got %d", e.Status, got.Status))
	}
	if e.Headers != nil {
		out = append(out, differentHeaders(e.Headers, got.Headers)...)
	}
	if e.Body.Compared {
		out = append(out, differ("body", e.Body.Value, got.Body)...)
	}
	return out
}

func differentHeaders(want map[string]any, got map[string]string) []string {
	wantLeft, gotLeft := maps.Clone(want), make(map[string]any, len(got))
	for name, value := range got {
		gotLeft[name] = value
	}
	for name, value := range want {
		if isAny(value) {
			delete(wantLeft, name)
			delete(gotLeft, name)
		}
	}
	return differObjects("headers", wantLeft, gotLeft)
}

// accepts reports whether the answer is the alternative.
func (a Alternative) accepts(got Response) bool {
	if a.OnlyListed == nil || *a.OnlyListed {
		got.Headers = maps.Clone(got.Headers)
		maps.DeleteFunc(got.Headers, func(name, _ string) bool {
			_, listed := a.Headers[name]
			return !listed
		})
	}
	return len(a.Differences(got)) == 0
}

// fill returns a copy with what has been captured in place of {{name}}.
func (e Expectation) fill(vars variables) Expectation {
	e.Headers = vars.fillObject(e.Headers)
	e.Body.Value = vars.fillValue(e.Body.Value)
	return e
}

// without returns a copy that lacks these headers.
func (e Expectation) without(headers []string) Expectation {
	e.Headers = maps.Clone(e.Headers)
	maps.DeleteFunc(e.Headers, func(name string, _ any) bool { return slices.Contains(headers, name) })
	return e
}

// without returns a copy that lacks these headers.
func (r Response) without(headers []string) Response {
	r.Headers = maps.Clone(r.Headers)
	maps.DeleteFunc(r.Headers, func(name, _ string) bool { return slices.Contains(headers, name) })
	return r
}
