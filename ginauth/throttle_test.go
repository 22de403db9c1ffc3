package ginauth_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
)

// told is a throttle with a quota, and with rates for scopes.
type told struct {
	name      string
	allowed   bool
	quota     ginauth.Quota
	scopes    string
	byAddress bool
}

func (t told) Allow(*gin.Context, *ginauth.Identity) (ginauth.Admission, error) {
	return ginauth.Admission{Allowed: t.allowed, Quota: t.quota}, nil
}
func (t told) Describe() ginauth.ThrottleTraits {
	return ginauth.ThrottleTraits{
		HasRate:         func(scope string) bool { return strings.Contains(t.scopes, scope) },
		CountsByAddress: t.byAddress,
	}
}
func (t told) String() string { return t.name }

func TestRateLimitHeaders(t *testing.T) {
	minute := ginauth.Quota{Policy: "user", Limit: 3, Window: time.Minute, Remaining: 2, Reset: 1200 * time.Millisecond}
	odd := ginauth.Quota{Policy: "a\"b\\c\né", Limit: 1, Window: 10 * time.Millisecond, Remaining: -1, Reset: -time.Second}
	for _, row := range []struct {
		throttles     []ginauth.Throttle
		policy, limit string
		status        int
	}{
		{[]ginauth.Throttle{told{allowed: true, quota: minute}}, `"user";q=3;w=60`, `"user";r=2;t=2`, 200},
		{[]ginauth.Throttle{told{allowed: false, quota: minute}}, `"user";q=3;w=60`, `"user";r=2;t=2`, 429},
		{[]ginauth.Throttle{told{allowed: true}}, "", "", 200},
		{[]ginauth.Throttle{told{allowed: true, quota: minute}, told{allowed: true}, told{allowed: true, quota: odd}},
			`"user";q=3;w=60, "a\"b\\c__";q=1;w=1`, `"user";r=2;t=2, "a\"b\\c__";r=0;t=0`, 200},
	} {
		for _, on := range []bool{true, false} {
			options := []ginauth.Option{ginauth.PermissionClasses(anyone), ginauth.ThrottleClasses(row.throttles[0], row.throttles[1:]...)}
			if on {
				options = append(options, ginauth.RateLimitHeaders())
			} else {
				row.policy, row.limit = "", "" // as in DRF
			}
			engine, _ := newEngine(options...)
			engine.GET("/", ok)
			w := do(engine, "GET", "/", "")
			if got := w.Header().Get("RateLimit-Policy"); got != row.policy || w.Code != row.status {
				t.Errorf("%d RateLimit-Policy %s, want %s", w.Code, got, row.policy)
			}
			if got := w.Header().Get("RateLimit"); got != row.limit {
				t.Errorf("RateLimit %s, want %s", got, row.limit)
			}
		}
	}
}

func TestThrottleScope(t *testing.T) {
	engine, auth := newEngine(ginauth.PermissionClasses(anyone), ginauth.ThrottleClasses(told{name: "Scoped", allowed: true, scopes: "uploads"}))
	scope := func(c *gin.Context) { c.String(200, "%q", ginauth.ThrottleScopeOf(c)) }
	engine.GET("/none", scope)
	uploads := auth.Group(engine, "/uploads", ginauth.ThrottleScope("uploads"))
	uploads.GET("/a", scope)
	uploads.Group("/plain").GET("/b", scope)
	auth.With(uploads, ginauth.ThrottleScope("down")).GET("/c", scope)
	auth.With(uploads, ginauth.NoThrottles()).GET("/d", scope)
	for target, want := range map[string]string{"/none": `""`, "/uploads/a": `"uploads"`, "/uploads/plain/b": `"uploads"`, "/uploads/c": `"down"`} {
		if got := do(engine, "GET", target, "").Body.String(); got != want {
			t.Errorf("%s: %s, want %s", target, got, want)
		}
	}
	var got []string
	for _, f := range auth.Check() {
		message, _, _ := strings.Cut(f.String(), " (declared")
		got = append(got, message)
	}
	if want := "GET /uploads/c: no throttle class has a rate for the scope down|GET /uploads/d: no throttle class has a rate for the scope uploads"; strings.Join(got, "|") != want {
		t.Errorf("findings: %q", got)
	}
	if !strings.Contains(auth.Routes().String(), "Scoped (scope uploads)") {
		t.Errorf("the route table does not tell the scope:\n%s", auth.Routes())
	}
	if !strings.Contains(panicOf(t, func() { ginauth.ThrottleScope("") }), "no name") {
		t.Error("an empty scope")
	}
}

// addressWatcher is an authenticator that only reads the client's address.
type addressWatcher struct{ address string }

func (w *addressWatcher) Authenticate(c *gin.Context) (*ginauth.Identity, error) {
	w.address = ginauth.ClientAddress(c).String()
	return nil, ginauth.ErrNoCredentials
}

// TestClientAddress checks that only configured proxies are trusted, and that
// Gin's default, which trusts every peer, does not count as configured.
func TestClientAddress(t *testing.T) {
	noProxy := func(e *gin.Engine) { _ = e.SetTrustedProxies(nil) }
	proxy := func(e *gin.Engine) { _ = e.SetTrustedProxies([]string{"192.0.2.1", "2001:db8::1"}) }
	everyPeer := func(*gin.Engine) {}
	ignored := func(e *gin.Engine) { e.ForwardedByClientIP = false }
	platform := func(e *gin.Engine) { e.TrustedPlatform = "X-Platform" }
	for _, row := range []struct {
		name, peer, forwarded, platform string
		configure                       func(*gin.Engine)
		want                            string
	}{
		{"no header", "192.0.2.1:1", "", "", proxy, "192.0.2.1"},
		{"through the proxy", "192.0.2.1:1", "198.51.100.7", "", proxy, "198.51.100.7"},
		{"through the proxy, forged", "192.0.2.1:1", "203.0.113.9, 198.51.100.7", "", proxy, "198.51.100.7"},
		{"not through the proxy", "192.0.2.2:1", "198.51.100.7", "", proxy, "192.0.2.2"},
		{"no proxy", "192.0.2.1:1", "198.51.100.7", "", noProxy, "192.0.2.1"},
		{"Gin's default", "192.0.2.1:1", "198.51.100.7", "", everyPeer, "192.0.2.1"},
		{"every peer, in part", "[2001:db8::9]:1", "198.51.100.7", "",
			func(e *gin.Engine) { _ = e.SetTrustedProxies([]string{"::/0"}) }, "2001:db8::9"},
		{"headers ignored", "192.0.2.1:1", "198.51.100.7", "", ignored, "192.0.2.1"},
		{"platform", "192.0.2.1:1", "198.51.100.7", "203.0.113.5", platform, "203.0.113.5"},
		{"platform, header missing", "192.0.2.1:1", "198.51.100.7", "", platform, "192.0.2.1"},
		{"platform, no address", "192.0.2.1:1", "", "x", platform, "192.0.2.1"},
		{"IPv6", "[2001:db8::2%eth0]:1", "", "", noProxy, "2001:db8::2"},
		{"IPv4 in IPv6", "[::ffff:192.0.2.1]:1", "", "", noProxy, "192.0.2.1"},
		{"no address", "@", "198.51.100.7", "", noProxy, "invalid IP"},
		{"garbage forwarded", "192.0.2.1:1", "unknown", "", proxy, "192.0.2.1"},
	} {
		seen := addressWatcher{""}
		engine, auth := newEngine(ginauth.PermissionClasses(anyone))
		row.configure(engine)
		auth.With(engine, ginauth.AuthenticationClasses(&seen)).GET("/", func(c *gin.Context) { c.String(200, "%s", ginauth.ClientAddress(c)) })
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = row.peer
		for name, value := range map[string]string{"X-Forwarded-For": row.forwarded, "X-Platform": row.platform} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		w := httptest.NewRecorder()
		engine.ServeHTTP(w, r)
		if got := w.Body.String(); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
		if seen.address != row.want {
			t.Errorf("%s: the authenticator sees %s, want %s", row.name, seen.address, row.want)
		}
	}
	engine := gin.New() // no guard, no trusted proxy
	engine.GET("/", func(c *gin.Context) { c.String(200, "%s", ginauth.ClientAddress(c)) })
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("X-Forwarded-For", "198.51.100.7")
	w := httptest.NewRecorder()
	engine.ServeHTTP(w, r)
	if got := w.Body.String(); got != "192.0.2.1" {
		t.Errorf("without a guard: %s", got)
	}
}

func TestCheckFindsThrottlesByAnAddressThatIsForged(t *testing.T) {
	proxies := func(networks ...string) func(*gin.Engine) { return trust(t, networks...) }
	with := func(rule func(*gin.Engine), more func(*gin.Engine)) func(*gin.Engine) {
		return func(e *gin.Engine) { rule(e); more(e) }
	}
	headers := func(names ...string) func(*gin.Engine) { return func(e *gin.Engine) { e.RemoteIPHeaders = names } }
	platform := func(e *gin.Engine) { e.TrustedPlatform = "X-Platform" }
	ignored := func(e *gin.Engine) { e.ForwardedByClientIP = false }
	const everyProxy, second, pastPlatform, notRead = "trusts every proxy", "X-Forwarded-For and X-Real-IP", "bypasses the platform", "Forwarded is not read"
	for name, row := range map[string]struct {
		byAddress bool
		configure func(*gin.Engine)
		finding   string
	}{
		"Gin's default":               {true, func(*gin.Engine) {}, everyProxy},
		"no proxy":                    {true, proxies(), ""},
		"every peer":                  {true, proxies("0.0.0.0/0"), everyProxy},
		"every peer among others":     {true, proxies("10.0.0.1", "::/0"), everyProxy},
		"half of all peers":           {true, proxies("128.0.0.0/1"), everyProxy},
		"a proxy, two headers":        {true, proxies("10.0.0.0/8"), second},
		"a proxy, one header":         {true, with(proxies("10.0.0.0/8"), headers("X-Real-IP")), ""},
		"a proxy, no header":          {true, with(proxies("10.0.0.0/8"), headers()), ""},
		"a proxy, Forwarded":          {true, with(proxies("10.0.0.0/8"), headers("forwarded")), notRead},
		"headers ignored":             {true, ignored, ""},
		"a platform, Gin's default":   {true, platform, pastPlatform},
		"a platform, no proxy":        {true, with(proxies(), platform), pastPlatform},
		"a platform, every peer":      {true, with(proxies("::/0"), platform), pastPlatform},
		"a platform, headers ignored": {true, with(ignored, platform), pastPlatform},
		"a platform with its address": {true, with(proxies("10.0.0.0/8"), platform), ""},
		"nothing counts by address":   {false, func(*gin.Engine) {}, ""},
		"nor with a platform":         {false, platform, ""},
	} {
		engine, auth := newEngine(ginauth.ThrottleClasses(told{name: "ByAddress", allowed: true, byAddress: row.byAddress}))
		engine.GET("/", ok)
		row.configure(engine)
		got := auth.Check()
		if row.finding == "" && len(got) == 0 {
			continue
		}
		if len(got) != 1 || row.finding == "" || !strings.Contains(got[0].Message, "ByAddress counts by address, but ") ||
			!strings.Contains(got[0].Message, row.finding) {
			t.Errorf("%s: findings: %v, want %q", name, got, row.finding)
		}
	}
}
