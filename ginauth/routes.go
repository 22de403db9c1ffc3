package ginauth

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
)

// RouteInfo is one route of the engine with the policy in force on it.
type RouteInfo struct {
	Method, Path string
	Handler      string // the name of the last handler, as Gin prints it
	Guarded      bool   // false: no policy is enforced, and the route is open

	Authentication, Permissions, Throttles []string // the [Name] of each class
	ThrottleScope                          string   // see the rule of that name; "" if the route has none
	Object                                 string   // the loader, "in handler" or "none"; "" if nothing is declared
	Source                                 string   // the line that declared the policy: dir/file.go:line

	Open   bool   // unguarded, or every request passes the permissions, as far as they say so; see [PermissionTraits]
	Reason string // why it is open, if [Public] says so
}

// noRoute stands for the path of requests that match no route.
const noRoute = "(no route)"

// RouteTable is the result of [Auth.Routes]. It prints as a table for people,
// suitable for a golden file.
type RouteTable []RouteInfo

// Routes returns every route of the engine, sorted by path and method, with the
// policy in force. If the application answers unmatched requests, they are
// listed with the method "*" and the path "(no route)". Routes calls no handler
// of the application.
func (a *Auth) Routes() RouteTable {
	var table RouteTable
	chains, err := a.registered()
	if err != nil { // a finding of Check; here no route is claimed to be guarded
		for _, r := range a.engine.Routes() {
			table = append(table, RouteInfo{Method: r.Method, Path: r.Path, Handler: r.Handler, Open: true})
		}
	}
	for _, r := range chains {
		info := RouteInfo{Method: r.method, Path: r.path, Handler: handlerName(r.chain.Last()), Open: true}
		if b := a.effective(r); b != nil {
			b.describe(&info)
		}
		table = append(table, info)
	}
	if b := a.unmatchedBinding(); b != nil {
		info := RouteInfo{Method: "*", Path: noRoute}
		b.describe(&info)
		table = append(table, info)
	}
	slices.SortFunc(table, func(x, y RouteInfo) int {
		return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.Method, y.Method))
	})
	return table
}

// effective returns the binding that guards a route, with its annotation, or
// nil.
func (a *Auth) effective(r registered) *binding {
	if r.group == nil {
		return nil
	}
	return a.annotated.override(r.group, r.routeID)
}

func (b *binding) describe(info *RouteInfo) {
	info.Guarded = true
	info.Authentication = names(b.policy.authenticators)
	info.Permissions = names(b.policy.permissions)
	info.Throttles = names(b.policy.throttles)
	info.ThrottleScope = b.policy.throttleScope
	info.Object = b.policy.objects.String()
	info.Source = b.source.String()
	info.Open, info.Reason = b.policy.openTo(info.Method)
}

// String returns the table, aligned. Methods of a path with the same policy
// share a line.
func (t RouteTable) String() string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PATH\tMETHODS\tAUTHENTICATION\tPERMISSIONS\tOBJECT\tTHROTTLES\tDECLARED")
	for i := 0; i < len(t); {
		first, methods := t[i], []string{}
		for ; i < len(t) && t[i].Path == first.Path && t[i].policy() == first.policy(); i++ {
			methods = append(methods, t[i].Method)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", first.Path, strings.Join(methods, ","), first.policy())
	}
	w.Flush() // writing to a strings.Builder does not fail
	return out.String()
}

// policy returns the columns of the table that describe the policy.
func (r RouteInfo) policy() string {
	if !r.Guarded {
		return "UNGUARDED\t\t\t\t"
	}
	throttles := joined(r.Throttles)
	if r.ThrottleScope != "" {
		throttles += " (scope " + r.ThrottleScope + ")"
	}
	object := cmp.Or(r.Object, "-")
	return strings.Join([]string{joined(r.Authentication), joined(r.Permissions), object, throttles, r.Source}, "\t")
}

func joined(names []string) string {
	if len(names) == 0 {
		return "-"
	}
	return strings.Join(names, ", ")
}
