// Package sitetest serves an application to tests, and sends requests to it.
//
//	s := sitetest.New(t, db, ginauth.AuthenticationClasses(policies.Basic(db)))
//	s.Engine.GET("/me", sitetest.Me)
//	s.Get("/me", sitetest.Basic("alice")) // "200 alice"
//
// Its users are those of package people. Gin's debug output is off.
package sitetest

import (
	"log/slog"
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/people"
)

func init() { gin.SetMode(gin.ReleaseMode) }

// Site is an application that is called directly, without a network.
type Site struct {
	Engine *gin.Engine
	Auth   *ginauth.Auth
	DB     *gorm.DB
	Log    Log // of Auth, with refusals

	t testing.TB
}

// New returns a site whose database, empty so far, holds the users of package
// people.
func New(t testing.TB, db *gorm.DB, options ...ginauth.Option) *Site {
	t.Helper()
	people.Create(t, db)
	return Serve(t, db, options...)
}

// Serve returns a site of a database that is ready for use.
func Serve(t testing.TB, db *gorm.DB, options ...ginauth.Option) *Site {
	t.Helper()
	s := &Site{Engine: gin.New(), DB: db, t: t}
	_ = s.Engine.SetTrustedProxies(nil) // nil is always accepted
	logger := slog.New(slog.NewTextHandler(&s.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.Auth = ginauth.New(s.Engine, append([]ginauth.Option{ginauth.Logger(logger)}, options...)...)
	return s
}

// Me is a handler that answers with the name of the user.
func Me(c *gin.Context) { c.String(http.StatusOK, "%v", ginauth.Current(c).User) }

// ServeHTTP implements [http.Handler].
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.Engine.ServeHTTP(w, r) }

// Get requests a page and returns the answer as [Answer.String] prints it.
func (s *Site) Get(path string, as As) string { return s.Do(http.MethodGet, path, as, "").String() }

// Do sends a request, whose body is JSON unless as says otherwise.
func (s *Site) Do(method, path string, as As, body string) Answer {
	return Send(s, method, path, as, body)
}
