package main

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// permissionContenders ask cached users for one permission. Each has many, by
// its group.
func permissionContenders(w *world) (all []contender, omitted []string) {
	var names []string
	for _, n := range []int{10, manyPermissions} {
		name := fmt.Sprintf("a cache by hand, casbin, %d policies", n)
		names = append(names, name)
		all = append(all, contender{name: name, build: func(w *world) (*site, error) {
			ask, err := byCasbin(w.SQLite, n)
			return byMiddleware(w.SQLite.credentials(tokenOf), handCache(w.SQLite), ask), err
		}})
	}
	databases, _ := w.databases()
	on := databases[0]
	return append(all, contender{
		name:   fmt.Sprintf("ginauth, token, HasPerm, %d permissions, cached, %s", manyPermissions, on.Name),
		beside: names,
		build: on.guarded(tokenOf, func(db *gorm.DB) []ginauth.Rule {
			return []ginauth.Rule{ginauth.AuthenticationClasses(cached(db)),
				ginauth.PermissionClasses(policies.HasPerm(fmt.Sprintf("auth.p%d", manyPermissions-1)))}
		}),
	}), nil
}

// byCasbin returns a middleware that asks casbin for the last of n policies, in
// the role of all users.
func byCasbin(s *stored, n int) (gin.HandlerFunc, error) {
	enforcer, err := enforcer(n)
	if err != nil {
		return nil, err
	}
	for _, a := range s.Accounts {
		if _, err := enforcer.AddGroupingPolicy(a.Name, "editors"); err != nil {
			return nil, err
		}
	}
	last := fmt.Sprintf("p%d", n-1)
	return func(c *gin.Context) {
		if ok, err := enforcer.Enforce(c.MustGet("user").(*models.User).Username, "auth", last); err != nil || !ok {
			c.AbortWithStatus(http.StatusForbidden)
		}
	}, nil
}
