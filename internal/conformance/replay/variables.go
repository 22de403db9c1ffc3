package replay

import (
	"fmt"
	"regexp"
	"strings"
)

// variables are what the steps of a scenario have captured so far.
type variables map[string]string

var placeholder = regexp.MustCompile(`\{\{(\w+)\}\}`)

// fill replaces every {{name}} that has been captured.
func (v variables) fill(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		if value, ok := v[strings.Trim(found, "{}")]; ok {
			return value
		}
		return found
	})
}

// fillValue returns a copy of a JSON value with its strings filled, except for
// the keys of objects.
func (v variables) fillValue(value any) any {
	switch value := value.(type) {
	case string:
		return v.fill(value)
	case map[string]any:
		return v.fillObject(value)
	case []any:
		filled := make([]any, len(value))
		for i, element := range value {
			filled[i] = v.fillValue(element)
		}
		return filled
	default:
		return value
	}
}

// fillObject keeps nil apart from empty: no expectation apart from that of
// nothing.
func (v variables) fillObject(object map[string]any) map[string]any {
	if object == nil {
		return nil
	}
	filled := make(map[string]any, len(object))
	for key, value := range object {
		filled[key] = v.fillValue(value)
	}
	return filled
}

// capture takes what the rules of [Step].Capture name. What is missing becomes
// a text that no server accepts.
func (v variables) capture(rules map[string]string, got Response) {
	for name, where := range rules {
		value, ok := got.lookUp(where)
		if !ok {
			value = fmt.Sprintf("<%s not captured>", name)
		}
		v[name] = value
	}
}

func (r Response) lookUp(where string) (string, bool) {
	kind, rest, _ := strings.Cut(where, ".")
	switch kind {
	case "body":
		value := r.Body
		for part := range strings.SplitSeq(rest, ".") {
			object, _ := value.(map[string]any) // of anything else no part can be taken
			value = object[part]
		}
		text, ok := value.(string)
		return text, ok
	case "cookie":
		value, ok := r.Cookies[rest]
		return value, ok
	default:
		value, ok := r.Headers[strings.ToLower(rest)]
		return value, ok
	}
}
