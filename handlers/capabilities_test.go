package handlers_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/panics"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/policies"
)

func TestMountCapabilities(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	people.Create(t, db)
	s := sitetest.Serve(t, db, ginauth.AuthenticationClasses(policies.Basic(db)))
	with := func(class ginauth.Permission) *gin.RouterGroup {
		return s.Auth.With(s.Engine, ginauth.PermissionClasses(class))
	}
	with(policies.AllowAny).GET("/health", sitetest.Me)
	with(policies.IsAuthenticated).POST("/notes", sitetest.Me)
	with(policies.IsOwner("owner_id")).DELETE("/notes/:id", sitetest.Me)
	with(policies.IsAdminUser).GET("/reports", sitetest.Me)
	with(policies.IsAuthenticatedOrReadOnly).GET("/pages", sitetest.Me)
	broken := false
	with(policies.PermissionFunc("Sometimes", func(*gin.Context, *ginauth.Identity) (bool, error) {
		if broken {
			return false, errors.New("broken")
		}
		return true, nil
	})).GET("/sometimes", sitetest.Me)
	handlers.MountCapabilities(s.Auth, s.Engine, "/capabilities", map[string]string{
		"create": "POST /notes", "delete": "DELETE /notes/:id", "health": "GET /health", "pages": "GET /pages",
		"reports": "GET /reports", "sometimes": "GET /sometimes",
	})
	for _, row := range []struct {
		as   sitetest.As
		want string
	}{
		{sitetest.Anonymous, `{"create":"no","delete":"depends","health":"yes","pages":"yes","reports":"no","sometimes":"yes"}`},
		{sitetest.Basic("alice"), `{"create":"yes","delete":"depends","health":"yes","pages":"yes","reports":"no","sometimes":"yes"}`},
		{sitetest.Basic("staff"), `{"create":"yes","delete":"depends","health":"yes","pages":"yes","reports":"yes","sometimes":"yes"}`},
	} {
		if got := s.Get("/capabilities", row.as); got != "200 "+row.want {
			t.Errorf("%v: %s, want %s", row.as, got, row.want)
		}
	}
	if w := s.Get("/capabilities", sitetest.Password("alice", "wrong")); !strings.HasPrefix(w, "401 ") {
		t.Errorf("with a wrong password: %s", w)
	}
	broken = true
	if w := s.Get("/capabilities", sitetest.Anonymous); !strings.HasPrefix(w, "503 ") || strings.Contains(w, "broken") {
		t.Errorf("while a class fails: %s", w)
	}
}

func TestCapabilitiesOfMissingRoutes(t *testing.T) {
	engine := gin.New()
	_ = engine.SetTrustedProxies(nil)
	auth := ginauth.New(engine)
	handlers.MountCapabilities(auth, engine, "/capabilities", map[string]string{
		"fine": "GET /capabilities", "typo": "GET /capability", "method": "POST /capabilities"})
	findings := fmt.Sprint(auth.Check())
	for _, want := range []string{"typo: there is no guarded route GET /capability", "method: there is no guarded route POST /capabilities"} {
		if !strings.Contains(findings, want) {
			t.Errorf("findings: %s, want %q", findings, want)
		}
	}
	if strings.Contains(findings, "fine") {
		t.Errorf("findings: %s", findings)
	}
	for _, routes := range []map[string]string{nil, {"x": "/notes"}, {"x": "GET notes"}, {"x": ""}, {"": "GET /notes"}} {
		message := panics.Of(func() { handlers.MountCapabilities(auth, engine, "/more", routes) })
		if !strings.HasPrefix(message, "handlers: MountCapabilities") {
			t.Errorf("%v: panicked with %q", routes, message)
		}
	}
}
