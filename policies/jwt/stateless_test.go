package jwt_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/jwt"
)

func TestStatelessAuthenticator(t *testing.T) {
	engine := gin.New()
	auth := ginauth.New(engine, ginauth.AuthenticationClasses(jwt.NewStatelessAuthenticator(rotating())))
	engine.GET("/me", func(c *gin.Context) {
		user, _ := ginauth.UserAs[*jwt.TokenUser](c)
		c.String(http.StatusOK, "%s %s", user.Subject(), user.Username)
	})
	auth.With(engine, ginauth.PermissionClasses(policies.IsAdminUser)).GET("/staff", func(c *gin.Context) { c.Status(http.StatusOK) })
	for _, row := range []struct {
		change, body string
		me, staff    int
	}{
		{"x:1", "3 ", 200, 403},
		{`x:1,"is_staff":true,"username":"alice"`, "3 alice", 200, 200},
		{`x:1,"is_staff":"true"`, "3 ", 200, 403},
		{`x:1,"is_staff":1`, "3 ", 200, 403},
		{`user_id:"somebody else"`, "somebody else ", 200, 403},
		{"user_id", `{"detail":"Token contained no recognizable user identification","code":"token_not_valid"}`, 401, 401},
	} {
		token := signed(hs256, claims(row.change))
		if status, body := me(engine, token); status != row.me || body != row.body {
			t.Errorf("%s: %d %s", row.change, status, body)
		}
		r := httptest.NewRequest("GET", "/staff", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		engine.ServeHTTP(w, r)
		if w.Code != row.staff {
			t.Errorf("%s: /staff %d", row.change, w.Code)
		}
	}
}

func TestTokenClaims(t *testing.T) {
	engine := gin.New()
	ginauth.New(engine, ginauth.AuthenticationClasses(jwt.NewStatelessAuthenticator(rotating())))
	engine.GET("/me", func(c *gin.Context) {
		token, _ := ginauth.AuthAs[*jwt.Token](c)
		var own struct{ X []string }
		if err := token.Claims(&own); err != nil || len(own.X) != 2 || token.Type != jwt.Access || token.ExpiresAt.Unix() != 4102444800 {
			t.Errorf("%v %v %+v", own, err, token)
		}
		c.String(http.StatusOK, token.String())
	})
	if status, body := me(engine, signed(hs256, claims(`x:["a","b"]`))); status != 200 || body != "access token 0123456789abcdef" {
		t.Errorf("%d %s", status, body)
	}
}
