package oidc_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	gojwt "github.com/golang-jwt/jwt/v5"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/oidc"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	m.Run()
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

const audience = "https://api.example.test"

// start is the time at which the tests take place.
const start = 1_800_000_000

// clock is a clock that a test moves.
type clock struct{ seconds atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.seconds.Store(start)
	return c
}

func (c *clock) now() time.Time        { return time.Unix(c.seconds.Load(), 0) }
func (c *clock) move(by time.Duration) { c.seconds.Add(int64(by / time.Second)) }

// The keys of the tests, made once.
var (
	rsaKey   = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	otherRSA = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	ecKey    = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) })
	edKey    = sync.OnceValue(func() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(make([]byte, 32)) })
)

// issuer is an issuer that behaves as the test says: it uses the handler, if
// there is one, and otherwise publishes its keys.
type issuer struct {
	*httptest.Server
	handler   atomic.Pointer[http.HandlerFunc]
	set       atomic.Pointer[string]
	documents atomic.Int64 // requests for its configuration
	sets      atomic.Int64 // requests for its keys
}

func newIssuer(t testing.TB, keys ...map[string]any) *issuer {
	t.Helper()
	i := &issuer{}
	i.publish(keys...)
	i.Server = httptest.NewServer(i)
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// The handler is read before the request is counted, so that a test that
	// waits for the count can change it.
	h := i.handler.Load()
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		i.documents.Add(1)
	case "/keys":
		i.sets.Add(1)
	}
	if h != nil {
		(*h)(w, r)
		return
	}
	i.serve(w, r)
}

func (i *issuer) serve(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		_ = json.NewEncoder(w).Encode(map[string]string{"issuer": i.URL, "jwks_uri": i.URL + "/keys"})
	case "/keys":
		_, _ = io.WriteString(w, *i.set.Load())
	default:
		http.NotFound(w, r)
	}
}

// does makes the issuer use a handler, or behave normally if that is nil.
func (i *issuer) does(h http.HandlerFunc) {
	if h == nil {
		i.handler.Store(nil)
		return
	}
	i.handler.Store(&h)
}

func (i *issuer) publish(keys ...map[string]any) {
	text := string(must(json.Marshal(map[string]any{"keys": append([]map[string]any{}, keys...)})))
	i.set.Store(&text)
}

// down is an issuer that answers nothing useful.
func down(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }

func encoded(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// jwk returns a public key as an issuer publishes it, with some members added
// or replaced.
func jwk(id string, key crypto.Signer, more ...map[string]any) map[string]any {
	members := map[string]any{"kid": id, "use": "sig"}
	switch public := key.Public().(type) {
	case *rsa.PublicKey:
		members["kty"], members["n"], members["e"] = "RSA", encoded(public.N.Bytes()), "AQAB"
	case *ecdsa.PublicKey:
		point := must(public.Bytes())
		half := 1 + len(point)/2
		members["kty"], members["crv"], members["x"], members["y"] = "EC", public.Params().Name, encoded(point[1:half]), encoded(point[half:])
	case ed25519.PublicKey:
		members["kty"], members["crv"], members["x"] = "OKP", "Ed25519", encoded(public)
	}
	for _, m := range more {
		maps.Copy(members, m)
	}
	return members
}

// token describes a token of the issuer for "alice", with some claims or header
// members added; nil removes one.
type token struct {
	method gojwt.SigningMethod
	key    any
	header map[string]any
	claims map[string]any
}

func (i *issuer) sign(of token) string {
	header := map[string]any{"alg": of.method.Alg(), "typ": "at+jwt", "kid": "1"}
	claims := map[string]any{"iss": i.URL, "aud": audience, "sub": "alice", "iat": start, "exp": start + 86400*3, "jti": "x"}
	for to, from := range map[*map[string]any]map[string]any{&header: of.header, &claims: of.claims} {
		maps.Copy(*to, from)
		maps.DeleteFunc(*to, func(_ string, value any) bool { return value == nil })
	}
	input := encoded(must(json.Marshal(header))) + "." + encoded(must(json.Marshal(claims)))
	return input + "." + encoded(must(of.method.Sign(input, of.key)))
}

// good returns a valid token with the claims.
func (i *issuer) good(claims map[string]any) string {
	return i.sign(token{gojwt.SigningMethodRS256, rsaKey(), nil, claims})
}

// named returns a valid token of a key with another id.
func (i *issuer) named(id any) string {
	return i.sign(token{gojwt.SigningMethodRS256, rsaKey(), map[string]any{"kid": id}, nil})
}

func (i *issuer) config(c *clock) oidc.Config {
	return oidc.Config{Issuer: i.URL, Audience: []string{audience}, Now: c.now}
}

// guarded returns an application whose /me answers with the user of the
// request; any client may read /any.
func guarded(a ginauth.Authenticator, log ...io.Writer) http.Handler {
	engine := gin.New()
	var out io.Writer = io.Discard
	if len(log) > 0 {
		out = log[0]
	}
	auth := ginauth.New(engine, ginauth.AuthenticationClasses(a),
		ginauth.Logger(slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	engine.GET("/me", func(c *gin.Context) { c.String(http.StatusOK, "%s", ginauth.Current(c).Subject()) })
	auth.With(engine, ginauth.PermissionClasses(policies.AllowAny)).GET("/any", func(c *gin.Context) { c.Status(http.StatusOK) })
	return engine
}

func get(h http.Handler, path, token string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func me(h http.Handler, token string) (status int, body string) {
	w := get(h, "/me", token)
	return w.Code, w.Body.String()
}
