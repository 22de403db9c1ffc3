package policies_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/drf"
	"github.com/ginauth/ginauth/policies/rates"
)

// TestWhoSharesACount checks that a count is shared by one class value, or by
// one store with one scope and one period.
func TestWhoSharesACount(t *testing.T) {
	store := rates.NewMemoryStore()
	shared := policies.RateConfig{Store: store}
	login := policies.RateConfig{Store: store, Counter: "login"}
	one := policies.AnonRate("1/hour")
	for _, row := range []struct {
		name          string
		first, second ginauth.Throttle
		share         bool
	}{
		{"one value", one, one, true},
		{"two values", policies.AnonRate("1/hour"), policies.AnonRate("1/hour"), false},
		{"one store", policies.AnonRate("1/hour", shared), policies.AnonRate("1/hour", shared), true},
		{"one store, two rates", policies.AnonRate("1/min", shared), policies.AnonRate("1/s", shared), false},
		{"one store, two limits", policies.AnonRate("2/day", shared), policies.AnonRate("1/day", shared), false},
		{"one store, two classes", policies.UserRate("1/hour", shared), policies.AddressRate("1/hour", shared), false},
		{"one scope", policies.AnonRate("1/hour", login), policies.AnonRate("1/hour", login), true},
		{"one scope, two limits", policies.AnonRate("2/min", login), policies.AnonRate("1/min", login), true},
		{"one scope, two periods", policies.AnonRate("1/s", login), policies.AnonRate("1/day", login), false},
		{"one scope, two classes", policies.UserRate("1/2h", login), policies.AddressRate("1/2h", login), true},
		{"one scope, one of a route", policies.UserRate("1/3h", login),
			scopedRoute{policies.ScopedRate(map[string]string{"login": "1/3h"}, shared)}, true},
	} {
		first, auth := throttledSite(row.first)
		rules := []ginauth.Rule{ginauth.ThrottleClasses(row.second)}
		if s, ok := row.second.(scopedRoute); ok {
			rules = []ginauth.Rule{ginauth.ThrottleClasses(s.Throttle), ginauth.ThrottleScope("login")}
		}
		auth.With(first, rules...).GET("/second", ok)
		want := http.StatusOK
		if row.share {
			want = http.StatusTooManyRequests
		}
		if a, b := hit(first, "/", ""), hit(first, "/second", ""); a != http.StatusOK || b != want {
			t.Errorf("%s: %d, then %d", row.name, a, b)
		}
	}
}

type scopedRoute struct{ ginauth.Throttle }

func TestScopes(t *testing.T) {
	engine, auth := throttledSite(policies.ScopedRate(map[string]string{"uploads": "1/hour"}))
	auth.With(engine, ginauth.ThrottleScope("uploads")).GET("/uploads", ok)
	auth.With(engine, ginauth.ThrottleScope("downloads")).GET("/downloads", ok)
	for i, row := range []struct {
		path string
		want int
	}{
		{"/uploads", 200}, {"/uploads", 429}, {"/", 200}, {"/", 200}, {"/downloads", 503}, {"/downloads", 503},
	} {
		if got := hit(engine, row.path, ""); got != row.want {
			t.Errorf("request %d, %s: %d, want %d", i, row.path, got, row.want)
		}
	}
	findings := auth.Check()
	if len(findings) != 1 || !strings.Contains(findings[0].String(), "/downloads: no throttle class has a rate for the scope downloads") {
		t.Errorf("%v", findings)
	}
}

// TestEveryScopedRateNeedsARate checks that a class without a rate for the
// scope fails every request, even if another class has one.
func TestEveryScopedRateNeedsARate(t *testing.T) {
	burst := policies.ScopedRate(map[string]string{"uploads": "9/s", "search": "9/s"})
	sustained := policies.ScopedRate(map[string]string{"uploads": "9/day"})
	engine, auth := throttledSite(burst, policies.UserRate("9/min"), sustained)
	auth.With(engine, ginauth.ThrottleScope("uploads")).GET("/uploads", ok)
	auth.With(engine, ginauth.ThrottleScope("search")).GET("/search", ok)
	if a, b := hit(engine, "/uploads", ""), hit(engine, "/search", ""); a != http.StatusOK || b != http.StatusServiceUnavailable {
		t.Errorf("uploads %d, search %d", a, b)
	}
	findings := auth.Check()
	const want = "GET /search: the scope search has no rate in ScopedRate(uploads 9/day) (declared "
	if len(findings) != 1 || !strings.HasPrefix(findings[0].String(), want) {
		t.Errorf("%v", findings)
	}
}

func TestCheckFindsProxies(t *testing.T) {
	for _, row := range []struct {
		throttle ginauth.Throttle
		want     int
	}{
		{policies.AnonRate("1/s"), 1}, {policies.UserRate("1/s"), 1}, {policies.AddressRate("1/s"), 1}, {policies.ScopedRate(nil), 1},
		{policies.AnonRate("1/s", policies.RateConfig{Address: drf.NumProxies(1)}), 0},
	} {
		engine, auth := throttledSite(row.throttle)
		if findings := auth.Check(); len(findings) != 0 {
			t.Errorf("%s, no proxies: %v", row.throttle, findings)
		}
		_ = engine.SetTrustedProxies([]string{"0.0.0.0/0"})
		if findings := auth.Check(); len(findings) != row.want {
			t.Errorf("%s, all proxies: %v", row.throttle, findings)
		}
	}
}
