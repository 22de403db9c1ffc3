package ginauth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// limited is a credential with these scopes, or an unlimited one if it is nil.
type limited []string

func (l limited) Limited() bool             { return l != nil }
func (l limited) HasScope(name string) bool { return l == nil || slices.Contains(l, name) }

// asking lets every request pass, and names scopes.
type asking struct {
	permission
	scopes []string
}

func (a asking) Describe() ginauth.PermissionTraits {
	return ginauth.PermissionTraits{TokenScopes: a.scopes}
}

// alicesCredential authenticates every request as alice.
type alicesCredential struct{ auth *any }

func (a alicesCredential) Authenticate(*gin.Context) (*ginauth.Identity, error) {
	return &ginauth.Identity{User: &person{"alice"}, Auth: *a.auth}, nil
}

func TestLimitedCredentials(t *testing.T) {
	var credential any
	engine := gin.New()
	auth := ginauth.New(engine, ginauth.AuthenticationClasses(alicesCredential{&credential}))
	named := func(path string, classes ...ginauth.Permission) {
		auth.With(engine, ginauth.PermissionClasses(classes[0], classes[1:]...)).GET(path, ok)
	}
	named("/member", member)
	named("/anyone", anyone)
	named("/read", member, asking{anyone, []string{"read"}})
	named("/either", asking{anyone, []string{"read", "write"}})
	named("/two", asking{anyone, []string{"read"}}, asking{anyone, []string{"write"}})
	named("/denied", nobody, asking{anyone, []string{"read"}})
	const insufficient = `403 {"detail":"The token does not have the scope that this needs."}`
	for _, row := range []struct {
		credential any
		path       string
		want       string
	}{
		{nil, "/member", "200 reached /member"},
		{"another kind", "/read", "200 reached /read"},
		{limited(nil), "/member", "200 reached /member"},
		{limited(nil), "/read", "200 reached /read"},
		{limited{}, "/read", insufficient},
		{limited{"read"}, "/member", insufficient},
		{limited{"read"}, "/anyone", insufficient},
		{limited{"read"}, "/read", "200 reached /read"},
		{limited{"read"}, "/either", "200 reached /either"},
		{limited{"write"}, "/either", "200 reached /either"},
		{limited{"other"}, "/either", insufficient},
		{limited{"write"}, "/read", insufficient},
		{limited{"write"}, "/two", insufficient}, // each class that names scopes requires one of them
		{limited{"read"}, "/two", insufficient},
		{limited{"read", "write"}, "/two", "200 reached /two"},
		{limited{"read"}, "/denied", "403 " + denied},
		{limited{"other"}, "/denied", insufficient},
	} {
		credential = row.credential
		w := do(engine, http.MethodGet, row.path, "")
		if got := fmt.Sprint(w.Code, " ", w.Body); got != row.want {
			t.Errorf("%v on %s: %s, want %s", row.credential, row.path, got, row.want)
		}
		id := &ginauth.Identity{User: &person{"alice"}, Auth: row.credential}
		if x := auth.Explain(httptest.NewRequest(http.MethodGet, row.path, nil), id); (x.Verdict == ginauth.Allowed) != (w.Code == http.StatusOK) {
			t.Errorf("%v on %s: answered %d, explained as %s", row.credential, row.path, w.Code, x)
		}
	}
}
