package jwt_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies/jwt"
)

func stateless() http.Handler {
	engine := gin.New()
	ginauth.New(engine, ginauth.AuthenticationClasses(jwt.NewStatelessAuthenticator(rotating())))
	engine.GET("/me", func(c *gin.Context) { c.String(http.StatusOK, ginauth.Current(c).Subject()) })
	return engine
}

// FuzzToken checks that no unsigned token passes, and that nothing panics.
func FuzzToken(f *testing.F) {
	h := stateless()
	good := signed(hs256, claims("x:1"))
	for _, seed := range []string{"", ".", "..", "a.b.c", good[:40], "eyJhbGciOiJub25lIn0.e30.", strings.Repeat(".", 99)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if status, body := me(h, token); status == 200 && !strings.HasPrefix(token, good) {
			t.Errorf("%q passes: %s", token, body)
		}
	})
}

// FuzzPayload checks that a signed payload is read as encoding/json reads it,
// or refused.
func FuzzPayload(f *testing.F) {
	h := stateless()
	for _, seed := range []string{
		claims("x:1"), claims(`x:{"a":[1,{"b":"}"}]}`), claims(`x:"\"\\"`), " { } ", "{", `{"a":1,}`, "[]", `{"exp":1e999}`, `{"":""}`,
	} {
		f.Add(hs256, seed)
		f.Add(seed, claims("x:1"))
	}
	f.Fuzz(func(t *testing.T, header, payload string) {
		status, body := me(h, signed(header, payload))
		if status != 200 {
			return
		}
		var head, claims map[string]any
		if json.Unmarshal([]byte(header), &head) != nil || json.Unmarshal([]byte(payload), &claims) != nil || !utf8.ValidString(payload) {
			t.Fatalf("%q.%q is not JSON, but passes", header, payload)
		}
		_, named := claims["jti"]
		if head["alg"] != "HS256" || claims["token_type"] != "access" || claims["exp"] == nil || !named {
			t.Errorf("%q.%q passes: %s", header, payload, body)
		}
	})
}
