package jwt_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/panics"
	"github.com/ginauth/ginauth/policies/drf"
	"github.com/ginauth/ginauth/policies/jwt"
)

// TestTextsOfReleases checks what each view and authenticator says of a token
// that has expired and of one that was never good.
func TestTextsOfReleases(t *testing.T) {
	const either = "Token is invalid or expired"
	for _, row := range []struct{ release, invalid, expired string }{
		{"5.2", either, either},
		{"5.4.99", either, either},
		{"5.5", invalid, expired},
		{"", invalid, expired},
	} {
		db, stack := fixture(t), drf.Stack{SimpleJWT: row.release}
		must(0, db.Use(stack))
		h := newServer(t, db, rotating())
		stateless := gin.New()
		ginauth.New(stateless, ginauth.AuthenticationClasses(jwt.NewStatelessAuthenticator(rotating(), stack)))
		stateless.GET("/me", func(*gin.Context) {})
		for key, want := range map[string]string{secret: row.expired, "another" + secret: row.invalid} {
			of := func(kind string) string {
				return signedWith(key, hs256, strings.Replace(claims("exp:1704067201"), `"access"`, `"`+kind+`"`, 1))
			}
			for path, kind := range map[string]string{
				"/refresh": "refresh", "/blacklist": "refresh", "/verify": "access", "/sliding/refresh": "sliding",
			} {
				field := map[bool]string{true: "refresh", false: "token"}[kind == "refresh"]
				if a := post(h, path, field, of(kind)); a.status != 401 || a.Detail != want || a.Code != "token_not_valid" {
					t.Errorf("simplejwt %s, %s: %d %s, want %s", row.release, path, a.status, a.body, want)
				}
			}
			for name, server := range map[string]http.Handler{"users": h, "stateless": stateless} {
				if status, body := me(server, of("access")); status != 401 || !strings.Contains(body, `"message":"`+want+`"`) {
					t.Errorf("simplejwt %s, %s: %d %s, want %s", row.release, name, status, body, want)
				}
			}
		}
	}
	message := panics.Of(func() { jwt.NewStatelessAuthenticator(rotating(), drf.Stack{SimpleJWT: "4.0"}) })
	if !strings.HasPrefix(message, "jwt: NewStatelessAuthenticator: simplejwt 4.0 ") {
		t.Error(message)
	}
}

// TestNumbersInSub checks that a number in sub is read if it names the user,
// and is a string in all that is made from it.
func TestNumbersInSub(t *testing.T) {
	for _, release := range []string{"5.2", ""} {
		db := fixture(t)
		must(0, db.Use(drf.Stack{SimpleJWT: release}))
		config := rotating()
		config.UserIDClaim = "sub"
		h := newServer(t, db, config)
		of := func(kind, id, sub string) string {
			return signed(hs256, `{"token_type":"`+kind+`","exp":4102444800,"iat":1704067200,"refresh_exp":4102444800,"jti":"`+id+
				`","sub":`+sub+`}`)
		}
		for sub, want := range map[string]int{`3`: 200, `"3"`: 200, `3.0`: 401, `true`: 401, `null`: 401, `[3]`: 401} {
			if status, body := me(h, of("access", "a", sub)); status != want {
				t.Errorf("simplejwt %s, sub %s: %d %s", release, sub, status, body)
			}
		}
		a, b := post(h, "/refresh", "refresh", of("refresh", "b", "3")), post(h, "/sliding/refresh", "token", of("sliding", "c", "3"))
		for _, token := range []string{a.Access, a.Refresh, b.Token} {
			if token == "" || payload(t, token)["sub"] != "3" {
				t.Errorf("simplejwt %s: %s %s", release, a.body, b.body)
			}
		}
	}
}
