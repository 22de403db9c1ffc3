package jwt_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/jwt"
)

const secret = "a secret of the tests, which is long enough"

// rotating returns a config as most projects have it.
func rotating() jwt.Config {
	return jwt.Config{Key: jwt.HS256([]byte(secret)), RotateRefreshTokens: true, BlacklistAfterRotation: true}
}

// endpoints has all of them, without throttles.
var endpoints = jwt.Endpoints{
	Pair: "/pair", Refresh: "/refresh", Verify: "/verify", Blacklist: "/blacklist", Sliding: "/sliding", SlidingRefresh: "/sliding/refresh",
	Rules: []ginauth.Rule{ginauth.NoThrottles()},
}

// fixture returns a database with the users of the fixture: alice is 3; carol,
// who is inactive, is 5.
func fixture(t testing.TB) *gorm.DB {
	t.Helper()
	db := dbtest.Open(t, dbtest.SQLite(t))
	load(t, db)
	return db
}

func load(t testing.TB, db *gorm.DB) {
	t.Helper()
	people.Configure(t, db)
	dbtest.Fixture(t, db)
	for _, name := range []string{"alice", "carol"} {
		encoded, err := people.Passwords.Hashers.MakePassword(people.Password(name))
		if err == nil {
			err = db.Exec("UPDATE auth_user SET password = ? WHERE username = ?", encoded, name).Error
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// newServer returns an application with simplejwt's views and /me, which
// answers with the user of the request.
func newServer(t testing.TB, db *gorm.DB, config jwt.Config, options ...ginauth.Option) *sitetest.Site {
	t.Helper()
	mounted := endpoints
	if config.WithoutBlacklist {
		mounted.Blacklist = ""
	}
	return serverWith(t, db, config, mounted, options...)
}

func serverWith(t testing.TB, db *gorm.DB, config jwt.Config, mounted jwt.Endpoints, options ...ginauth.Option) *sitetest.Site {
	t.Helper()
	s := sitetest.Serve(t, db, append(options, ginauth.AuthenticationClasses(jwt.NewAuthenticator(db, config)))...)
	jwt.Mount(s.Auth, s.Engine, mounted, db, config)
	s.Engine.GET("/me", func(c *gin.Context) { c.String(http.StatusOK, "%s", ginauth.Current(c).Subject()) })
	s.Auth.With(s.Engine, ginauth.PermissionClasses(policies.AllowAny)).GET("/any", func(c *gin.Context) { c.Status(http.StatusOK) })
	return s
}

// me requests /me with a token and returns the body.
func me(h http.Handler, token string) (status int, body string) {
	w := sitetest.Send(h, "GET", "/me", sitetest.Bearer(token), "")
	return w.Code, w.Body.String()
}

// answer is the answer of an endpoint.
type answer struct {
	status                           int
	body                             string
	Access, Refresh, Token           string
	Detail, Code                     string
	NonField                         []string `json:"non_field_errors"`
	challenge, cacheControl, retryIn string
}

// post posts one field.
func post(h http.Handler, path, field, value string) answer {
	body, _ := json.Marshal(map[string]string{field: value})
	return postBody(h, path, string(body))
}

func logIn(h http.Handler, path, name string) answer {
	return postBody(h, path, people.Login(name))
}

func postBody(h http.Handler, path, body string) answer {
	w := sitetest.Send(h, "POST", path, sitetest.Anonymous, body)
	a := answer{status: w.Code, body: w.Body.String(), challenge: w.Header().Get("WWW-Authenticate"),
		cacheControl: w.Header().Get("Cache-Control"), retryIn: w.Header().Get("Retry-After")}
	_ = json.Unmarshal(w.Body.Bytes(), &a)
	return a
}

// signed makes a token by hand, so that the package under test does not judge
// itself.
func signed(header, payload string) string { return signedWith(secret, header, payload) }

func signedWith(key, header, payload string) string {
	return resigned(key, encoded(header)+"."+encoded(payload))
}

// resigned signs two segments.
func resigned(key, input string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(input))
	return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func encoded(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

const hs256 = `{"alg":"HS256","typ":"JWT"}`

// claims returns the claims of alice's access token, with one member added or
// replaced.
func claims(change string) string {
	members := map[string]json.RawMessage{
		"token_type": json.RawMessage(`"access"`), "exp": json.RawMessage(`4102444800`), "iat": json.RawMessage(`1704067200`),
		"jti": json.RawMessage(`"0123456789abcdef"`), "user_id": json.RawMessage(`3`),
	}
	if name, value, ok := strings.Cut(change, ":"); ok {
		members[name] = json.RawMessage(value)
	} else {
		delete(members, change)
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for _, name := range []string{"token_type", "exp", "iat", "nbf", "jti", "user_id", "iss", "aud", "refresh_exp", "x"} {
		if value, ok := members[name]; ok {
			if b.Len() > 1 {
				b.WriteByte(',')
			}
			b.WriteString(`"` + name + `":` + string(value))
		}
	}
	b.WriteByte('}')
	return b.String()
}

// payload reads the claims of a token without checking its signature.
func payload(t testing.TB, token string) map[string]any {
	t.Helper()
	var claims map[string]any
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err == nil {
		err = json.Unmarshal(text, &claims)
	}
	if err != nil {
		t.Fatalf("%q: %v", token, err)
	}
	return claims
}

func at(unix int64) func() time.Time { return func() time.Time { return time.Unix(unix, 0) } }
