package handlers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/password"
	"github.com/ginauth/ginauth/policies"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	os.Exit(m.Run())
}

var cheap = models.PasswordHashers{password.PBKDF2SHA256{Iterations: 1}}

// serve returns an application with a token endpoint, and the user alice.
func serve(t *testing.T, db *gorm.DB, logs io.Writer, config ...handlers.ObtainAuthTokenConfig) *gin.Engine {
	t.Helper()
	err := errors.Join(db.Use(cheap), models.Migrate(db))
	if err != nil {
		t.Fatal(err)
	}
	if err := models.CreateUser(t.Context(), db, &models.User{Username: "alice"}, "alice-pw"); err != nil {
		t.Fatal(err)
	}
	return application(db, logs, config...)
}

func application(db *gorm.DB, logs io.Writer, config ...handlers.ObtainAuthTokenConfig) *gin.Engine {
	engine := gin.New()
	_ = engine.SetTrustedProxies(nil) // nil is always accepted
	auth := ginauth.New(engine, ginauth.AuthenticationClasses(policies.Token(db)),
		ginauth.Logger(slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	handlers.MountObtainAuthToken(auth, engine, "/token", db, config...)
	engine.GET("/me", func(c *gin.Context) { c.String(http.StatusOK, "%v", ginauth.Current(c).User) })
	return engine
}

func send(h http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// unthrottled is for tests that log in more than 20 times.
var unthrottled = handlers.ObtainAuthTokenConfig{Rules: []ginauth.Rule{ginauth.NoThrottles()}}

const login = `{"username":"alice","password":"alice-pw"}`

func tokenOf(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	var answer struct{ Token string }
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return answer.Token
}

func TestObtainAuthToken(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		h := serve(t, db, io.Discard, unthrottled)
		w := send(h, "POST", "/token", login)
		key := tokenOf(t, w)
		if len(key) != 40 || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%q, headers %v", key, w.Header())
		}
		if w := send(h, "GET", "/me", "", "Authorization", "Token "+key); w.Body.String() != "alice" {
			t.Errorf("the token is no good: %d %s", w.Code, w.Body)
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
			{"POST", `{"username":"","password":""}`, "", `400 {"username":["This field may not be blank."],"password":["This field may not be blank."]}`},
			{"POST", `{"username":null,"password":["x"]}`, "", `400 {"username":["This field may not be null."],"password":["Not a valid string."]}`},
			{"POST", `{"username":"a\u0000","password":"\ud800"}`, "", `400 {"username":["Null characters are not allowed."],"password":["Surrogate characters are not allowed: U+D800."]}`},
			{"POST", `[]`, "", `400 {"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}`},
			{"POST", `null`, "", `400 {"non_field_errors":["No data provided"]}`},
			{"POST", `{nope`, "", `400 {"detail":"JSON parse error - invalid character 'n' looking for beginning of object key string"}`},
			{"POST", "\xff", "", `400 {"detail":"JSON parse error - invalid utf-8"}`},
			{"POST", "x", "text/plain", `415 {"detail":"Unsupported media type \"text/plain\" in request."}`},
			{"POST", strings.Repeat(" ", 3<<20), "", `413 {"detail":"Request body too large."}`},
			{"GET", "", "", `405 {"detail":"Method \"GET\" not allowed."}`},
			{"PUT", login, "", `405 {"detail":"Method \"PUT\" not allowed."}`},
			{"DELETE", "", "", `405 {"detail":"Method \"DELETE\" not allowed."}`},
		} {
			headers := []string{}
			if row.contentType != "" {
				headers = []string{"Content-Type", row.contentType}
			}
			w := send(h, row.method, "/token", row.body, headers...)
			if got := fmt.Sprint(w.Code, " ", w.Body); got != row.want {
				t.Errorf("%s %.60q: got %s, want %s", row.method, row.body, got, row.want)
			}
			if w.Header().Get("Allow") != "POST, OPTIONS" {
				t.Errorf("%s %.60q: Allow is %q", row.method, row.body, w.Header().Get("Allow"))
			}
		}
		if w := send(h, "POST", "/token?username=alice&password=alice-pw", ""); w.Code != 400 {
			t.Errorf("credentials in the query: %d", w.Code)
		}
		if w := send(h, "POST", "/token", login, "Authorization", "Token wrong"); w.Code != 401 {
			t.Errorf("a wrong Authorization header is refused first, as in DRF: %d", w.Code)
		}
	})
}

func TestConcurrentFirstLogins(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := dbtest.Open(t, url)
		second := dbtest.Open(t, url)
		if err := second.Use(cheap); err != nil {
			t.Fatal(err)
		}
		// Two servers share one database.
		servers := []http.Handler{serve(t, db, io.Discard, unthrottled), application(second, io.Discard, unthrottled)}
		answers := make([]string, 100)
		var wg sync.WaitGroup
		for i := range answers {
			wg.Go(func() {
				w := send(servers[i%2], "POST", "/token", login)
				answers[i] = fmt.Sprint(w.Code, " ", w.Body)
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
			handlers.TokenResponse
			Username string `json:"username"`
		}
		h := serve(t, db, io.Discard, handlers.ObtainAuthTokenConfig{
			Extend: func(c *gin.Context, user models.UserModel, response handlers.TokenResponse) (any, error) {
				if c.Query("fail") != "" {
					return nil, errors.New("secret reason")
				}
				return extended{response, user.(*models.User).Username}, nil
			},
		})
		w := send(h, "POST", "/token", login)
		if want := fmt.Sprintf(`{"token":"%s","username":"alice"}`, tokenOf(t, w)); w.Body.String() != want {
			t.Errorf("got %s, want %s", w.Body, want)
		}
		if w := send(h, "POST", "/token?fail=1", login); w.Code != 500 || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}

func TestOwnRulesAndLimit(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		h := serve(t, db, io.Discard, handlers.ObtainAuthTokenConfig{Rules: []ginauth.Rule{ginauth.NoAuthentication()}, MaxBodyBytes: 50})
		if w := send(h, "POST", "/token", login, "Authorization", "Token wrong"); w.Code != 200 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if w := send(h, "POST", "/token", login+strings.Repeat(" ", 50)); w.Code != 413 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}

func TestADatabaseThatIsDownIs503(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		var logs bytes.Buffer
		h := serve(t, db, &logs)
		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		pool.Close()
		w := send(h, "POST", "/token", login)
		if w.Code != 503 || !strings.Contains(logs.String(), "level=ERROR") || strings.Contains(logs.String(), "alice-pw") {
			t.Errorf("%d %s, logged %s", w.Code, w.Body, logs.String())
		}
	})
}

func TestACancelledRequestIsNoError(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		var logs bytes.Buffer
		h := serve(t, db, &logs)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		r := httptest.NewRequestWithContext(ctx, "POST", "/token", strings.NewReader(login))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 503 || strings.Contains(logs.String(), "level=ERROR") {
			t.Errorf("%d, logged %s", w.Code, logs.String())
		}
	})
}
