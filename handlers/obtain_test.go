package handlers_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// serve returns an application with a token endpoint, and the users.
func serve(t *testing.T, db *gorm.DB, config ...handlers.ObtainAuthTokenConfig) *sitetest.Site {
	t.Helper()
	people.Create(t, db)
	return application(t, db, config...)
}

func application(t *testing.T, db *gorm.DB, config ...handlers.ObtainAuthTokenConfig) *sitetest.Site {
	t.Helper()
	s := sitetest.Serve(t, db, ginauth.AuthenticationClasses(policies.Token(db)))
	handlers.MountObtainAuthToken(s.Auth, s.Engine, "/token", db, config...)
	s.Engine.GET("/me", sitetest.Me)
	return s
}

// unthrottled is for tests that log in more than 20 times.
var unthrottled = handlers.ObtainAuthTokenConfig{Rules: []ginauth.Rule{ginauth.NoThrottles()}}

const aliceLogin = `{"username":"alice","password":"alice-pw"}`

func TestObtainAuthToken(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		h := serve(t, db, unthrottled)
		w := h.Do("POST", "/token", sitetest.Anonymous, aliceLogin)
		key := w.Text(t, "token")
		if len(key) != 40 || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%q, headers %v", key, w.Header())
		}
		if w := h.Do("GET", "/me", sitetest.Token(key), ""); w.Body.String() != "alice" {
			t.Errorf("the token is no good: %s", w)
		}
		const failed = `400 {"non_field_errors":["Unable to log in with provided credentials."]}`
		const missing = `400 {"username":["This field is required."],"password":["This field is required."]}`
		for _, row := range []struct{ method, body, contentType, want string }{
			{"POST", "username=alice&password=alice-pw", "application/x-www-form-urlencoded", `200 {"token":"` + key + `"}`},
			{"POST", `{"username":" alice ","password":"alice-pw"}`, "", `200 {"token":"` + key + `"}`},
			{"POST", `{"username":"alice","password":" alice-pw"}`, "", failed},
			{"POST", `{"username":"nobody","password":"alice-pw"}`, "", failed},
			{"POST", `{"username":"alice","password":"` + strings.Repeat("p", 5000) + `"}`, "", failed},
			{"POST", `{}`, "", missing},
			{"POST", ``, "", missing},
			{"POST", ``, "text/plain", missing},
			{"POST", `{"username":"","password":""}`, "",
				`400 {"username":["This field may not be blank."],"password":["This field may not be blank."]}`},
			{"POST", `{"username":null,"password":["x"]}`, "",
				`400 {"username":["This field may not be null."],"password":["Not a valid string."]}`},
			{"POST", `{"username":"a\u0000","password":"\ud800"}`, "",
				`400 {"username":["Null characters are not allowed."],"password":["Surrogate characters are not allowed: U+D800."]}`},
			{"POST", `[]`, "", `400 {"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}`},
			{"POST", `null`, "", `400 {"non_field_errors":["No data provided"]}`},
			{"POST", `{nope`, "", `400 {"detail":"JSON parse error - invalid character 'n' looking for beginning of object key string"}`},
			{"POST", "\xff", "", `400 {"detail":"JSON parse error - invalid utf-8"}`},
			{"POST", "x", "text/plain", `415 {"detail":"Unsupported media type \"text/plain\" in request."}`},
			{"POST", strings.Repeat(" ", 3<<20), "", `413 {"detail":"Request body too large."}`},
			{"GET", "", "", `405 {"detail":"Method \"GET\" not allowed."}`},
			{"PUT", aliceLogin, "", `405 {"detail":"Method \"PUT\" not allowed."}`},
			{"DELETE", "", "", `405 {"detail":"Method \"DELETE\" not allowed."}`},
		} {
			as := sitetest.Anonymous
			if row.contentType != "" {
				as = sitetest.As{"Content-Type: " + row.contentType}
			}
			w := h.Do(row.method, "/token", as, row.body)
			if w.String() != row.want {
				t.Errorf("%s %.60q: got %s, want %s", row.method, row.body, w, row.want)
			}
			if w.Header().Get("Allow") != "POST, OPTIONS" {
				t.Errorf("%s %.60q: Allow is %q", row.method, row.body, w.Header().Get("Allow"))
			}
		}
		if w := h.Do("POST", "/token?username=alice&password=alice-pw", sitetest.Anonymous, ""); w.Code != 400 {
			t.Errorf("credentials in the query: %d", w.Code)
		}
		if w := h.Do("POST", "/token", sitetest.As{"Authorization: Token wrong"}, aliceLogin); w.Code != 401 {
			t.Errorf("a wrong Authorization header is refused first, as in DRF: %d", w.Code)
		}
	})
}

func TestConcurrentFirstLogins(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := dbtest.Open(t, url)
		second := dbtest.Open(t, url)
		people.Configure(t, second)
		// Two servers share one database.
		servers := []*sitetest.Site{serve(t, db, unthrottled), application(t, second, unthrottled)}
		answers := make([]string, 100)
		var wg sync.WaitGroup
		for i := range answers {
			wg.Go(func() {
				answers[i] = servers[i%2].Do("POST", "/token", sitetest.Anonymous, aliceLogin).String()
			})
		}
		wg.Wait()
		for _, answer := range answers {
			if answer != answers[0] || !strings.HasPrefix(answer, `200 {"token":"`) {
				t.Fatalf("%s and %s", answers[0], answer)
			}
		}
		var rows int64
		if err := db.Model(&models.Token{}).Count(&rows).Error; err != nil || rows != 1 {
			t.Errorf("%d rows, %v", rows, err)
		}
	})
}

func TestExtend(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		type extended struct {
			Token    string `json:"token"`
			Username string `json:"username"`
		}
		h := serve(t, db, handlers.ObtainAuthTokenConfig{
			Extend: func(c *gin.Context, user models.UserModel, key string) (any, error) {
				if c.Query("fail") != "" {
					return nil, errors.New("secret reason")
				}
				return extended{key, user.(*models.User).Username}, nil
			},
		})
		w := h.Do("POST", "/token", sitetest.Anonymous, aliceLogin)
		if want := fmt.Sprintf(`{"token":"%s","username":"alice"}`, w.Text(t, "token")); w.Body.String() != want {
			t.Errorf("got %s, want %s", w.Body, want)
		}
		if w := h.Do("POST", "/token?fail=1", sitetest.Anonymous, aliceLogin); w.Code != 500 || strings.Contains(w.Body.String(), "secret") {
			t.Error(w)
		}
	})
}

func TestOwnRulesAndLimit(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		h := serve(t, db, handlers.ObtainAuthTokenConfig{Rules: []ginauth.Rule{ginauth.NoAuthentication()}, MaxBodyBytes: 50})
		if w := h.Do("POST", "/token", sitetest.As{"Authorization: Token wrong"}, aliceLogin); w.Code != 200 {
			t.Error(w)
		}
		if w := h.Do("POST", "/token", sitetest.Anonymous, aliceLogin+strings.Repeat(" ", 50)); w.Code != 413 {
			t.Error(w)
		}
	})
}

func TestADatabaseThatIsDownIs503(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		h := serve(t, db)
		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		pool.Close()
		w := h.Do("POST", "/token", sitetest.Anonymous, aliceLogin)
		if w.Code != 503 || !strings.Contains(h.Log.String(), "level=ERROR") || strings.Contains(h.Log.String(), "alice-pw") {
			t.Errorf("%s, logged %s", w, h.Log.String())
		}
	})
}

func TestACancelledRequestIsNoError(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		h := serve(t, db)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		r := sitetest.Request("POST", "/token", sitetest.Anonymous, aliceLogin)
		w := sitetest.Exchange(h, r.WithContext(ctx))
		if w.Code != 503 || strings.Contains(h.Log.String(), "level=ERROR") {
			t.Errorf("%d, logged %s", w.Code, h.Log.String())
		}
	})
}
