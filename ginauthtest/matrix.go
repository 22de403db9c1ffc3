package ginauthtest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/ginauth/ginauth/ginauth"
)

// Role is a kind of client that a [Matrix] has a column for.
type Role struct {
	Name string
	User ginauth.User // nil: an anonymous client
	Auth any          // the credential that permissions see, such as one with scopes
}

// Guarded fails the test with each finding of [ginauth.Auth.Check]; a route
// without a guard is one. Call it when all routes are registered.
func Guarded(t testing.TB, auth *ginauth.Auth) {
	t.Helper()
	for _, finding := range auth.Check() {
		t.Error(finding)
	}
}

// Matrix returns a table of all routes and roles, for a golden file that shows
// in a review who may do more than before:
//
//	PATH        METHODS     anonymous  alice    staff
//	/notes      GET,POST    401        yes      yes
//	/notes/:id  DELETE      401        depends  yes
//
// A cell is the status of the refusal, "yes", or "depends" where rules about
// objects decide. The permission classes are asked as
// [ginauth.Auth.ExplainRoute] asks them; no handler runs. Methods of a path
// with equal cells share a line.
func Matrix(t testing.TB, auth *ginauth.Auth, roles ...Role) string {
	t.Helper()
	var rows []row
	for _, route := range auth.Routes() {
		if !strings.HasPrefix(route.Path, "/") {
			continue // the answer to unmatched requests is no route
		}
		cells := make([]string, len(roles))
		for i, role := range roles {
			cells[i] = cell(t, auth, route, role)
		}
		rows = append(rows, row{route.Path, route.Method, strings.Join(cells, "\t")})
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.cells, b.cells))
	})
	return table(rows, roles)
}

type row struct{ path, method, cells string }

func cell(t testing.TB, auth *ginauth.Auth, route ginauth.RouteInfo, role Role) string {
	t.Helper()
	if !route.Guarded {
		return "UNGUARDED"
	}
	var id *ginauth.Identity
	if role.User != nil {
		id = &ginauth.Identity{User: role.User, Auth: role.Auth}
	}
	x := auth.ExplainRoute(t.Context(), route.Method, route.Path, id)
	if x.Verdict == ginauth.Refused {
		return fmt.Sprint(x.Status)
	}
	return string(x.Verdict)
}

func table(rows []row, roles []Role) string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "PATH\tMETHODS")
	for _, role := range roles {
		fmt.Fprint(w, "\t"+role.Name)
	}
	fmt.Fprintln(w)
	for i := 0; i < len(rows); {
		first, methods := rows[i], []string{}
		for ; i < len(rows) && rows[i].path == first.path && rows[i].cells == first.cells; i++ {
			methods = append(methods, rows[i].method)
		}
		slices.Sort(methods)
		fmt.Fprintf(w, "%s\t%s\t%s\n", first.path, strings.Join(methods, ","), first.cells)
	}
	w.Flush() // writing to a strings.Builder does not fail
	return out.String()
}
