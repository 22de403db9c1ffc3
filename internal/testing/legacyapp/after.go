package legacyapp

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/jwt"
)

// Open returns the application as it was, behind a guard that is open: after
// step 2.
func Open(db *gorm.DB, oldSecret []byte) (*gin.Engine, *ginauth.Auth) {
	r := gin.New()
	_ = r.SetTrustedProxies(nil) // or your proxies: logins are counted by address
	auth := ginauth.New(r, ginauth.ErrorRenderer(render), ginauth.PermissionClasses(policies.AllowAny))
	register(r, legacyAuth{db, oldSecret})
	return r, auth
}

// After returns the application under policies. Until it is mended, the routes
// that were forgotten are open, as they were.
func After(db *gorm.DB, key jwt.Key, oldSecret []byte, mended bool) (*gin.Engine, *ginauth.Auth) {
	config := jwt.Config{
		Key:                    key, // a new one
		SlidingLifetime:        time.Hour,
		SlidingRefreshLifetime: 30 * 24 * time.Hour,
		Accept:                 []jwt.Type{jwt.Sliding},
	}
	r := gin.New()
	_ = r.SetTrustedProxies(nil)
	r.Use(jsonLogin)
	options := []ginauth.Option{
		ginauth.AuthenticationClasses(OldTokens(db, oldSecret), jwt.NewAuthenticator(db, config)),
		ginauth.ErrorRenderer(render),
		ginauth.PermissionClasses(policies.AllowAny), // as it was, until step 5
	}
	if mended {
		options[2] = ginauth.PermissionClasses(policies.HasRole("admin")) // of a route that no group contains
	}
	auth := ginauth.New(r, options...)
	add := func(r gin.IRouter, method, path string) {
		r.Handle(method, path, answer(method+" "+path, caller))
	}
	jwt.Mount(auth, r, jwt.Endpoints{Sliding: "/login", Extend: loginAnswer}, db, config)
	probes := ginauth.PermissionClasses(ginauth.Public("asked by the load balancer"))
	open := auth.With(r, ginauth.NoAuthentication(), probes)
	add(open, "GET", "/healthz")
	users := auth.With(r, ginauth.PermissionClasses(policies.IsAuthenticated))
	users.GET("/auth/refresh_token", refresh(jwt.NewIssuer(db, config)))
	api := users.Group("/api")
	orders(api, add)
	editors := auth.With(api, ginauth.PermissionClasses(policies.HasRole("admin", "editor")))
	catalog(editors, add)
	admins := auth.Group(r, "/admin", ginauth.PermissionClasses(policies.HasRole("admin")))
	admin(admins, add)
	if mended {
		auth.Route("GET", "/api/orders/:id/invoice", ginauth.PermissionClasses(policies.IsAuthenticated))
	}
	forgotten(r, add)
	return r, auth
}

func caller(c *gin.Context) string {
	user, _ := ginauth.UserAs[*Account](c)
	if user == nil {
		return ""
	}
	return user.Email
}

// jsonLogin reads the body of each login as JSON, whatever its Content-Type.
func jsonLogin(c *gin.Context) {
	if c.FullPath() == "/login" {
		c.Request.Header.Set("Content-Type", "application/json")
	}
}

// loginAnswer has the shape that the clients know.
func loginAnswer(_ *gin.Context, issued jwt.Issued) (any, error) {
	return gin.H{"code": http.StatusOK, "token": issued.Sliding, "expire": issued.ExpiresAt.Format(time.RFC3339)}, nil
}

// render writes refusals in that shape.
func render(c *gin.Context, e *ginauth.Error) {
	message, ok := e.Detail.(string)
	if !ok { // a token's refusal is an object with "detail"; a faulty body's has none
		var body struct{ Detail string }
		text, _ := json.Marshal(e.Detail)
		_ = json.Unmarshal(text, &body)
		message = cmp.Or(body.Detail, http.StatusText(e.Status))
	}
	ginauth.JSON(c, e.Status, gin.H{"code": e.Status, "message": message})
}

// refresh exchanges the token that authenticated the request.
func refresh(issuer *jwt.Issuer) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Header("Cache-Control", "no-store")
		var renewed string
		var err error
		if _, ours := ginauth.AuthAs[*jwt.Token](c); ours {
			_, token, _ := strings.Cut(c.GetHeader("Authorization"), " ")
			renewed, err = issuer.RefreshSliding(ginauth.Context(c), token)
		} else { // one of gin-jwt's
			user, _ := ginauth.UserAs[*Account](c)
			renewed, err = issuer.Sliding(ginauth.Context(c), user)
		}
		if err != nil {
			ginauth.Abort(c, err)
			return
		}
		expire := time.Now().Add(time.Hour).Format(time.RFC3339) // SlidingLifetime
		c.JSON(http.StatusOK, gin.H{"code": http.StatusOK, "token": renewed, "expire": expire})
	}
}
