package handlers_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
	"github.com/ginauth/ginauth/models/password"
	"github.com/ginauth/ginauth/models/session"
	"github.com/ginauth/ginauth/policies"
)

// late is a failure that knows when it is over, like the error that wraps
// [password.ErrBusy].
type late struct{ error }

func (late) RetryAfter() time.Duration { return 3 * time.Second }

// own is an error of an application that names a status.
type own int

func (own) Error() string                    { return "own" }
func (o own) Refusal() (int, string, string) { return int(o), "own", "Own." }

// TestErrorsOfTheModelsAreTheRefusalsThatTheyMean passes errors of the models
// to Abort. A class that returns such an error has failed, unless it is an
// authenticator and the error says that the credentials are wrong.
func TestErrorsOfTheModelsAreTheRefusalsThatTheyMean(t *testing.T) {
	const wrong = `401 {"detail":"Incorrect authentication credentials."}`
	const failed = `500 {"detail":"A server error occurred."}`
	const unavailable = `503 {"detail":"Service temporarily unavailable, try again later."}`
	for _, row := range []struct {
		err                     error
		aborted, authentication string
	}{
		{models.ErrBadCredentials, wrong, wrong},
		{models.ErrCredentialsRevoked, wrong, wrong},
		{session.ErrStale, wrong, wrong},
		{fmt.Errorf("log in: %w", models.ErrBadCredentials), wrong, wrong},
		{models.ErrNotFound, `404 {"detail":"Not found."}`, unavailable},
		{accesstoken.ErrEnded, `409 {"detail":"The token has ended."}`, unavailable},
		{password.ErrTooLong, `400 {"detail":"This password is too long."}`, unavailable},
		{late{password.ErrBusy}, `503 {"detail":"Service temporarily unavailable, try again later. Expected available in 3 seconds."}`,
			`503 {"detail":"Service temporarily unavailable, try again later. Expected available in 3 seconds."}`},
		{ginauth.NotFound().Because(models.ErrBadCredentials), `404 {"detail":"Not found."}`, `404 {"detail":"Not found."}`},
		{errors.New("connection refused"), failed, unavailable},
		{own(418), `418 {"detail":"Own."}`, unavailable},
		{own(200), failed, unavailable},
		{own(500), failed, unavailable},
		{own(0), failed, unavailable},
	} {
		engine := gin.New()
		auth := ginauth.New(engine, ginauth.Logger(slog.New(slog.DiscardHandler)), ginauth.PermissionClasses(policies.AllowAny))
		class := policies.AuthenticatorFunc("Class", func(c *gin.Context) (*ginauth.Identity, error) {
			if c.Request.Header.Get("X-Abort") != "" {
				return nil, ginauth.ErrNoCredentials
			}
			return nil, row.err
		}, "Class")
		auth.With(engine, ginauth.AuthenticationClasses(class)).GET("/x", func(c *gin.Context) { ginauth.Abort(c, row.err) })
		path := "/x"
		ask := func(header http.Header) string {
			w := httptest.NewRecorder()
			engine.ServeHTTP(w, &http.Request{Method: http.MethodGet, Header: header, URL: &url.URL{Path: path}})
			if w.Code == http.StatusUnauthorized && w.Header().Get("WWW-Authenticate") != "Class" {
				t.Errorf("%v: 401 without the challenge", row.err)
			}
			return fmt.Sprint(w.Code, " ", w.Body)
		}
		if got := ask(http.Header{"X-Abort": {"1"}}); got != row.aborted {
			t.Errorf("Abort(%v): %s, want %s", row.err, got, row.aborted)
		}
		if got := ask(nil); got != row.authentication {
			t.Errorf("an authenticator that returns %v: %s, want %s", row.err, got, row.authentication)
		}
		permission := policies.PermissionFunc("Permission", func(*gin.Context, *ginauth.Identity) (bool, error) { return true, row.err })
		auth.With(engine, ginauth.AuthenticationClasses(class), ginauth.PermissionClasses(permission)).GET("/permission", func(*gin.Context) {})
		path = "/permission"
		if got, want := ask(http.Header{"X-Abort": {"1"}}), strings.Replace(row.authentication, wrong, unavailable, 1); got != want {
			t.Errorf("a permission that returns %v: %s, want %s", row.err, got, want)
		}
	}
}
