package accesstoken

import (
	"fmt"
	"slices"

	"github.com/ginauth/ginauth/models"
)

// covers reports whether the scopes of wide include all those of narrow.
func covers(wide, narrow []string) bool {
	if slices.Contains(wide, models.AllScopes) {
		return true
	}
	return !slices.ContainsFunc(narrow, func(name string) bool { return !slices.Contains(wide, name) })
}

// checkScopes returns the scopes sorted and without duplicates. It refuses an
// empty list and undefined scopes. Its error is an [Error].
func checkScopes(s models.Scopes, names []string) ([]string, error) {
	const most = 50
	refused := func(message string) ([]string, error) { return nil, Error{"scopes", message} }
	if len(names) == 0 {
		return refused("This list may not be empty.")
	}
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	if len(names) > most {
		return refused(fmt.Sprintf("Ensure this field has no more than %d elements.", most))
	}
	for _, name := range names {
		if _, defined := s[name]; !defined && name != models.AllScopes {
			return refused(fmt.Sprintf("%q is not a valid choice.", name))
		}
	}
	return names, nil
}
