package ginauth

import (
	"cmp"
	"fmt"
	"slices"
)

// Finding is something that is wrong with the declarations, found by
// [Auth.Check].
type Finding struct {
	Method, Path string // the route, the first of several; empty if it is about no route
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
// causes it, or "" if none does.
type remark struct {
	Finding
	declared string
	once     bool // it is the same thing in every declaration
}

// cause is what makes one finding of several remarks.
type cause struct{ message, declared string }

func (r remark) cause() cause {
	if r.once {
		return cause{r.Message, ""}
	}
	return cause{r.Message, r.declared}
}

// findings makes one finding of all remarks of one text about one declaration,
// and sorts by path and method.
func findings(remarks []remark) (all []Finding) {
	slices.SortStableFunc(remarks, func(x, y remark) int {
		return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.Method, y.Method))
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

// declaredFor returns the finding with its declaration and how many routes it
// is about.
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
