package replay

import (
	"regexp"
	"slices"
	"strings"
)

// A jar holds the cookies of one answer by name.
type jar map[string]cookie

type cookie struct {
	value   string
	deleted bool
}

// expired finds the attributes by which servers delete a cookie.
var expired = regexp.MustCompile(`(?i)max-age=0|max-age=-|expires=thu, 01[ -]jan[ -]1970`)

// newJar parses Set-Cookie lines. It takes names and values as they come, where
// [http.ParseSetCookie] drops a cookie it thinks malformed.
func newJar(lines []string) jar {
	cookies := make(jar)
	for _, line := range lines {
		pair, attributes, _ := strings.Cut(decodeLatin1(line), ";")
		name, value, _ := strings.Cut(pair, "=")
		cookies[strings.TrimSpace(name)] = cookie{
			value:   strings.Trim(strings.TrimSpace(value), `"`),
			deleted: expired.MatchString(attributes),
		}
	}
	return cookies
}

// live returns the values of the cookies that were not deleted.
func (j jar) live() map[string]string {
	values := make(map[string]string)
	for name, c := range j {
		if !c.deleted {
			values[name] = c.value
		}
	}
	return values
}

// String returns the names, sorted.
func (j jar) String() string {
	var names []string
	for name, c := range j {
		if c.deleted {
			name += " (deleted)"
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
