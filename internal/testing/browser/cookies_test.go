package browser_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/jwt"
)

// TestCookies runs cookies.test.mjs against the page of docs/browsers.md, whose
// tokens are in cookies, over HTTPS. Two other servers stand for other origins:
// one is the same site to the browser, the other is another site. A path of a
// third lets ten minutes pass.
func TestCookies(t *testing.T) {
	chromium := need(t)
	db := dbtest.Open(t, dbtest.SQLite(t))
	var clock atomic.Int64
	later := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { clock.Add(int64(10 * time.Minute)) }))
	defer later.Close()
	site := secure(t, cookieSite(t, db, func() time.Time { return time.Now().Add(time.Duration(clock.Load())) }))
	evil := secure(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!DOCTYPE html><title>evil</title>")
	}))
	runScript(t, "cookies.test.mjs", "SITE="+site, "PASSWORD="+people.Password("alice"), "CHROMIUM="+chromium, "LATER="+later.URL,
		"SIBLING="+evil, "EVIL="+strings.Replace(evil, "127.0.0.1", "localhost", 1))
}

// secure serves an application over HTTPS, with a certificate that the browser
// is told to accept.
func secure(t *testing.T, h http.Handler) (url string) {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // connections that the browser gives up
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// cookieSite returns the application of docs/browsers.md. At /tokens it has the
// same with CSRF tokens.
func cookieSite(t *testing.T, db *gorm.DB, now func() time.Time) http.Handler {
	t.Helper()
	asked := jwt.Config{
		Key: sitetest.JWTKey, RotateRefreshTokens: true, BlacklistAfterRotation: true, RefreshGrace: 10 * time.Second, Now: now,
		Cookies: &jwt.Cookies{CrossOrigin: http.NewCrossOriginProtection()},
	}
	checked := asked
	checked.Cookies = &jwt.Cookies{AccessName: "__Host-access2", RefreshName: "__Host-refresh2"}
	people.Create(t, db)
	s := sitetest.Serve(t, db, ginauth.AuthenticationClasses(jwt.NewAuthenticator(db, asked)))
	me := func(c *gin.Context) {
		user, _ := ginauth.UserAs[*models.User](c)
		c.JSON(http.StatusOK, gin.H{"username": user.Username})
	}
	index := document(t)
	open := s.Auth.With(s.Engine, ginauth.NoAuthentication(), ginauth.PermissionClasses(ginauth.Public("the page with the login")))
	open.GET("/", func(c *gin.Context) { c.Data(http.StatusOK, "text/html; charset=utf-8", index) })
	s.Engine.GET("/me", me)
	s.Engine.POST("/me", me)
	jwt.Mount(s.Auth, s.Engine, jwt.Endpoints{Pair: "/auth/login", Refresh: "/auth/refresh", Blacklist: "/auth/logout"}, db, asked)
	tokens := s.Auth.Group(s.Engine, "/tokens", ginauth.AuthenticationClasses(jwt.NewAuthenticator(db, checked)))
	tokens.POST("/me", me)
	jwt.Mount(s.Auth, tokens, jwt.Endpoints{Pair: "/login", Refresh: "/refresh", Blacklist: "/logout", CSRF: "/csrf"}, db, checked)
	return s
}

// document returns the page that docs/browsers.md shows.
func document(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile("../../../docs/browsers.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "```html\n")
	page, _, closed := strings.Cut(rest, "```\n")
	if !found || !closed {
		t.Fatal("docs/browsers.md has no page")
	}
	return []byte(page)
}
