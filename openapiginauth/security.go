package openapiginauth

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/ginauth/ginauth/ginauth"
)

// scopesExtension lists, for tokens whose scopes OpenAPI 3.0 has no place for,
// what a limited token needs: one scope of each list.
const scopesExtension = "x-token-scopes"

// security writes what an operation asks of clients.
func (w *writer) security(op *operation) {
	for _, name := range op.route.Unknown {
		w.problem(op.method, op.path, "%s does not describe its credentials: "+
			"give it a method Describe (ginauth.AuthenticatorTraits)", name)
	}
	if len(op.route.Alternatives) == 0 {
		if len(op.route.Unknown) == 0 {
			w.problem(op.method, op.path, "the policy refuses every request, which security cannot say")
		}
		return // an empty list would say that the route is open
	}
	wanted := w.requirements(op.route)
	there := op.Security
	if there == nil || !equalRequirements(*there, wanted) {
		message := "the policy asks for the security " + text(wanted)
		if there != nil {
			message = "the security is " + text(*there) + ", the policy asks for " + text(wanted)
			w.problem(op.method, op.path, "%s", message)
		}
		write := func() { op.Security = &wanted }
		if there == nil {
			w.change(op.method, op.path, message, write)
		} else if !w.dry {
			write()
		}
	}
	w.scopes(op)
}

// requirements returns the alternatives of a route.
func (w *writer) requirements(route *ginauth.Description) openapi3.SecurityRequirements {
	all := openapi3.SecurityRequirements{}
	for _, alternative := range route.Alternatives {
		for _, scopes := range choices(route.TokenScopes) {
			requirement := openapi3.SecurityRequirement{}
			for _, credential := range alternative.Credentials {
				name := w.names[credential]
				if credential.Scoped && w.takesScopes(name) {
					requirement[name] = scopes
				} else if requirement[name] == nil {
					requirement[name] = []string{}
				}
			}
			same := func(r openapi3.SecurityRequirement) bool { return reflect.DeepEqual(r, requirement) }
			if !slices.ContainsFunc(all, same) {
				all = append(all, requirement)
			}
		}
	}
	if len(all) == 1 && len(all[0]) == 0 {
		return openapi3.SecurityRequirements{} // no credential is taken
	}
	return all
}

// choices returns the ways to have one scope of each list.
func choices(each [][]string) [][]string {
	all := [][]string{{}}
	for _, scopes := range each {
		var longer [][]string
		for _, chosen := range all {
			for _, scope := range scopes {
				with := append(slices.Clone(chosen), scope)
				slices.Sort(with)
				longer = append(longer, slices.Compact(with))
			}
		}
		all = longer
	}
	return all
}

// equalRequirements compares lists of alternatives, whose order says nothing.
func equalRequirements(x, y openapi3.SecurityRequirements) bool {
	sorted := func(all openapi3.SecurityRequirements) (texts []string) {
		for _, r := range all {
			texts = append(texts, text(r))
		}
		slices.Sort(texts)
		return texts
	}
	return slices.Equal(sorted(x), sorted(y))
}

// scopes writes the scopes that the security has no place for.
func (w *writer) scopes(op *operation) {
	var wanted [][]string
	for _, alternative := range op.route.Alternatives {
		for _, credential := range alternative.Credentials {
			if credential.Scoped && !w.takesScopes(w.names[credential]) {
				wanted = op.route.TokenScopes
			}
		}
	}
	there, declared := op.Extensions[scopesExtension]
	switch {
	case len(wanted) == 0 && declared:
		message := scopesExtension + " is " + text(there) + ", the policy has no scopes"
		w.change(op.method, op.path, message, func() { delete(op.Extensions, scopesExtension) })
	case len(wanted) > 0 && text(there) != text(wanted):
		w.change(op.method, op.path, "the policy asks tokens for one scope of each of "+text(wanted), func() {
			if op.Extensions == nil {
				op.Extensions = map[string]any{}
			}
			op.Extensions[scopesExtension] = wanted
		})
	}
}

// text returns a value as the document has it, on one line.
func text(value any) string {
	encoded, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return strings.ReplaceAll(string(encoded), "null", "[]")
}
