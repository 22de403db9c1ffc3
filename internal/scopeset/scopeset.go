// Package scopeset compares and checks the scopes of credentials that may be
// limited to some.
package scopeset

import (
	"fmt"
	"slices"

	"github.com/ginauth/ginauth/models"
)

// Covers reports whether the scopes of wide include all those of narrow.
func Covers(wide, narrow []string) bool {
	if slices.Contains(wide, models.AllScopes) {
		return true
	}
	return !slices.ContainsFunc(narrow, func(name string) bool { return !slices.Contains(wide, name) })
}

// Check returns the scopes sorted and without duplicates, or what is wrong with
// them: an empty list, too many, or one that is not defined.
func Check(defined models.Scopes, names []string) (sorted []string, problem string) {
	const most = 50
	if len(names) == 0 {
		return nil, "This list may not be empty."
	}
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	if len(names) > most {
		return nil, fmt.Sprintf("Ensure this field has no more than %d elements.", most)
	}
	for _, name := range names {
		if _, ok := defined[name]; !ok && name != models.AllScopes {
			return nil, fmt.Sprintf("%q is not a valid choice.", name)
		}
	}
	return names, ""
}
