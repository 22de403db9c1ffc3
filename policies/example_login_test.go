package policies_test

import (
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// RecentLogin asks for more than a session that somebody has left open. Here
// the session says that its user logged in an hour ago.
func ExampleRecentLogin() {
	db := exampleUser()
	if err := db.Use(models.SecretKeys{"a long random text"}); err != nil {
		log.Fatal(err)
	}
	session := policies.Session(db)
	r := newEngine()
	auth := ginauth.New(r, ginauth.AuthenticationClasses(session))
	auth.With(r, ginauth.PermissionClasses(policies.RecentLogin(10*time.Minute))).
		GET("/email", func(c *gin.Context) { c.String(http.StatusOK, "the form") })

	request := httptest.NewRequest(http.MethodGet, "/email", nil)
	ctx, sessions := request.Context(), session.Sessions()
	alice, err := sessions.Users().ByUsername(ctx, "alice")
	if err != nil {
		log.Fatal(err)
	}
	current, err := sessions.Login(ctx, "", alice)
	if err != nil {
		log.Fatal(err)
	}
	request.AddCookie(&http.Cookie{Name: "sessionid", Value: string(current.Key)})
	for _, at := range []time.Time{time.Now(), time.Now().Add(-time.Hour)} {
		if err := errors.Join(current.Set("_ginauth_login_time", at.Unix()), sessions.Save(ctx, current)); err != nil {
			log.Fatal(err)
		}
		w := httptest.NewRecorder()
		r.ServeHTTP(w, request)
		fmt.Println(w.Code, strings.TrimSpace(w.Body.String()))
	}
	// Output:
	// 200 the form
	// 403 {"detail":"Log in again to do this."}
}

// HasFactor asks for a login with a one-time code. An authenticator of one's
// own tells how its users have logged in by the ability LoginRecord.
func ExampleHasFactor() {
	r := newEngine()
	badge := policies.AuthenticatorFunc("Badge", func(c *gin.Context) (*ginauth.Identity, error) {
		return &ginauth.Identity{
			User: &models.User{Username: "alice", IsActive: true},
			Auth: recorded{ago: time.Minute, methods: strings.Fields(c.Query("amr"))},
		}, nil
	})
	auth := ginauth.New(r, ginauth.AuthenticationClasses(badge))
	auth.With(r, ginauth.PermissionClasses(policies.HasFactor("otp"))).
		GET("/vault", func(c *gin.Context) { c.String(http.StatusOK, "gold") })

	answer(r, "/vault?amr=pwd+otp")
	answer(r, "/vault?amr=pwd")
	// Output:
	// 200 gold
	// 403 {"detail":"Log in with a one-time code to do this."}
}
