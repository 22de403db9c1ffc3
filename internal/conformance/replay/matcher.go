package replay

import (
	"fmt"
	"regexp"
	"time"
)

// A matcher returns what is wrong with a value, or "".
type matcher func(got any) string

// matcherOf returns the matcher that an expected value stands for, if it is
// one.
func matcherOf(want any) (matcher, bool) {
	object, ok := want.(map[string]any)
	if !ok || len(object) != 1 {
		return nil, false
	}
	for key, rule := range object {
		switch key {
		case "$any":
			return func(any) string { return "" }, true
		case "$re":
			return func(got any) string { return regexpProblem(rule, got) }, true
		case "$jwt":
			return func(got any) string { return tokenProblem(rule, got) }, true
		}
	}
	return nil, false
}

func isAny(want any) bool {
	object, ok := want.(map[string]any)
	return ok && len(object) == 1 && object["$any"] == true
}

// regexpProblem matches the whole string. The corpus was recorded with Python's
// expressions and keeps to what means the same in Go's.
func regexpProblem(rule, got any) string {
	pattern, ok := rule.(string)
	if !ok {
		return "$re is not a string"
	}
	whole, err := regexp.Compile(`\A(?:` + pattern + `)\z`)
	if err != nil {
		return err.Error()
	}
	if text, ok := got.(string); !ok || !whole.MatchString(text) {
		return fmt.Sprintf("want /%s/, got %s", pattern, short(got))
	}
	return ""
}

func tokenProblem(rule, got any) string {
	token, err := newTokenRule(rule)
	if err != nil {
		return err.Error()
	}
	text, ok := got.(string)
	if !ok {
		return "JWT: not a string"
	}
	if err := token.check(text, time.Now()); err != nil {
		return "JWT: " + err.Error()
	}
	return ""
}
