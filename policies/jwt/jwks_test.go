package jwt_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/panics"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/jwt"
)

// publishing returns a server that publishes the keys of a config, and refuses
// all other requests.
func publishing(config jwt.Config, rules ...ginauth.Rule) http.Handler {
	engine := gin.New()
	auth := ginauth.New(engine, ginauth.AuthenticationClasses(jwt.NewStatelessAuthenticator(config)),
		ginauth.PermissionClasses(policies.IsAdminUser), ginauth.Logger(slog.New(slog.DiscardHandler)))
	jwt.MountJWKS(auth, engine, "/jwks.json", config, rules...)
	return engine
}

// allNamed returns a config with a key of every algorithm, whose id is the
// algorithm's name.
func allNamed() jwt.Config {
	config := jwt.Config{Key: jwt.HS256([]byte(secret)).WithID("HS256")}
	for name, key := range signers() {
		config.VerificationKeys = append(config.VerificationKeys, key.WithID(name))
	}
	return config
}

func TestJWKS(t *testing.T) {
	h := publishing(allNamed())
	for method, status := range map[string]int{"GET": 200, "HEAD": 200, "POST": 404} {
		r := httptest.NewRequest(method, "/jwks.json", nil)
		r.Header.Set("Authorization", "Bearer nonsense")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != status || status == 200 && (w.Header().Get("Content-Type") != "application/jwk-set+json" ||
			w.Header().Get("Cache-Control") != "public, max-age=300") {
			t.Errorf("%s: %d %v", method, w.Code, w.Header())
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/jwks.json", nil))
	var set struct{ Keys []map[string]string }
	if err := json.Unmarshal(w.Body.Bytes(), &set); err != nil || len(set.Keys) != 10 {
		t.Fatalf("%d keys, %v", len(set.Keys), err)
	}
	may := map[string]string{"RSA": "kty use alg kid n e", "EC": "kty use alg kid crv x y", "OKP": "kty use alg kid crv x"}
	for _, key := range set.Keys {
		names := strings.Fields(may[key["kty"]])
		for name := range key {
			if !strings.Contains(" "+strings.Join(names, " ")+" ", " "+name+" ") {
				t.Errorf("%s: the member %s", key["alg"], name)
			}
		}
		if len(key) != len(names) || key["use"] != "sig" || key["kid"] != key["alg"] {
			t.Errorf("%v", key)
		}
	}
}

// TestJWKSStopsTheStart uses sets in which no key could be found.
func TestJWKSStopsTheStart(t *testing.T) {
	for want, config := range map[string]jwt.Config{
		"no key has a public half":   {Key: hmacOf(secret).WithID("a")},
		"the RS256 key has no id":    {Key: must(jwt.PrivateKey("RS256", rsaKey()))},
		"the ES256 key has no id":    {Key: must(jwt.PrivateKey("RS256", rsaKey())).WithID("a"), VerificationKeys: []jwt.Key{must(jwt.PrivateKey("ES256", p256Key()))}},
		"Config.Key is missing":      {},
		"one of VerificationKeys is": {Key: must(jwt.PrivateKey("RS256", rsaKey())).WithID("a"), VerificationKeys: []jwt.Key{{}}},
	} {
		message := panics.Of(func() {
			engine := gin.New()
			auth := ginauth.New(engine, ginauth.AuthenticationClasses(jwt.NewStatelessAuthenticator(rotating())))
			jwt.MountJWKS(auth, engine, "/jwks.json", config)
		})
		if !strings.HasPrefix(message, "jwt: MountJWKS: ") || !strings.Contains(message, want) {
			t.Errorf("%q, want %q", message, want)
		}
	}
}

// TestJWKSRules checks that the rules replace the route's own.
func TestJWKSRules(t *testing.T) {
	w := httptest.NewRecorder()
	publishing(allNamed(), ginauth.PermissionClasses(policies.IsAdminUser)).ServeHTTP(w, httptest.NewRequest("GET", "/jwks.json", nil))
	if body, _ := io.ReadAll(w.Body); w.Code != 403 || strings.Contains(string(body), "keys") {
		t.Errorf("%d %s", w.Code, body)
	}
}
