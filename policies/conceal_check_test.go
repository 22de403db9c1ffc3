package policies_test

import (
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
)

// TestCheckFindsConcealedRoutes checks that Check finds permissions that
// conceal a route, whose existence shows all the same.
func TestCheckFindsConcealedRoutes(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	route, object := policies.Conceal(policies.IsAdminUser), policies.Conceal(policies.IsOwner("owner_id"))
	load := ginauth.Object(policies.Load[core](db, "id"))
	for _, row := range []struct {
		name       string
		permission ginauth.Permission
		object     ginauth.Rule // nil: not declared
		found      bool
	}{
		{"of a route", route, nil, true},
		{"of a route, no object", route, ginauth.NoObject(), true},
		{"in Any", policies.Any(policies.InGroup("editors"), route), nil, true},
		{"in Not in All", policies.All(policies.IsAuthenticated, policies.Not(route)), nil, true},
		{"in drf", drf.All(policies.IsAuthenticated, route), nil, true},
		{"twice", policies.Conceal(route), nil, true},
		{"of a route, an object", route, load, false},
		{"of a route, objects in the handler", route, ginauth.ObjectsInHandler(), false},
		{"of an object", object, load, false},
		{"of an object, objects in the handler", object, ginauth.ObjectsInHandler(), false},
		{"of an object, no object", object, ginauth.NoObject(), false},
		{"none", policies.Any(policies.IsAdminUser, policies.InGroup("editors")), nil, false},
	} {
		engine := gin.New()
		auth := ginauth.New(engine, ginauth.AuthenticationClasses(byName(db)))
		rules := []ginauth.Rule{ginauth.PermissionClasses(row.permission)}
		if row.object != nil {
			rules = append(rules, row.object)
		}
		auth.With(engine, rules...).GET("/x/:id", ok)
		findings := auth.Check()
		found := len(findings) == 1 && strings.Contains(findings[0].Message, "conceals objects, but the route has none")
		if found != row.found || len(findings) > 1 {
			t.Errorf("%s: %v", row.name, findings)
		}
	}
}
