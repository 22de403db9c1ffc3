package policies_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/ratetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
	"github.com/ginauth/ginauth/policies/rates"
)

// throttledSite serves GET / to all clients within the rates.
func throttledSite(throttle ginauth.Throttle, more ...ginauth.Throttle) (*gin.Engine, *ginauth.Auth) {
	engine := gin.New()
	_ = engine.SetTrustedProxies(nil)
	auth := ginauth.New(engine, ginauth.Logger(slog.New(slog.DiscardHandler)), ginauth.RateLimitHeaders(),
		ginauth.PermissionClasses(policies.AllowAny), ginauth.ThrottleClasses(throttle, more...))
	engine.GET("/", ok)
	return engine, auth
}

func ok(c *gin.Context) { c.String(http.StatusOK, "ok") }

// hit sends one request and returns the status. Headers come in pairs.
func hit(h http.Handler, path, peer string, headers ...string) int {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if peer != "" {
		r.RemoteAddr = peer
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

func TestABurstPassesExactly(t *testing.T) {
	for _, rate := range []string{"100/hour", "64/hour", "1/hour"} {
		limit := mustParseRate(t, rate).Limit
		engine, _ := throttledSite(policies.AnonRate(rate))
		want := map[int]int{http.StatusOK: limit, http.StatusTooManyRequests: 200 - limit}
		if got := ratetest.Burst(200, engine); !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v", rate, got, want)
		}
	}
}

func mustParseRate(t *testing.T, s string) rates.Rate {
	t.Helper()
	rate, err := rates.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return rate
}

// TestForgedAddresses checks that a header not set by a trusted proxy does not
// make a new client, not even while Gin trusts every peer.
func TestForgedAddresses(t *testing.T) {
	for name, configure := range map[string]func(*gin.Engine){
		"no proxy":      func(e *gin.Engine) { _ = e.SetTrustedProxies(nil) },
		"another proxy": func(e *gin.Engine) { _ = e.SetTrustedProxies([]string{"10.0.0.0/8"}) },
		"Gin's default": func(e *gin.Engine) { _ = e.SetTrustedProxies([]string{"0.0.0.0/0", "::/0"}) },
	} {
		for _, throttle := range []ginauth.Throttle{policies.AnonRate("5/hour"), policies.UserRate("5/hour"), policies.AddressRate("5/hour")} {
			engine, _ := throttledSite(throttle)
			configure(engine)
			passed := 0
			for i := range 1000 {
				address := fmt.Sprintf("203.0.%d.%d", i/250, i%250)
				if hit(engine, "/", "", "X-Forwarded-For", address, "X-Real-IP", address, "Forwarded", "for="+address) == http.StatusOK {
					passed++
				}
			}
			if passed != 5 {
				t.Errorf("%s, %s: %d of 1000 passed", name, throttle, passed)
			}
		}
	}
}

// TestThroughAProxy checks that the address that the trusted proxy saw counts,
// and not what the client wrote before it.
func TestThroughAProxy(t *testing.T) {
	engine, _ := throttledSite(policies.AnonRate("2/hour"))
	if err := engine.SetTrustedProxies([]string{"10.0.0.1"}); err != nil {
		t.Fatal(err)
	}
	for i, row := range []struct {
		forwarded string
		want      int
	}{
		{"203.0.113.1", 200},
		{"9.9.9.9, 203.0.113.1", 200},
		{"8.8.8.8, 203.0.113.1", 429},
		{"203.0.113.2", 200},
		{"203.0.113.1, 203.0.113.2", 200},
		{"203.0.113.2", 429}, {"2001:db8:1:2::1", 200}, {"2001:db8:1:2:ffff::2", 200}, {"2001:db8:1:2::3", 429}, {"2001:db8:1:3::1", 200},
	} {
		if got := hit(engine, "/", "10.0.0.1:1", "X-Forwarded-For", row.forwarded); got != row.want {
			t.Errorf("request %d, %s: %d, want %d", i, row.forwarded, got, row.want)
		}
	}
}

// TestThroughAProxyThatWritesPorts checks that clients are told apart behind a
// gateway that writes their ports, and that a header of theirs beside it does
// not count.
func TestThroughAProxyThatWritesPorts(t *testing.T) {
	engine, _ := throttledSite(policies.AddressRate("3/min"))
	if err := engine.SetTrustedProxies([]string{"10.0.0.1"}); err != nil {
		t.Fatal(err)
	}
	for client := range 5 {
		for i := range 4 {
			want := http.StatusOK
			if i == 3 {
				want = http.StatusTooManyRequests
			}
			forwarded := fmt.Sprintf("9.9.9.%d, 203.0.113.%d:%d", i, client, 5678+i)
			if got := hit(engine, "/", "10.0.0.1:1", "X-Forwarded-For", forwarded, "X-Real-IP", fmt.Sprint("9.9.9.", i)); got != want {
				t.Errorf("client %d, request %d: %d, want %d", client, i, got, want)
			}
		}
	}
}

// TestMalformedAddresses checks that a text that is not an address does not
// make a new client, even if a trusted proxy passes it on.
func TestMalformedAddresses(t *testing.T) {
	store := &recorder{}
	engine, _ := throttledSite(policies.AnonRate("2/hour", policies.RateConfig{Store: store}))
	if err := engine.SetTrustedProxies([]string{"10.0.0.1"}); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("1", 64<<10)
	for _, value := range []string{"a%00b", "a\x00b", "unknown", "", ",", " , ", "_hidden", "203.0.113.1:80x", "999.1.1.1",
		long, long + ",", "1.2.3.4.5", "\xff"} {
		hit(engine, "/", "10.0.0.1:1", "X-Forwarded-For", value)
	}
	for _, key := range store.asked {
		if key != "anon:2/hour:addr:10.0.0.1 2/hour" {
			t.Errorf("%.100s is a client of its own", key)
		}
	}
	if len(store.asked) != 13 {
		t.Errorf("%d were counted", len(store.asked))
	}
}

// TestAddressesAsText checks that with DRF's rules what a client sends is a
// key, but of bounded size, and never a user's key.
func TestAddressesAsText(t *testing.T) {
	store := &recorder{}
	engine, _ := throttledSite(policies.UserRate("2/hour",
		policies.RateConfig{Counter: "user", Store: store, Address: drf.InsecureForwardedFor}))
	for _, value := range []string{"3", "user:3", "user:user:3", strings.Repeat("1", 64<<10), "a b", "a\r\nb", "{a}", "*"} {
		hit(engine, "/", "", "X-Forwarded-For", value)
	}
	for _, key := range store.asked {
		if !strings.HasPrefix(key, "user/hour:addr:") || len(key) > 128 || strings.ContainsAny(key, "\r\n{}*") {
			t.Errorf("the key is %.200q", key)
		}
	}
	if len(store.asked) != 8 {
		t.Errorf("%d were counted", len(store.asked))
	}
}

// TestAStoreThatIsDown expects 503 by default. With FailOpen the request is
// admitted, which is logged once a second.
func TestAStoreThatIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &recorder{err: errors.New("connection refused")}
		engine, _ := throttledSite(policies.AnonRate("2/hour", policies.RateConfig{Store: store}))
		if got := hit(engine, "/", ""); got != http.StatusServiceUnavailable {
			t.Errorf("%d", got)
		}

		var logs bytes.Buffer
		engine = gin.New()
		_ = engine.SetTrustedProxies(nil)
		ginauth.New(engine, ginauth.Logger(slog.New(slog.NewTextHandler(&logs, nil))), ginauth.PermissionClasses(policies.AllowAny),
			ginauth.ThrottleClasses(policies.AnonRate("2/hour", policies.RateConfig{Store: store, FailOpen: true})))
		engine.GET("/", ok)
		time.Sleep(time.Hour)
		for range 10 {
			if got := hit(engine, "/", ""); got != http.StatusOK {
				t.Errorf("%d", got)
			}
		}
		time.Sleep(time.Second)
		hit(engine, "/", "")
		lines := strings.Split(strings.TrimSpace(logs.String()), "\n")
		if len(lines) != 2 {
			t.Fatalf("logged %s", logs.String())
		}
		for i, want := range []string{`cause="connection refused" client=`, `cause="connection refused" failures=10 `} {
			if !strings.Contains(lines[i], `level=ERROR msg="store failed" code=passed_uncounted`) ||
				!strings.Contains(lines[i], `class=AnonRate(2/hour) `+want) {
				t.Errorf("logged %s", lines[i])
			}
		}
	})
}

// TestABrokenOffRequestDoesNotPass checks that a client cannot avoid being
// counted by breaking off at the right moment.
func TestABrokenOffRequestDoesNotPass(t *testing.T) {
	throttle := policies.AnonRate("2/hour", policies.RateConfig{Store: &recorder{err: context.Canceled}, FailOpen: true})
	c := requestFrom("192.0.2.1:1", "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c.Request = c.Request.WithContext(ctx)
	if d, err := throttle.Allow(c, &ginauth.Identity{}); d.Allowed || !errors.Is(err, context.Canceled) {
		t.Errorf("%v %v", d, err)
	}
}

// TestQuotaHeaders checks that each class is reported under a name of its own.
func TestQuotaHeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine, _ := throttledSite(policies.UserRate("2/10s"), policies.UserRate("50/hour", policies.RateConfig{Counter: "sustained"}))
		for i, row := range []struct{ policy, limit, retry string }{
			{`"user:2/10s";q=2;w=10, "sustained/hour";q=50;w=3600`, `"user:2/10s";r=1;t=10, "sustained/hour";r=49;t=3600`, ""},
			{`"user:2/10s";q=2;w=10, "sustained/hour";q=50;w=3600`, `"user:2/10s";r=0;t=6, "sustained/hour";r=48;t=3596`, ""},
			{`"user:2/10s";q=2;w=10, "sustained/hour";q=50;w=3600`, `"user:2/10s";r=0;t=2, "sustained/hour";r=47;t=3592`, "2"},
		} {
			w := httptest.NewRecorder()
			engine.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
			h := w.Header()
			if h.Get("RateLimit-Policy") != row.policy || h.Get("RateLimit") != row.limit || h.Get("Retry-After") != row.retry {
				t.Errorf("request %d: %v", i, h)
			}
			time.Sleep(4 * time.Second)
		}
	})
}

func TestKeyRateErrors(t *testing.T) {
	for want, failure := range map[int]error{503: errors.New("no tenant"), 404: ginauth.NotFound()} {
		engine, _ := throttledSite(policies.KeyRate("tenant", "1/s",
			func(*gin.Context, *ginauth.Identity) (string, error) { return "x", failure }))
		if got := hit(engine, "/", ""); got != want {
			t.Errorf("%v: %d", failure, got)
		}
	}
}

// TestAllocations checks that a decision about a known client allocates
// nothing.
func TestAllocations(t *testing.T) {
	alice, nobody := &ginauth.Identity{User: &models.User{ID: 42}}, &ginauth.Identity{}
	tenant := func(*gin.Context, *ginauth.Identity) (string, error) { return "acme", nil }
	for _, row := range []struct {
		throttle ginauth.Throttle
		id       *ginauth.Identity
	}{
		{policies.AnonRate("10/day"), alice}, {policies.AnonRate("10/day"), nobody}, {policies.UserRate("10/day"), alice},
		{policies.UserRate("100000/day"), alice}, {policies.UserRate("10/day"), nobody}, {policies.AddressRate("10/day"), alice},
		{policies.KeyRate("tenant", "10/day", tenant), nobody},
	} {
		c := requestFrom("[2001:db8::1]:1234", "")
		if n := testing.AllocsPerRun(1000, func() {
			if _, err := row.throttle.Allow(c, row.id); err != nil {
				t.Error(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", row.throttle, n)
		}
	}
}
