package accesstoken

import (
	"github.com/ginauth/ginauth/internal/scopeset"
)

// covers reports whether the scopes of wide include all those of narrow.
func covers(wide, narrow []string) bool { return scopeset.Covers(wide, narrow) }

// checkScopes returns the scopes sorted and without duplicates. It refuses an
// empty list and undefined scopes. Its error is an [Error].
func checkScopes(s scopeset.Set, names []string) ([]string, error) {
	sorted, problem := s.Check(names)
	if problem != "" {
		return nil, Error{"scopes", problem}
	}
	return sorted, nil
}
