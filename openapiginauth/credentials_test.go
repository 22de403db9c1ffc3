package openapiginauth_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/authcache"
	"github.com/ginauth/ginauth/policies/jwt"
	"github.com/ginauth/ginauth/policies/oidc"
)

// TestCredentials has a row for each authenticator of the library, with a POST
// that needs a user.
func TestCredentials(t *testing.T) {
	db := database(t)
	session := policies.Session(db, policies.SessionConfig{CookieName: "__Host-sid"})
	protected := policies.Session(db, policies.SessionConfig{CrossOrigin: http.NewCrossOriginProtection()})
	signed := jwt.NewAuthenticator(db, jwt.Config{Key: sitetest.JWTKey})
	inCookies := jwt.NewAuthenticator(db, jwt.Config{Key: sitetest.JWTKey, Cookies: &jwt.Cookies{}})
	sameSite := jwt.NewAuthenticator(db, jwt.Config{Key: sitetest.JWTKey, Cookies: &jwt.Cookies{CrossOrigin: http.NewCrossOriginProtection()}})
	google := oidc.NewAuthenticator(db, oidc.Config{Issuer: "https://login.example.com/", Audience: []string{"api"}, UserField: "username"})
	remote := policies.RemoteUser(db, policies.RemoteUserConfig{Header: "X-Remote-User",
		Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	unchallenged := policies.AuthenticatorFunc("Own", func(*gin.Context) (*ginauth.Identity, error) { return nil, ginauth.ErrNoCredentials })
	const (
		header    = `{"description":"The value begins with the word \"%s\" and a space.","in":"header","name":"Authorization","type":"apiKey"}`
		bearer    = `{"scheme":"bearer","type":"http"}`
		aJWT      = `{"bearerFormat":"JWT","scheme":"bearer","type":"http"}`
		csrf      = `{"description":"A token of the secret in the cookie csrftoken.","in":"header","name":"X-CSRFToken","type":"apiKey"}`
		aSession  = `{"in":"cookie","name":"__Host-sid","type":"apiKey"}`
		jwtCookie = `{"in":"cookie","name":"__Host-access","type":"apiKey"}`
		issuer    = `{"openIdConnectUrl":"https://login.example.com/.well-known/openid-configuration","type":"openIdConnect"}`
	)
	word := func(scheme string) string { return strings.Replace(header, "%s", scheme, 1) }
	for _, row := range []struct {
		name     string
		class    ginauth.Authenticator
		security string
		schemes  string
		statuses string
	}{
		{"basic", policies.Basic(db), `[{"Basic":[]}]`, `{"Basic":{"scheme":"basic","type":"http"}}`, "401 429 503"},
		{"token", policies.Token(db), `[{"Token":[]}]`, `{"Token":` + word("Token") + `}`, "401 503"},
		{"token as bearer", policies.Token(db, "Bearer"), `[{"Token":[]}]`, `{"Token":` + bearer + `}`, "401 503"},
		{"access token", policies.AccessToken(db), `[{"AccessToken":[]}]`, `{"AccessToken":` + bearer + `}`, "401 403 503"},
		{"imported", policies.AccessToken(db, policies.AccessTokenConfig{ImportedKeyword: "Token"}), `[{"AccessToken":[]},{"ImportedToken":[]}]`,
			`{"AccessToken":` + bearer + `,"ImportedToken":` + word("Token") + `}`, "401 403 503"},
		{"not imported", policies.AccessToken(db, policies.AccessTokenConfig{ImportedKeyword: "Bearer", Unimported: policies.Basic(db)}),
			`[{"AccessToken":[]},{"Basic":[]}]`, `{"AccessToken":` + bearer + `,"Basic":{"scheme":"basic","type":"http"}}`, "401 403 429 503"},
		{"session", session, `[{"CSRF":[],"Session":[]}]`, `{"CSRF":` + csrf + `,"Session":` + aSession + `}`, "403 503"},
		{"session, no token", protected, `[{"Session":[]}]`, `{"Session":{"in":"cookie","name":"sessionid","type":"apiKey"}}`, "403 503"},
		{"session, unchecked", session.InsecureWithoutCSRF(), `[{"Session":[]}]`, `{"Session":` + aSession + `}`, "403 503"},
		{"JWT", signed, `[{"JWT":[]}]`, `{"JWT":` + aJWT + `}`, "401 503"},
		{"JWT in cookies", inCookies, `[{"JWT":[]},{"CSRF":[],"JWTCookie":[]}]`, `{"CSRF":` + strings.Replace(csrf, "csrftoken", "__Host-csrftoken", 1) +
			`,"JWT":` + aJWT + `,"JWTCookie":` + jwtCookie + `}`, "401 403 503"},
		{"JWT in cookies, no token", sameSite, `[{"JWT":[]},{"JWTCookie":[]}]`, `{"JWT":` + aJWT + `,"JWTCookie":` + jwtCookie + `}`, "401 403 503"},
		{"API key", policies.APIKey(db), `[{"ApiKey":[]}]`, `{"ApiKey":` + word("Api-Key") + `}`, "401 403 429 503"},
		{"API key in a header", policies.APIKey(db, "X-Api-Key"), `[{"ApiKey":[]}]`,
			`{"ApiKey":{"in":"header","name":"X-Api-Key","type":"apiKey"}}`, "403 429 503"},
		{"OIDC", google, `[{"OIDC":[]}]`, `{"OIDC":` + issuer + `}`, "401 503"},
		{"OIDC or else", google.OrElse(signed), `[{"OIDC":[]},{"JWT":[]}]`, `{"JWT":` + aJWT + `,"OIDC":` + issuer + `}`, "401 503"},
		{"cached", authcache.New(policies.Token(db), authcache.Config{MaxStaleness: time.Second}), `[{"Token":[]}]`, `{"Token":` + word("Token") + `}`, "401 503"},
		{"remote user", remote, `[{"RemoteUser":[]}]`, `{"RemoteUser":{"description":"Set by the proxy in front of the API, which removes the header ` +
			`if a client sends it.","in":"header","name":"X-Remote-User","type":"apiKey"}}`, "403 503"},
		{"unknown, with a challenge", policies.AuthenticatorFunc("Own", nobody, `Key realm="api"`), "undeclared", "", "401 503"},
		{"unknown", unchallenged, "undeclared", "", "403 503"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r, auth := engine(ginauth.AuthenticationClasses(row.class))
			r.POST("/notes", ok)
			doc := document(t, "POST /notes")
			findings := apply(t, doc, auth)
			op := doc.Paths.Value("/notes").Post
			schemes := ""
			if doc.Components.SecuritySchemes != nil {
				schemes = encode(t, doc.Components.SecuritySchemes)
			}
			if got := security(t, op); got != row.security {
				t.Errorf("security %s, want %s", got, row.security)
			}
			if schemes != row.schemes {
				t.Errorf("schemes %s\nwant    %s", schemes, row.schemes)
			}
			if got := statuses(op); got != row.statuses {
				t.Errorf("statuses %s, want %s", got, row.statuses)
			}
			want := ""
			if strings.HasPrefix(row.name, "unknown") {
				want = "POST /notes: Own does not describe its credentials: give it a method Describe (ginauth.AuthenticatorTraits)"
			}
			if got := strings.Join(findings, "\n"); got != want {
				t.Errorf("findings %s, want %s", got, want)
			}
		})
	}
}

func nobody(*gin.Context) (*ginauth.Identity, error) { return nil, ginauth.ErrNoCredentials }

// TestCSRF checks which methods need the token.
func TestCSRF(t *testing.T) {
	session := policies.Session(database(t))
	r, auth := engine(ginauth.AuthenticationClasses(session))
	every := auth.With(r, ginauth.AuthenticationClasses(session.EveryMethod()))
	every.GET("/every", ok)
	var operations []string
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		r.Handle(method, "/x", ok)
		operations = append(operations, method+" /x")
	}
	doc := document(t, append(operations, "GET /every")...)
	apply(t, doc, auth)
	for method, want := range map[string]string{
		"GET": `[{"Session":[]}]`, "HEAD": `[{"Session":[]}]`, "OPTIONS": `[{"Session":[]}]`,
		"POST": `[{"CSRF":[],"Session":[]}]`, "PUT": `[{"CSRF":[],"Session":[]}]`, "PATCH": `[{"CSRF":[],"Session":[]}]`,
		"DELETE": `[{"CSRF":[],"Session":[]}]`,
	} {
		if got := security(t, doc.Paths.Value("/x").GetOperation(method)); got != want {
			t.Errorf("%s: %s, want %s", method, got, want)
		}
	}
	if got := security(t, doc.Paths.Value("/every").Get); got != `[{"CSRF":[],"Session":[]}]` {
		t.Errorf("every method: %s", got)
	}
}
