package handlers

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/endpoint"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/policies"
)

// PoliciesConfig configures [MountPolicies].
type PoliciesConfig struct {
	// Roles are further columns of the matrix, such as a user of each group.
	Roles []PoliciesRole

	// Rules replace what the route inherits or declares itself, e.g.
	// ginauth.PermissionClasses(policies.InGroup("auditors")).
	Rules []ginauth.Rule
}

// PoliciesRole is a sample user in the matrix of [MountPolicies].
type PoliciesRole struct {
	Name string // the heading of the column

	// Identity loads the user, with the credential that permissions see, if
	// any. It is called for each page, so that the answers are current; keep
	// no user between calls. While it fails, the cells of the column say so.
	Identity func(ctx context.Context) (*ginauth.Identity, error)
}

// MountPolicies registers GET and HEAD path, a page for reviewers. It shows
//   - every route with its policy and the line that declared it, which routes
//     are open and why, and what [ginauth.Auth.Check] finds;
//   - a matrix of who may call each route: anonymous clients, users without
//     rights of their own, staff, superusers, and the roles of the config.
//
// A cell of the matrix is what [ginauth.Auth.ExplainRoute] answers: "yes", "no"
// with the status, or "depends", with what it depends on: the object or, for
// the kinds of users, what their groups, permissions and scopes are. A class of
// the application, or one about credentials such as [policies.HasFactor], may
// know users that no kind describes, so its refusal of a kind is "depends"
// too. No throttle is asked, and nothing is counted.
//
// The page is searched on the server and shows a hundred lines at a time. It
// has no scripts, loads nothing, and may not be cached. Of classes it shows the
// names, as the route table does, and no secret.
//
// It is for [policies.IsAdminUser], and inherits the authenticators and
// throttles of r. For browsers to show the page, one authenticator should be a
// session. MountPolicies panics as [ginauth.Auth.Group] does, if the path is
// empty, and if a role lacks its name or Identity, or two share a name.
func MountPolicies(auth *ginauth.Auth, r gin.IRouter, path string, config ...PoliciesConfig) {
	const constructor = "handlers: MountPolicies"
	given := wiring.Config(constructor, config)
	taken := map[string]bool{}
	for _, kind := range kinds {
		taken[kind.Name] = true
	}
	for _, role := range given.Roles {
		switch {
		case strings.TrimSpace(role.Name) == "" || taken[role.Name]:
			panic(constructor + ": Roles: the name " + strconv.Quote(role.Name) + " is empty or taken")
		case role.Identity == nil:
			panic(constructor + ": Roles: " + role.Name + " has no Identity; give a function that loads the user")
		}
		taken[role.Name] = true
	}
	own := auth.With(auth.With(r, ginauth.PermissionClasses(policies.IsAdminUser), ginauth.NoObject()), given.Rules...)
	endpoint.CheckPath(constructor, own, path, "/-/policies")
	page := policyPage{auth, slices.Clone(given.Roles)}
	own.GET(path, page.show)
	own.HEAD(path, page.show)
}

type policyPage struct {
	auth  *ginauth.Auth
	roles []PoliciesRole
}

//go:embed pages
var pageFiles embed.FS

var (
	policyTemplate = template.Must(
		template.New("policies.html").Funcs(policyFuncs).ParseFS(pageFiles, "pages/policies.html"))
	policyFuncs = template.FuncMap{"visible": visible, "pieces": pieces}
	policyStyle = func() string {
		style, err := pageFiles.ReadFile("pages/policies.css")
		if err != nil {
			panic(err)
		}
		return string(style)
	}()
	policyCSP = func() string {
		hash := sha256.Sum256([]byte(policyStyle))
		return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) +
			"'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
	}()
)

func (p policyPage) show(c *gin.Context) {
	view := p.view(c)
	var out bytes.Buffer
	if err := policyTemplate.Execute(&out, view); err != nil {
		ginauth.Abort(c, ginauth.ServerError(err))
		return
	}
	c.Header("Cache-Control", "no-store")
	c.Header("Content-Security-Policy", policyCSP)
	c.Header("Referrer-Policy", "no-referrer")
	c.Header("X-Content-Type-Options", "nosniff")
	c.Header("X-Robots-Tag", "noindex")
	c.Data(http.StatusOK, "text/html; charset=utf-8", out.Bytes())
}

// pieces returns the visible text in parts, between which a line may end.
func pieces(text string) []string {
	var all []string
	text = visible(text)
	for {
		end := strings.IndexAny(text, "/(, ") + 1
		if end == 0 || end == len(text) {
			return append(all, text)
		}
		all, text = append(all, text[:end]), text[end:]
	}
}

// visible writes out the characters that cannot be seen or that change the
// direction of others, so that what a reviewer reads is what there is.
func visible(text string) string {
	var out strings.Builder
	for _, char := range text {
		if strconv.IsPrint(char) {
			out.WriteRune(char)
		} else {
			fmt.Fprintf(&out, "\\u{%X}", char)
		}
	}
	return out.String()
}
