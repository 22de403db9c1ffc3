package policies_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
)

// outspoken is a class of an application's own that has a message and a code,
// and may conceal.
type outspoken struct{ conceals bool }

func (outspoken) HasPermission(*gin.Context, *ginauth.Identity) (bool, error) { return false, nil }
func (outspoken) Message() any                                                { return "My own words." }
func (outspoken) Code() string                                                { return "my_own" }
func (p outspoken) Conceals() bool                                            { return p.conceals }

// The answers to refusals in these tests: a text for the status and DRF's body.
const (
	toLogin  = `401 {"detail":"Authentication credentials were not provided."}`
	drfs     = `403 {"detail":"You do not have permission to perform this action."}`
	denied   = `403 {"detail":"Ours."}`
	mine     = `403 {"detail":"My own words."}`
	notThere = `404 {"detail":"Not found."}`
	wrongVia = `405 {"detail":"Method \"GET\" not allowed."}`
)

// TestDeny is the matrix of what is answered to an anonymous request and to
// alice, who has no permission at all and owns nothing.
func TestDeny(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	if err := db.Use(models.Scopes{"read": {"core.view_core"}}); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, db)
	fails := func(name string, err error) ginauth.Permission {
		return policies.PermissionFunc(name, func(*gin.Context, *ginauth.Identity) (bool, error) { return false, err })
	}
	admin, owner, scope, no := policies.IsAdminUser, policies.IsOwner("owner_id"), policies.HasScope("read"), fails("no", nil)
	unreadable := policies.ObjectPermissions[core](db, policies.ObjectPermissionsConfig{ObjectOnly: true, Map: policies.ViewPermsMap()})
	deny := func(p ginauth.Permission) ginauth.Permission { return policies.Deny(p, "Ours.", "ours") }
	other := func(message any) ginauth.Permission { return policies.Deny(admin, message, "") }
	for _, row := range []struct {
		name             string
		permission       ginauth.Permission
		anonymous, alice string
	}{
		{name: "a variable", permission: deny(admin), anonymous: toLogin, alice: denied},
		{name: "a class with an argument", permission: deny(policies.InGroup("none")), anonymous: toLogin, alice: denied},
		{name: "a function", permission: deny(no), anonymous: toLogin, alice: denied},
		{name: "an application's class", permission: deny(outspoken{}), anonymous: toLogin, alice: denied},
		{name: "a rule about objects", permission: deny(owner), anonymous: toLogin, alice: denied},
		{name: "a scope", permission: deny(scope), anonymous: toLogin, alice: denied},
		{name: "an API key", permission: deny(policies.HasAPIKey(db)), anonymous: toLogin, alice: denied},
		{name: "a composition", permission: deny(policies.Any(admin, owner)), anonymous: toLogin, alice: denied},
		{name: "a negation", permission: deny(policies.Not(policies.AllowAny)), anonymous: toLogin, alice: denied},
		{name: "DRF's composition", permission: deny(drf.Any(admin, owner)), anonymous: toLogin, alice: denied},
		{name: "parts that speak", permission: deny(policies.Any(outspoken{}, admin)), anonymous: toLogin, alice: denied},
		{name: "another denial", permission: deny(other("Other.")), anonymous: toLogin, alice: denied},
		{name: "what lets pass", permission: deny(policies.ReadOnly), anonymous: "200 ", alice: "200 "},

		{name: "inside All", permission: policies.All(policies.AllowAny, deny(admin)), anonymous: toLogin, alice: denied},
		{name: "inside Any", permission: policies.Any(no, deny(owner)), anonymous: toLogin, alice: denied},
		{name: "inside Not", permission: policies.Not(policies.Not(deny(admin))), anonymous: toLogin, alice: drfs},
		{name: "inside DRF's All", permission: drf.All(policies.AllowAny, deny(admin)), anonymous: toLogin, alice: drfs},

		{name: "a dictionary", permission: other(map[string]string{"why": "staff"}), anonymous: toLogin, alice: `403 {"why":"staff"}`},
		{name: "a list", permission: other([]string{"a", "b"}), anonymous: toLogin, alice: `403 ["a","b"]`},
		{name: "an empty text", permission: other(""), anonymous: toLogin, alice: `403 {"detail":""}`},
		{name: "no message", permission: other(nil), anonymous: toLogin, alice: drfs},
		{name: "no message, its own", permission: policies.Deny(outspoken{}, nil, "x"), anonymous: toLogin, alice: mine},
		{name: "no message, the scope's", permission: policies.Deny(scope, nil, ""), anonymous: toLogin,
			alice: `403 {"detail":"This needs the scope read."}`},
		{name: "no message, a part's", permission: policies.Deny(policies.All(outspoken{}, admin), nil, ""), anonymous: toLogin, alice: mine},
		{name: "no message, not a part's", permission: policies.Deny(policies.All(outspoken{}, admin), nil, "x"),
			anonymous: toLogin, alice: drfs},

		{name: "around Conceal", permission: deny(policies.Conceal(admin)), anonymous: notThere, alice: notThere},
		{name: "around Conceal in Any", permission: deny(policies.Any(admin, policies.Conceal(owner))), anonymous: notThere, alice: notThere},
		{name: "around an application's concealment", permission: deny(outspoken{conceals: true}), anonymous: notThere, alice: notThere},
		{name: "around an unreadable object", permission: deny(unreadable), anonymous: toLogin, alice: notThere},
		{name: "inside Conceal", permission: policies.Conceal(deny(admin)), anonymous: notThere, alice: notThere},

		{name: "a refusal by an error", permission: deny(fails("405", ginauth.MethodNotAllowed("GET"))), anonymous: wrongVia, alice: wrongVia},
		{name: "a failure", permission: deny(fails("down", errDown)), anonymous: "503 ", alice: "503 "},
	} {
		path := "/" + strings.ReplaceAll(row.name, " ", "-")
		s.Auth.With(s.Engine, ginauth.AuthenticationClasses(policies.Token(db)), ginauth.PermissionClasses(row.permission),
			ginauth.ObjectsInHandler()).GET(path, checkOf(&core{ID: 1, OwnerID: 99}))
		for key, want := range map[string]string{"": row.anonymous, s.keys["alice"]: row.alice} {
			if got := answered(s.Engine, path, key); !strings.HasPrefix(got, want) {
				t.Errorf("%s, authenticated: %v: %s, want %s", row.name, key != "", got, want)
			}
		}
	}
}

// answered returns the status and the body of an answer.
func answered(h http.Handler, path, key string) string {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if key != "" {
		r.Header.Set("Authorization", "Token "+key)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return fmt.Sprintf("%d %s", w.Code, w.Body)
}

// everything is a class of an application's own with every ability.
type everything struct{ outspoken }

func (everything) HasObjectPermission(*gin.Context, *ginauth.Identity, any) (bool, error) {
	return false, nil
}
func (everything) Describe() ginauth.PermissionTraits {
	return ginauth.PermissionTraits{
		TokenScopes:  []string{"read"},
		RequiresUser: true,
		Ways:         func(string, bool) []ginauth.Alternative { return []ginauth.Alternative{{Conditional: true}} },
	}
}
func (everything) String() string { return "everything" }

// TestRewordedPermissionsKeepTheirAbilities, whether they are those of a class
// that has every one or of a class that has none.
func TestRewordedPermissionsKeepTheirAbilities(t *testing.T) {
	abilities := func(p ginauth.Permission) string {
		return fmt.Sprint("rule ", ginauth.HasObjectRule(p), ", scopes ", ginauth.TokenScopesOf(p),
			", user ", requiresUser(p), ", conceals ", p.(ginauth.Concealer).Conceals(),
			", parts ", len(traitsOf(p).Parts()), ", name ", ginauth.Name(p))
	}
	const (
		has = "rule true, scopes [read], user true"
		not = "rule false, scopes [], user false"
	)
	for _, row := range []struct {
		permission ginauth.Permission
		want       string
	}{
		{policies.Deny(everything{}, "No.", ""), has + ", conceals false, parts 1, name everything"},
		{policies.Conceal(everything{}), has + ", conceals true, parts 1, name Conceal(everything)"},
		{policies.Deny(policies.AllowAny, "No.", ""), not + ", conceals false, parts 1, name AllowAny"},
		{policies.Conceal(policies.AllowAny), not + ", conceals true, parts 1, name Conceal(AllowAny)"},
		{policies.Deny(policies.Conceal(policies.AllowAny), "", ""), not + ", conceals true, parts 1, name Conceal(AllowAny)"},
		{policies.Conceal(policies.Deny(policies.AllowAny, "", "")), not + ", conceals true, parts 1, name Conceal(AllowAny)"},
	} {
		if got := abilities(row.permission); got != row.want {
			t.Errorf("%s has %s, want %s", ginauth.Name(row.permission), got, row.want)
		}
	}
}
