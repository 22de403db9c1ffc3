package recipes

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

type ginKey struct{}

// mountGuarded serves what is below a prefix by another router, such as chi's
// or a http.ServeMux, under one policy.
func mountGuarded(auth *ginauth.Auth, r gin.IRouter, prefix string, other http.Handler, rules ...ginauth.Rule) {
	auth.With(r, rules...).Any(prefix+"/*below", func(c *gin.Context) {
		request := c.Request.WithContext(context.WithValue(c.Request.Context(), ginKey{}, c))
		other.ServeHTTP(c.Writer, request)
	})
}

// ginOf returns what ginauth.UserAs, CheckObject, Can and policies.Filter take,
// in a handler of the other router. It panics outside of mountGuarded, and must
// not be kept beyond the request.
func ginOf(r *http.Request) *gin.Context { return r.Context().Value(ginKey{}).(*gin.Context) }
