package logins_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/logins"
)

// The limits are a setting of the database, and hold for every way in: here one
// wrong password is free, and after it the account waits for a minute.
func ExampleLimits() {
	db, _ := database.Open(":memory:")
	_ = models.Migrate(db)
	_ = models.CreateUser(context.Background(), db, &models.User{Username: "alice"}, "correct horse")
	_ = db.Use(logins.Limits{Curve: logins.Curve{Free: 1, FirstWait: time.Minute}})

	r := gin.New()
	_ = r.SetTrustedProxies(nil)
	ginauth.New(r, ginauth.AuthenticationClasses(policies.Basic(db)))
	r.GET("/me", func(c *gin.Context) { c.String(http.StatusOK, "hello") })

	for _, password := range []string{"wrong", "correct horse"} {
		me := httptest.NewRequest("GET", "/me", nil)
		me.SetBasicAuth("alice", password)
		w := httptest.NewRecorder()
		r.ServeHTTP(w, me)
		fmt.Printf("%d %q\n", w.Code, w.Header().Get("Retry-After"))
	}
	// Output:
	// 401 ""
	// 429 "60"
}

// A handler of one's own tests a name and a password within the limits.
func ExampleLogins_Authenticate() {
	db, _ := database.Open(":memory:")
	_ = models.Migrate(db)
	_ = models.CreateUser(context.Background(), db, &models.User{Username: "alice"}, "correct horse")
	users, _ := models.UsersOf(db)
	passwords := logins.Of(users)

	r := gin.New()
	_ = r.SetTrustedProxies(nil)
	r.POST("/login", func(c *gin.Context) {
		result, err := passwords.Authenticate(c, login.Credentials{Username: c.PostForm("username"), Password: models.Secret(c.PostForm("password"))})
		switch {
		case errors.Is(err, models.ErrBadCredentials):
			c.String(http.StatusUnauthorized, "wrong name or password")
		case err != nil: // 429 with Retry-After, or 503
			ginauth.Abort(c, err)
		default:
			c.String(http.StatusOK, users.Username(result.User))
		}
	})

	for _, password := range []string{"wrong", "correct horse"} {
		form := url.Values{"username": {"alice"}, "password": {password}}
		login := httptest.NewRequest("POST", "/login", strings.NewReader(form.Encode()))
		login.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		r.ServeHTTP(w, login)
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 401 wrong name or password
	// 200 alice
}
