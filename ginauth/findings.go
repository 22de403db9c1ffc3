package ginauth

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Finding is a mistake in the declarations, found by [Auth.Check].
type Finding struct {
	Method, Path string // the route, or the first of several; empty if the finding is about no route
	Message      string
}

// String returns the finding as one line.
func (f Finding) String() string {
	if f.Path == "" {
		return f.Message
	}
	return f.Method + " " + f.Path + ": " + f.Message
}

// remark is a finding about one route, with the line of the declaration that
// causes it, or "".
type remark struct {
	Finding
	declared string
	once     bool // the same text about another declaration is the same finding
}

// cause identifies the remarks that become one finding.
type cause struct{ message, declared string }

func (r remark) cause() cause {
	if r.once {
		return cause{r.Message, ""}
	}
	return cause{r.Message, r.declared}
}

// findings returns one finding for all remarks with one cause, sorted by path
// and method. POST comes first, because it is what most endpoints serve that
// are registered for all methods, such as logins.
func findings(remarks []remark) (all []Finding) {
	position := func(f Finding) string { return strings.TrimPrefix(f.Method, http.MethodPost) }
	slices.SortStableFunc(remarks, func(x, y remark) int {
		return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(position(x.Finding), position(y.Finding)))
	})
	count := map[cause]int{}
	for _, r := range remarks {
		count[r.cause()]++
	}
	for _, r := range remarks {
		key := r.cause()
		switch n := count[key]; {
		case r.declared == "":
			all = append(all, r.Finding)
		case n > 0:
			all = append(all, r.declaredFor(n))
			count[key] = 0
		}
	}
	return all
}

// declaredFor returns the finding with its declaration and the number of its
// routes.
func (r remark) declaredFor(routes int) Finding {
	f := r.Finding
	switch routes {
	case 1:
		f.Message += " (declared at " + r.declared + ")"
	case 2:
		f.Message += " (declared at " + r.declared + ", also for another route)"
	default:
		f.Message += fmt.Sprintf(" (declared at %s, also for %d other routes)", r.declared, routes-1)
	}
	return f
}
