package soak_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	users "github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/redistest"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/authcache"
	"github.com/ginauth/ginauth/policies/jwt"
	"github.com/ginauth/ginauth/policies/logins"
	"github.com/ginauth/ginauth/policies/rates"
	"github.com/ginauth/ginauth/policies/redislogins"
	"github.com/ginauth/ginauth/policies/redisrate"
)

// site is an application whose stores are of one kind.
type site struct {
	name   string
	engine *gin.Engine
	counts
}

// curve forgets within the calm.
var curve = logins.Curve{FirstWait: time.Second, LongestWait: 20 * time.Second, LongestTurn: 30 * time.Second}

// newSites returns a site of each kind.
func newSites(t *testing.T) []*site {
	t.Helper()
	client, prefix := redistest.Open(t)
	inMemory := dbtest.Open(t, dbtest.SQLite(t))
	inRedis := dbtest.Open(t, dbtest.SQLite(t))
	sqlite, postgres := dbtest.Open(t, dbtest.SQLite(t)), dbtest.Open(t, dbtest.Postgres(t))
	return []*site{
		newSite(t, "memory", inMemory, logins.NewMemoryStore(), rates.NewMemoryStore()),
		newSite(t, "sqlite", sqlite, logins.NewDatabaseStore(sqlite), rates.NewMemoryStore()),
		newSite(t, "postgres", postgres, logins.NewDatabaseStore(postgres), rates.NewMemoryStore()),
		newSite(t, "redis", inRedis, redislogins.New(client, redislogins.Config{Prefix: prefix, Timeout: 5 * time.Second}),
			redisrate.New(client, redisrate.Config{Prefix: prefix, Timeout: 5 * time.Second})),
	}
}

func newSite(t *testing.T, name string, db *gorm.DB, store logins.Store, counted rates.Store) *site {
	t.Helper()
	db.Logger = db.Logger.LogMode(logger.Silent)
	users.Create(t, db, logins.Limits{Store: store, Curve: curve})
	s := &site{name: name, engine: gin.New(), counts: counts{count: map[int]int{}}}
	_ = s.engine.SetTrustedProxies(nil)
	cached := authcache.New(jwt.NewAuthenticator(db, jwt.Config{Key: sitetest.JWTKey}), authcache.Config{MaxStaleness: 10 * time.Second})
	auth := ginauth.New(s.engine, ginauth.AuthenticationClasses(cached, policies.Basic(db)), ginauth.Logger(slog.New(slog.DiscardHandler)),
		ginauth.PermissionClasses(policies.IsAuthenticated))
	ok := func(c *gin.Context) { c.String(http.StatusOK, "in") }
	s.engine.GET("/me", ok)
	auth.With(s.engine, ginauth.NoAuthentication(), ginauth.PermissionClasses(policies.AllowAny),
		ginauth.ThrottleClasses(policies.AnonRate("20/min", policies.RateConfig{Store: counted}))).GET("/throttled", ok)
	return s
}

// send sends a request of each kind: a guess, a new token, a token with another
// key, and one that is counted.
func (s *site) send(t *testing.T, address, name int) {
	t.Helper()
	user := fmt.Sprint("user", name)
	if name%100 == 0 {
		user = "alice"
	}
	for _, r := range []struct {
		path string
		as   sitetest.As
	}{
		{"/me", sitetest.Password(user, "guess")},
		{"/me", sitetest.Bearer(token(`{"alg":"HS256","typ":"JWT"}`, name))},
		{"/me", sitetest.Bearer(token(fmt.Sprintf(`{"alg":"HS256","typ":"JWT","kid":"%d"}`, name), name) + "x")},
		{"/throttled", nil},
	} {
		q := sitetest.Request(http.MethodGet, r.path, r.as, "")
		q.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:1234", address>>16, address>>8&255, address&255)
		w := httptest.NewRecorder()
		s.engine.ServeHTTP(w, q)
		s.add(w.Code)
		if w.Code == http.StatusInternalServerError {
			t.Fatalf("%s: %d %s", s.name, w.Code, w.Body)
		}
	}
}

// token returns a JSON web token of alice's.
func token(header string, n int) string {
	claims := fmt.Sprintf(`{"token_type":"access","user_id":"1","jti":"%032d","iat":%d,"exp":%d}`, n, time.Now().Unix(), time.Now().Add(time.Minute).Unix())
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	mac := hmac.New(sha256.New, []byte(strings.Repeat("k", 32)))
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
