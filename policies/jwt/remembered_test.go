package jwt_test

import (
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/authcache"
	"github.com/ginauth/ginauth/policies/jwt"
)

var _ ginauth.Cacheable = (*jwt.Authenticator)(nil)

// TestRemembered checks that a token costs no query while its user is cached,
// and is not cached for longer than it lives.
func TestRemembered(t *testing.T) {
	db := fixture(t)
	if err := models.Migrate(db); err != nil {
		t.Fatal(err)
	}
	counted, counter := dbtest.Count(db)
	now := time.Now().Truncate(time.Second)
	config := rotating()
	config.Now, config.Leeway = func() time.Time { return now }, 10*time.Second
	token := logIn(newServer(t, db, config), "/pair", "alice").Access
	remembered := authcache.New(jwt.NewAuthenticator(counted, config), authcache.Config{MaxStaleness: 200 * time.Second, Now: config.Now})
	engine := gin.New()
	ginauth.New(engine, ginauth.AuthenticationClasses(remembered), ginauth.Logger(slog.New(slog.DiscardHandler)))
	engine.GET("/me", func(c *gin.Context) { c.String(http.StatusOK, "%s", ginauth.Current(c).Subject()) })
	users, err := models.UsersOf(db)
	if err != nil {
		t.Fatal(err)
	}
	alice, err := users.ByUsername(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	counter.Statements()
	for _, step := range []struct {
		name       string
		later      time.Duration
		status     int
		statements int
	}{
		{"at first", 0, http.StatusOK, 1},
		{"remembered", 199 * time.Second, http.StatusOK, 0},
		{"asked for again", time.Second, http.StatusOK, 1},
		// The token ends five minutes and the leeway after it was made.
		{"until it expires", 110*time.Second - 1, http.StatusOK, 0},
		{"expired", 1, http.StatusUnauthorized, 0},
	} {
		now = now.Add(step.later)
		status, body := me(engine, token)
		if n := counter.Statements(); status != step.status || n != step.statements {
			t.Errorf("%s: %d %s with %d statements, want %d with %d", step.name, status, body, n, step.status, step.statements)
		}
	}
	token = logIn(newServer(t, db, config), "/pair", "alice").Access
	me(engine, token)
	if err := users.SetActive(t.Context(), alice, false); err != nil {
		t.Fatal(err)
	}
	if status, _ := me(engine, token); status != http.StatusOK {
		t.Error("it was not remembered")
	}
	now = now.Add(200 * time.Second)
	if status, body := me(engine, token); status != http.StatusUnauthorized {
		t.Errorf("deactivated, the user passes for longer than the bound: %d %s", status, body)
	}
}
