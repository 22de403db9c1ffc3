package handlers_test

import (
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/jwt"
)

// mounts returns every function that registers routes at a path for an
// application.
func mounts(db *gorm.DB, session *policies.SessionAuth) map[string]func(auth *ginauth.Auth, r gin.IRouter, path string) {
	config := jwt.Config{Key: sitetest.JWTKey}
	return map[string]func(auth *ginauth.Auth, r gin.IRouter, path string){
		"MountObtainAuthToken": func(auth *ginauth.Auth, r gin.IRouter, path string) {
			handlers.MountObtainAuthToken(auth, r, path, db)
		},
		"MountSession": func(auth *ginauth.Auth, r gin.IRouter, path string) {
			handlers.MountSession(auth, r, path, session)
		},
		"MountAccessTokens": func(auth *ginauth.Auth, r gin.IRouter, path string) {
			handlers.MountAccessTokens(auth, r, path, db)
		},
		"MountSessionList": func(auth *ginauth.Auth, r gin.IRouter, path string) {
			handlers.MountSessionList(auth, r, path, session)
		},
		"MountLogoutAll": func(auth *ginauth.Auth, r gin.IRouter, path string) {
			handlers.MountLogoutAll(auth, r, path, db)
		},
		"jwt.Mount": func(auth *ginauth.Auth, r gin.IRouter, path string) {
			jwt.Mount(auth, r, jwt.Endpoints{Pair: path, Refresh: path + "/refresh", Verify: path + "/verify"}, db, config)
		},
	}
}

func mountingSite(t *testing.T) map[string]func(auth *ginauth.Auth, r gin.IRouter, path string) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	people.Create(t, db)
	return mounts(db, policies.Session(db, policies.SessionConfig{InsecureCookie: true, RecordUse: true}))
}

// TestMountedRoutesShowTheCallersLine checks that mounted routes show the
// caller's line, as all others do.
func TestMountedRoutesShowTheCallersLine(t *testing.T) {
	for name, mount := range mountingSite(t) {
		engine := gin.New()
		none := func(*gin.Context) (*ginauth.Identity, error) { return nil, ginauth.ErrNoCredentials }
		auth := ginauth.New(engine, ginauth.AuthenticationClasses(policies.AuthenticatorFunc("None", none)))
		mount(auth, engine, "/mounted")
		for _, route := range auth.Routes() {
			if !strings.HasPrefix(route.Source, "handlers/mounts_test.go:") {
				t.Errorf("%s: %s %s is declared at %s", name, route.Method, route.Path, route.Source)
			}
		}
	}
}
