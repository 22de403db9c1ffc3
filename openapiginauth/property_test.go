package openapiginauth_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models/apikey"
	"github.com/ginauth/ginauth/openapiginauth"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
	"github.com/ginauth/ginauth/policies/jwt"
)

// TestAnswersAreDeclared sends requests with and without credentials to every
// route of an application that combines the library's classes, and looks for
// each answer of the guard in the document. A request without credentials that
// the guard lets pass must be one that the security allows.
func TestAnswersAreDeclared(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		people.Create(t, db)
		if err := errors.Join(db.AutoMigrate(&note{}), db.Create(&note{ID: 1, OwnerID: 1}).Error); err != nil {
			t.Fatal(err)
		}
		seen := &refusals{}
		s := sitetest.Serve(t, db, ginauth.AuthenticationClasses(policies.Token(db)), ginauth.Observers(seen), ginauth.RefuseUncheckedObjects(false))
		mountCombinations(s.Auth, s.Engine, db)
		handlers.MountProbes(s.Auth, s.Engine, "/probe", db)
		handlers.MountObtainAuthToken(s.Auth, s.Engine, "/token", db)
		jwt.Mount(s.Auth, s.Engine, jwt.Endpoints{Pair: "/jwt/pair", Sliding: "/jwt/sliding"}, db, jwt.Config{Key: sitetest.JWTKey})

		var operations []string
		routes := slices.DeleteFunc(s.Auth.Describe(), func(route ginauth.Description) bool { return route.Method == http.MethodConnect })
		for _, route := range routes {
			operations = append(operations, route.Method+" "+route.Template)
		}
		spent, access := exhausted(t, db), s.JWT("alice")
		credentials := []string{"", "Token wrong", "Token " + s.TokenKey("alice"), "Basic !", "Bearer x.y.z", "Api-Key x.y", "Api-Key " + spent, "cookie"}
		doc := document(t, operations...)
		findings, err := openapiginauth.Apply(doc, s.Auth)
		if err != nil {
			t.Fatal(err)
		}
		for _, finding := range findings {
			if finding.Message != "the policy refuses every request, which security cannot say" {
				t.Error(finding)
			}
		}
		for i, route := range routes {
			name := operations[i]
			for _, authorization := range credentials {
				seen.statuses = nil
				op := doc.Paths.Value(route.Template).GetOperation(route.Method)
				r := httptest.NewRequest(route.Method, strings.ReplaceAll(route.Path, ":id", "1"), nil)
				switch {
				case authorization == "cookie":
					r.Header.Set("Cookie", "__Host-access="+access)
					r.Header.Set("Sec-Fetch-Site", "cross-site")
				case authorization != "":
					r.Header.Set("Authorization", authorization)
				}
				if key, ok := strings.CutPrefix(authorization, "Api-Key "); ok {
					r.Header.Set("X-Api-Key", key)
				}
				w := httptest.NewRecorder()
				s.ServeHTTP(w, r)
				for _, status := range seen.statuses {
					if op.Responses.Value(strconv.Itoa(status)) == nil {
						t.Errorf("%s with %q: %d, which is not declared; there are %s", name, authorization, status, statuses(op))
					}
				}
				// What a Not lets pass is unknown, and counts as what needs credentials.
				if inverted := strings.Contains(strings.Join(route.Permissions, " "), "Not("); authorization == "" && !inverted &&
					w.Code == http.StatusOK && !allowsAnonymous(security(t, op)) {
					t.Errorf("%s: passes without credentials, but the security is %s", name, security(t, op))
				}
			}
		}
	})
}

// exhausted returns an API key whose quota is spent.
func exhausted(t *testing.T, db *gorm.DB) string {
	t.Helper()
	row := &apikey.Key{Name: "spent", Quota: &apikey.Quota{Limit: 1}}
	key, err := apikey.Create(t.Context(), db, row)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := apikey.Of(db)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Spend(t.Context(), row); err != nil {
		t.Fatal(err)
	}
	return string(key)
}

// allowsAnonymous reports whether a request without credentials satisfies a
// security.
func allowsAnonymous(security string) bool {
	return security == "[]" || strings.Contains(security, "{}")
}

// mountCombinations mounts a route for each combination of authenticators,
// permissions.
func mountCombinations(auth *ginauth.Auth, r *gin.Engine, db *gorm.DB) {
	authenticators := []ginauth.Rule{
		ginauth.NoAuthentication(),
		ginauth.AuthenticationClasses(policies.Token(db)),
		ginauth.AuthenticationClasses(policies.Basic(db), policies.Token(db)),
		ginauth.AuthenticationClasses(policies.Session(db), policies.Token(db)),
		ginauth.AuthenticationClasses(policies.AccessToken(db), policies.Session(db)),
		ginauth.AuthenticationClasses(jwt.NewAuthenticator(db, jwt.Config{Key: sitetest.JWTKey})),
		ginauth.AuthenticationClasses(policies.OAuth2Token(db)),
		ginauth.AuthenticationClasses(policies.APIKey(db)),
		ginauth.AuthenticationClasses(policies.APIKey(db, "X-Api-Key")),
		ginauth.AuthenticationClasses(jwt.NewAuthenticator(db, jwt.Config{Key: sitetest.JWTKey,
			Cookies: &jwt.Cookies{CrossOrigin: http.NewCrossOriginProtection()}})),
	}
	owner, key := policies.IsOwner("owner_id"), policies.HasAPIKey(db)
	permissions := []ginauth.Permission{
		policies.AllowAny, policies.IsAuthenticated, policies.IsAdminUser, policies.ReadOnly, policies.IsAuthenticatedOrReadOnly,
		policies.InGroup("editors"), policies.HasScope("notes:read"), key, owner, policies.OwnerOrReadOnly("owner_id"),
		policies.Conceal(owner), policies.Conceal(policies.IsAdminUser), policies.Not(policies.IsAuthenticated),
		policies.Any(key, policies.IsAuthenticated), policies.All(key, policies.IsAdminUser),
		policies.Any(policies.IsAdminUser, policies.Conceal(owner)), policies.Deny(policies.IsAdminUser, "Staff.", "staff"),
		drf.Any(policies.ReadOnly, policies.IsAdminUser), drf.Not(policies.IsAdminUser),
		policies.ModelPermissions[note](db), policies.ModelPermissionsOrAnonReadOnly[note](db), policies.ObjectPermissions[note](db),
	}
	object := func(rules ...ginauth.Permission) ginauth.Rule {
		if slices.ContainsFunc(rules, ginauth.HasObjectRule) {
			return ginauth.Object(policies.Load[note](db, "id"))
		}
		return ginauth.NoObject()
	}
	for i, authentication := range authenticators {
		for j, permission := range permissions {
			g := auth.With(r, authentication, ginauth.PermissionClasses(permission), object(permission))
			path := fmt.Sprintf("/a%d/p%d/:id", i, j)
			g.GET(path, ok)
			g.POST(path, ok)
		}
	}
	for i, first := range permissions {
		for j, second := range permissions {
			if i != j && (i+j)%3 == 0 {
				g := auth.With(r, authenticators[(i+j)%len(authenticators)], ginauth.PermissionClasses(first, second), object(first, second),
					ginauth.ThrottleClasses(policies.AnonRate("1/day")))
				g.GET(fmt.Sprintf("/pairs/%d/%d/:id", i, j), ok)
			}
		}
	}
}
