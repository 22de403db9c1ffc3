package ginauthtest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

var (
	alice = &models.User{ID: 1, Username: "alice", IsActive: true}
	staff = &models.User{ID: 2, Username: "staff", IsActive: true, IsStaff: true}
	roles = []Role{{Name: "anonymous"}, {Name: "alice", User: alice}, {Name: "staff", User: staff}}
)

// application returns an engine with routes for staff, behind middleware.
func application(middleware ...gin.HandlerFunc) (*gin.Engine, *ginauth.Auth) {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.Use(middleware...)
	auth := ginauth.New(engine, ginauth.AuthenticationClasses(policies.AuthenticatorFunc("None",
		func(*gin.Context) (*ginauth.Identity, error) { return nil, ginauth.ErrNoCredentials })),
		ginauth.PermissionClasses(policies.Any(policies.IsAdminUser, policies.ReadOnly)))
	engine.Match([]string{"GET", "POST"}, "/notes", ok)
	engine.DELETE("/notes/:id", ok)
	engine.POST("/files/*path", ok)
	return engine, auth
}

func ok(c *gin.Context) { c.Status(http.StatusNoContent) }

// TestContradictions checks that the variants find holes, and nothing in an
// application without any.
func TestContradictions(t *testing.T) {
	for name, row := range map[string]struct {
		middleware gin.HandlerFunc
		want       string // a part of what is found; "" if nothing should be
	}{
		"sound": {func(*gin.Context) {}, ""},
		"method override": {func(c *gin.Context) {
			if m := c.GetHeader("X-HTTP-Method-Override"); m != "" {
				c.Request.Method = m
			}
		}, "X-HTTP-Method-Override: GET"},
		"answers before the guard": {func(c *gin.Context) {
			if strings.HasSuffix(c.Request.URL.Path, ".json") {
				c.AbortWithStatus(http.StatusOK)
			}
		}, `.json"`},
		"trusts a header": {func(c *gin.Context) {
			if c.GetHeader("X-Forwarded-User") == "admin" {
				c.AbortWithStatus(http.StatusAccepted)
			}
		}, "X-Forwarded-User: admin"},
	} {
		t.Run(name, func(t *testing.T) {
			engine, auth := application(row.middleware)
			var found []string
			for _, route := range auth.Routes() {
				for _, v := range variants(route.Method, route.Path) {
					for _, role := range roles {
						if text := contradiction(t.Context(), engine, auth, role, v); text != "" {
							found = append(found, text)
						}
					}
				}
			}
			if text := strings.Join(found, "\n"); !strings.Contains(text, row.want) || (row.want == "") != (text == "") {
				t.Errorf("found %s\nwant %q", text, row.want)
			}
		})
	}
}
