// Package legacyapp is an application of 30 routes with users of its own, three
// times: as it was, behind middleware in the way of gin-jwt; with that
// middleware behind an open guard; and under policies. The handlers are the
// same. docs/from-gin-jwt.md shows the second and the third.
package legacyapp

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// answer returns a handler that says which route ran, and for whom.
func answer(name string, caller func(c *gin.Context) string) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.JSON(http.StatusOK, gin.H{"code": http.StatusOK, "handler": name, "user": caller(c)})
	}
}

// registrar registers one route.
type registrar func(r gin.IRouter, method, path string)

// orders registers what every user may do.
func orders(r gin.IRouter, add registrar) {
	add(r, "GET", "/me")
	add(r, "PUT", "/me")
	add(r, "GET", "/orders")
	add(r, "POST", "/orders")
	add(r, "GET", "/orders/:id")
	add(r, "PUT", "/orders/:id")
	add(r, "DELETE", "/orders/:id")
	add(r, "GET", "/customers")
	add(r, "POST", "/customers")
	add(r, "GET", "/customers/:id")
	add(r, "PUT", "/customers/:id")
	add(r, "GET", "/products")
	add(r, "GET", "/products/:id")
	add(r, "GET", "/reports")
}

// catalog registers what editors may do.
func catalog(r gin.IRouter, add registrar) {
	add(r, "POST", "/products")
	add(r, "PUT", "/products/:id")
	add(r, "DELETE", "/products/:id")
}

// admin registers what administrators may do.
func admin(r gin.IRouter, add registrar) {
	add(r, "GET", "/users")
	add(r, "POST", "/users")
	add(r, "GET", "/users/:id")
	add(r, "DELETE", "/users/:id")
	add(r, "PUT", "/users/:id/role")
	add(r, "GET", "/audit")
}

// forgotten registers routes that were written in a hurry, outside of the group
// that has the middleware.
func forgotten(r gin.IRouter, add registrar) {
	add(r, "GET", "/api/orders/:id/invoice")
	add(r, "POST", "/api/import")
	add(r, "GET", "/export/users.csv")
	add(r, "GET", "/debug/config")
}
