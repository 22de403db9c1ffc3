package openapiginauth

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/ginauth/ginauth/ginauth"
)

// nameSchemes declares a security scheme for each kind of credential that an
// operation of the document accepts. Kinds of one name whose schemes differ get
// a number, in an order that does not depend on the routes'.
func (w *writer) nameSchemes(operations []*operation) {
	credentials := map[ginauth.Credential]bool{}
	for _, op := range operations {
		if op.route == nil {
			continue
		}
		for _, alternative := range op.route.Alternatives {
			for _, credential := range alternative.Credentials {
				credentials[credential] = true
			}
		}
	}
	w.names = make(map[ginauth.Credential]string, len(credentials))
	w.schemes = openapi3.SecuritySchemes{}
	if w.doc.Components != nil {
		maps.Copy(w.schemes, w.doc.Components.SecuritySchemes)
	}
	used, same := map[string]int{}, map[string]string{}
	for _, credential := range slices.SortedFunc(maps.Keys(credentials), func(x, y ginauth.Credential) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(fmt.Sprint(x), fmt.Sprint(y)))
	}) {
		name := cmp.Or(notInKeys.ReplaceAllString(credential.Name, "_"), "Credential")
		scheme := schemeOf(credential)
		kind := name + canonical(scheme)
		if same[kind] == "" {
			if used[name]++; used[name] > 1 {
				name = fmt.Sprint(name, used[name])
			}
			same[kind] = name
			w.declareScheme(name, scheme)
		}
		w.names[credential] = same[kind]
	}
}

// notInKeys are the characters that names of components do not have.
var notInKeys = regexp.MustCompile(`[^a-zA-Z0-9._-]`)

// declareScheme adds a security scheme, or reports that the document declares
// another one by its name.
func (w *writer) declareScheme(name string, scheme *openapi3.SecurityScheme) {
	if there := w.schemes[name]; there != nil && there.Value != nil {
		if !compatible(there.Value, scheme) {
			w.problem("", "", "components.securitySchemes.%s is %s, the policies say %s; rename it or correct it",
				name, describeScheme(there.Value), describeScheme(scheme))
		}
		return
	}
	ref := &openapi3.SecuritySchemeRef{Value: scheme}
	w.schemes[name] = ref
	w.change("", "", "components.securitySchemes."+name+" is missing: "+describeScheme(scheme), func() {
		if w.doc.Components.SecuritySchemes == nil {
			w.doc.Components.SecuritySchemes = openapi3.SecuritySchemes{}
		}
		w.doc.Components.SecuritySchemes[name] = ref
	})
}

// schemeOf returns what OpenAPI can say of a credential. The type http is for
// the schemes that tools know; of the others, such as DRF's Token, the client
// writes the whole header.
func schemeOf(c ginauth.Credential) *openapi3.SecurityScheme {
	bearer := strings.EqualFold(c.Scheme, "Bearer")
	switch {
	case c.Cookie != "":
		return &openapi3.SecurityScheme{Type: "apiKey", In: "cookie", Name: c.Cookie, Description: c.Note}
	case c.Issuer != "" && bearer:
		return &openapi3.SecurityScheme{Type: "openIdConnect", Description: c.Note,
			OpenIdConnectUrl: strings.TrimSuffix(c.Issuer, "/") + "/.well-known/openid-configuration"}
	case bearer, strings.EqualFold(c.Scheme, "Basic"):
		scheme := &openapi3.SecurityScheme{Type: "http", Scheme: strings.ToLower(c.Scheme), Description: c.Note}
		if bearer {
			scheme.BearerFormat = c.Format
		}
		return scheme
	}
	note := c.Note
	if c.Scheme != "" {
		note = strings.TrimSuffix(fmt.Sprintf("The value begins with the word %q and a space. %s", c.Scheme, note), " ")
	}
	return &openapi3.SecurityScheme{Type: "apiKey", In: "header", Name: c.Header, Description: note}
}

// compatible reports whether a scheme of the document can stand for that of the
// policies: it says the same or, of a credential in the header Authorization,
// something else that describes this header too.
func compatible(there, ours *openapi3.SecurityScheme) bool {
	if there.Type == ours.Type && !strings.EqualFold(there.Type, "http") {
		return there.In == ours.In && there.OpenIdConnectUrl == ours.OpenIdConnectUrl &&
			(there.Name == ours.Name || ours.In == "header" && strings.EqualFold(there.Name, ours.Name))
	}
	kind := func(s *openapi3.SecurityScheme) string {
		switch {
		case s.Type == "http":
			return strings.ToLower(s.Scheme)
		case s.Type == "oauth2", s.Type == "openIdConnect":
			return "bearer"
		case s.Type == "apiKey" && s.In == "header" && strings.EqualFold(s.Name, "Authorization"):
			return "any"
		}
		return ""
	}
	x, y := kind(there), kind(ours)
	return x != "" && y != "" && (x == y || x == "any")
}

func describeScheme(s *openapi3.SecurityScheme) string {
	words := []string{s.Type, s.Scheme, s.In, s.Name, s.OpenIdConnectUrl}
	return strings.Join(slices.DeleteFunc(words, func(word string) bool { return word == "" }), " ")
}

// takesScopes reports whether a requirement may list scopes of a scheme: OpenAPI
// 3.0 has a place for them with two types only.
func (w *writer) takesScopes(name string) bool {
	if w.doc.IsOpenAPI31OrLater() {
		return true
	}
	scheme := w.schemes[name]
	if scheme == nil || scheme.Value == nil {
		return false
	}
	return scheme.Value.Type == "oauth2" || scheme.Value.Type == "openIdConnect"
}
