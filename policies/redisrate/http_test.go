package redisrate_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/ratetest"
	"github.com/ginauth/ginauth/internal/testing/redistest"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/rates"
	"github.com/ginauth/ginauth/policies/redisrate"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	if prefix := os.Getenv(prefixVariable); prefix != "" {
		serve(prefix)
		return
	}
	os.Exit(m.Run())
}

// site serves GET / to any client, 100 times an hour.
func site(config policies.RateConfig) http.Handler {
	engine, _ := loggedSite(config, io.Discard)
	return engine
}

func loggedSite(config policies.RateConfig, log io.Writer) (*gin.Engine, *ginauth.Auth) {
	engine := gin.New()
	_ = engine.SetTrustedProxies(nil)
	auth := ginauth.New(engine, ginauth.Logger(slog.New(slog.NewTextHandler(log, nil))),
		ginauth.PermissionClasses(policies.AllowAny), ginauth.ThrottleClasses(policies.AnonRate("100/hour", config)))
	engine.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "ok") })
	return engine, auth
}

func TestABurstPassesExactly(t *testing.T) {
	one, prefix := redistest.Open(t)
	another, _ := redistest.Open(t)
	config := redisrate.Config{Prefix: prefix, Timeout: 10 * time.Second}
	got := ratetest.Burst(200,
		site(policies.RateConfig{Store: redisrate.New(one, config)}),
		site(policies.RateConfig{Store: redisrate.New(another, config)}))
	if want := map[int]int{http.StatusOK: 100, http.StatusTooManyRequests: 100}; !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestRedisThatIsGone uses a server that is gone and others that never answer.
// Requests are refused with 503; with FailOpen they pass, which is logged.
// Explanations foresee this and log nothing. All end within the store's timeout,
// although the client has none.
func TestRedisThatIsGone(t *testing.T) {
	for name, client := range redistest.Gone(t) {
		var logs bytes.Buffer
		store := redisrate.New(client, redisrate.Config{Timeout: 50 * time.Millisecond})
		for want, config := range map[int]policies.RateConfig{
			http.StatusServiceUnavailable: {Store: store},
			http.StatusOK:                 {Store: store, FailOpen: true},
		} {
			engine, auth := loggedSite(config, &logs)
			w, start, before := httptest.NewRecorder(), time.Now(), logs.Len()
			x := auth.Explain(httptest.NewRequest(http.MethodGet, "/", nil), nil)
			if took := time.Since(start); took > 5*time.Second || logs.Len() > before ||
				!strings.Contains(x.String(), "throttle AnonRate(100/hour): unknown") || (x.Verdict == ginauth.Allowed) != (want == http.StatusOK) ||
				x.Verdict == ginauth.Refused && x.Status != want {
				t.Errorf("%s: explained after %v as %s, want %d", name, took, x, want)
			}
			start = time.Now()
			engine.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
			if took := time.Since(start); w.Code != want || took > 5*time.Second {
				t.Errorf("%s: %d after %v, want %d", name, w.Code, took, want)
			}
		}
		if n := strings.Count(logs.String(), "code=passed_uncounted"); n != 1 {
			t.Errorf("%s: logged %s", name, logs.String())
		}
	}
}

func TestACancelledRequestIsCutOff(t *testing.T) {
	client := redistest.Gone(t)["hanging"]
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	start := time.Now()
	store := redisrate.New(client, redisrate.Config{Timeout: time.Minute})
	_, err := store.Take(ctx, rates.NewKey("a", "b"), rates.Rate{Limit: 1, Period: time.Hour})
	if !errors.Is(err, context.Canceled) || time.Since(start) > 10*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}
