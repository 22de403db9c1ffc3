package policies_test

import (
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
)

// secretive is a class of an application that refuses every object and conceals
// it, if it is true.
type secretive bool

func (secretive) HasPermission(*gin.Context, *ginauth.Identity) (bool, error) { return true, nil }

func (secretive) HasObjectPermission(*gin.Context, *ginauth.Identity, any) (bool, error) {
	return false, nil
}

func (s secretive) Conceals() bool { return bool(s) }

// deciding is a class of an application that conceals by the class that it says
// has refused.
type deciding struct{ secretive }

func (deciding) Conceals() bool { return false }

func (deciding) Decide(q ginauth.Question) (ginauth.Permission, error) {
	if q.Object == nil {
		return nil, nil
	}
	return secretive(true), nil
}

// TestARowThatIsConcealedIsLikeAMissingOne compares status, headers and body of
// both, for everything that may conceal.
func TestARowThatIsConcealedIsLikeAMissingOne(t *testing.T) {
	owner := policies.IsOwner("shelf")
	for _, row := range []struct {
		permission ginauth.Permission
		want       int // of the row that is there
		alike      bool
	}{
		{policies.Conceal(owner), 404, true},
		{policies.All(policies.AllowAny, policies.Conceal(owner)), 404, true},
		{drf.All(policies.AllowAny, policies.Conceal(owner)), 404, true},
		{secretive(true), 404, true},
		{policies.All(policies.AllowAny, secretive(true)), 404, true},
		{policies.Any(owner, secretive(true)), 404, true},
		{drf.Any(owner, secretive(true)), 404, true},
		{policies.Deny(secretive(true), "No.", "no"), 404, true},
		{policies.Conceal(secretive(false)), 404, true},
		{deciding{}, 404, true},
		{policies.All(policies.AllowAny, deciding{}), 404, true},
		{secretive(false), 403, false},
		{policies.Deny(owner, "No.", "no"), 403, false},
		{policies.Any(owner, secretive(false)), 403, false},
	} {
		db := dbtest.Open(t, dbtest.SQLite(t))
		library(t, db)
		engine := gin.New()
		auth := ginauth.New(engine, ginauth.PermissionClasses(row.permission), ginauth.Logger(slog.New(slog.DiscardHandler)))
		auth.With(engine, ginauth.Object(policies.Load[Book](db, "id"))).GET("/:id", ok)
		answer := func(path string) *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			engine.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
			return w
		}
		there := answer("/1")
		for _, path := range []string{"/9", "/9223372036854775808", "/abc", "/3"} {
			missing := answer(path)
			alike := there.Code == missing.Code && there.Body.String() == missing.Body.String() &&
				maps.EqualFunc(there.Header(), missing.Header(), slices.Equal[[]string])
			if there.Code != row.want || missing.Code != http.StatusNotFound || alike != row.alike {
				t.Errorf("%s: %d %s, and for %s %d %s", ginauth.Name(row.permission), there.Code, there.Body, path, missing.Code, missing.Body)
			}
		}
	}
}
