package policies_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/redistest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/rates"
	"github.com/ginauth/ginauth/policies/redisrate"
)

// forecast explains requests and sends them.
type forecast struct {
	*testing.T
	engine *gin.Engine
	auth   *ginauth.Auth
}

// throttledBy serves GET / to any client within throttles. The user of a
// request is alice if the header X-User is set.
func throttledBy(t *testing.T, rules ...ginauth.Rule) forecast {
	t.Helper()
	engine := gin.New()
	alice := func(c *gin.Context) (*ginauth.Identity, error) {
		if c.GetHeader("X-User") == "" {
			return nil, ginauth.ErrNoCredentials
		}
		return &ginauth.Identity{User: &models.User{ID: 42, IsActive: true}}, nil
	}
	auth := ginauth.New(engine, ginauth.Logger(slog.New(slog.DiscardHandler)), ginauth.PermissionClasses(policies.AllowAny),
		ginauth.AuthenticationClasses(policies.AuthenticatorFunc("Alice", alice)))
	auth.With(engine, rules...).GET("/", ok)
	return forecast{t, engine, auth}
}

// ask explains a request twice, sends it, and returns the outcomes of the
// throttles. The explanations must be equal, and say what the guard answers.
func (f forecast) ask(user bool, headers ...string) string {
	f.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	var id *ginauth.Identity
	if user {
		r.Header.Set("X-User", "alice")
		id = &ginauth.Identity{User: &models.User{ID: 42, IsActive: true}}
	}
	first, second := f.auth.Explain(r, id), f.auth.Explain(r, id)
	if !reflect.DeepEqual(bySecond(first), bySecond(second)) {
		f.Errorf("explained as %s and then as %s", first, second)
	}
	w := httptest.NewRecorder()
	f.engine.ServeHTTP(w, r)
	want := http.StatusOK
	if first.Verdict != ginauth.Allowed {
		want = first.Status
	}
	if w.Code != want {
		f.Errorf("answered %d, explained as %s", w.Code, first)
	}
	return outcomes(first)
}

// bySecond leaves out of an explanation what changes from one second to the
// next.
func bySecond(x ginauth.Explanation) (all []string) {
	for _, s := range x.Steps {
		outcome, _, _ := strings.Cut(s.Outcome, "more in ")
		all = append(all, s.Kind+s.Class+outcome)
	}
	return append(all, string(x.Verdict))
}

func outcomes(x ginauth.Explanation) string {
	var all []string
	for _, s := range x.Steps {
		if s.Kind == "throttle" {
			all = append(all, s.Outcome)
		}
	}
	return strings.Join(all, " | ")
}

// onStores runs a test on a store of each kind.
func onStores(t *testing.T, test func(t *testing.T, store rates.Store)) {
	t.Run("memory", func(t *testing.T) { test(t, rates.NewMemoryStore()) })
	t.Run("redis", func(t *testing.T) {
		client, prefix := redistest.Open(t)
		test(t, redisrate.New(client, redisrate.Config{Prefix: prefix, Timeout: 10 * time.Second}))
	})
}

// TestExplanationsForeseeRates asks for each kind of throttle before every
// request until two have been refused.
func TestExplanationsForeseeRates(t *testing.T) {
	scopes := map[string]string{"alpha": "2/hour"}
	tenant := func(c *gin.Context, _ *ginauth.Identity) (string, error) { return c.GetHeader("X-Tenant"), nil }
	uncounted := []string{"yes; not counted", "yes; not counted"}
	two := []string{"yes; 2 left of 2", "yes; 1 left of 2, more in 1h0m0s", "no; more in 1h0m0s", "no; more in 1h0m0s"}
	onStores(t, func(t *testing.T, store rates.Store) {
		n := 0
		config := func() policies.RateConfig { // of another counter each time
			n++
			return policies.RateConfig{Store: store, Counter: "c" + strings.Repeat("x", n)}
		}
		shared := config()
		mixed := config()
		for _, row := range []struct {
			name  string
			rules []ginauth.Rule
			user  bool
			want  []string
		}{
			{"AnonRate", throttles(policies.AnonRate("2/hour", config())), false, two},
			{"AnonRate of a user", throttles(policies.AnonRate("2/hour", config())), true, uncounted},
			{"UserRate", throttles(policies.UserRate("2/hour", config())), true, two},
			{"UserRate of nobody", throttles(policies.UserRate("2/hour", config())), false, two},
			{"AddressRate", throttles(policies.AddressRate("2/hour", config())), true, two},
			{"KeyRate", throttles(policies.KeyRate("tenants", "2/hour", tenant, config())), false, two},
			{"ScopedRate", append(throttles(policies.ScopedRate(scopes, policies.RateConfig{Store: store})), ginauth.ThrottleScope("alpha")), true, two},
			{"ScopedRate without a scope", throttles(policies.ScopedRate(scopes, policies.RateConfig{Store: store})), true, uncounted},
			{"a limit of zero", throttles(policies.UserRate("0/hour", config())), true, []string{"no", "no"}},
			{"more than 64", throttles(policies.UserRate("65/hour", config())), true, []string{"yes; 65 left of 65", "yes; 64 left of 65, more in 1h0m0s"}},
			{"two", throttles(policies.UserRate("3/hour", config()), policies.UserRate("1/hour", config())), true, []string{
				"yes; 3 left of 3 | yes; 1 left of 1",
				"yes; 2 left of 3, more in 1h0m0s | no; more in 1h0m0s",
				"yes; 1 left of 3, more in 1h0m0s | no; more in 1h0m0s",
				"no; more in 1h0m0s | no; more in 1h0m0s"}},
			{"two that share a log", throttles(policies.UserRate("3/hour", shared), policies.UserRate("5/hour", shared)), true, []string{
				"yes; 3 left of 3 | yes; 4 left of 5, more in 1h0m0s",
				"yes; 1 left of 3, more in 1h0m0s | yes; 2 left of 5, more in 1h0m0s",
				"no; more in 1h0m0s | yes; 1 left of 5, more in 1h0m0s",
				"no; more in 1h0m0s | no; more in 1h0m0s"}},
			{"the second is full because of the first", throttles(policies.UserRate("3/hour", mixed), policies.UserRate("1/hour", mixed)), true, []string{
				"yes; 3 left of 3 | no; more in 1h0m0s",
				"yes; 2 left of 3, more in 1h0m0s | no; more in 1h0m0s"}},
		} {
			t.Run(row.name, func(t *testing.T) {
				f := throttledBy(t, row.rules...)
				for i, want := range row.want {
					got := strings.ReplaceAll(f.ask(row.user, "X-Tenant", "acme"), "59m59s", "1h0m0s")
					if got != want {
						t.Errorf("request %d: %s, want %s", i, got, want)
					}
				}
			})
		}
	})
}

func throttles(first ginauth.Throttle, more ...ginauth.Throttle) []ginauth.Rule {
	return []ginauth.Rule{ginauth.ThrottleClasses(first, more...)}
}

// TestExplanationsForeseeTime follows the wait of a refused client.
func TestExplanationsForeseeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := throttledBy(t, throttles(policies.UserRate("2/min"))...)
		for _, step := range []struct {
			after time.Duration
			want  string
		}{
			{0, "yes; 2 left of 2"},
			{20 * time.Second, "yes; 1 left of 2, more in 40s"},
			{28 * time.Second, "no; more in 12s"},
			{11 * time.Second, "no; more in 1s"},
			{time.Second, "yes; 1 left of 2, more in 20s"},
			{time.Hour, "yes; 2 left of 2"},
		} {
			time.Sleep(step.after)
			if got := f.ask(true); got != step.want {
				t.Errorf("%v later: %s, want %s", step.after, got, step.want)
			}
		}
	})
}

// opaque is a store that cannot tell what it would answer.
type opaque struct{ rates.Store }

func (opaque) Peek(context.Context, rates.Key, rates.Rate) (rates.Tally, bool, error) {
	return rates.Tally{}, false, nil
}

// relay is a store that hands on to another one, by value, so that it cannot be
// compared.
type relay struct {
	rates.Store
	_ []int
}

// down is a store that does not answer.
type down struct{}

func (down) Take(context.Context, rates.Key, rates.Rate) (rates.Tally, error) {
	return rates.Tally{}, errDown
}
func (down) Peek(context.Context, rates.Key, rates.Rate) (rates.Tally, bool, error) {
	return rates.Tally{}, false, errDown
}

// TestExplanationsWithoutTheState checks what is said of throttles that cannot
// tell, and that the guard agrees where it does not depend on the count.
func TestExplanationsWithoutTheState(t *testing.T) {
	memory := rates.NewMemoryStore
	fails := func(err error) func(*gin.Context, *ginauth.Identity) (string, error) {
		return func(*gin.Context, *ginauth.Identity) (string, error) { return "", err }
	}
	by := func(store rates.Store) []ginauth.Rule {
		return throttles(policies.UserRate("2/hour", policies.RateConfig{Store: store}))
	}
	incomparable := policies.RateConfig{Store: relay{Store: memory()}}
	open := throttleFunc(func() (ginauth.Admission, error) { return ginauth.Admission{Allowed: true}, nil })
	for name, row := range map[string]struct {
		rules []ginauth.Rule
		want  string
	}{
		"a store without the ability":     {by(opaque{memory()}), "unknown"},
		"a relay to one without":          {by(relay{Store: opaque{memory()}}), "unknown"},
		"a relay":                         {by(relay{Store: memory()}), "yes; 2 left of 2"},
		"a store that is down":            {by(down{}), "unknown: UserRate(2/hour): down"},
		"a store that is down, admitting": {throttles(policies.UserRate("2/hour", policies.RateConfig{Store: down{}, FailOpen: true})), "unknown"},
		"a key that fails":                {throttles(policies.KeyRate("k", "2/hour", fails(errDown))), "unknown: KeyRate(k 2/hour): down"},
		"a key that refuses":              {throttles(policies.KeyRate("k", "2/hour", fails(ginauth.PermissionDenied()))), "no"},
		"a class of the application's":    {throttles(open), "unknown"},
		"a wrapper without the ability":   {throttles(struct{ ginauth.Throttle }{policies.UserRate("2/hour")}), "unknown"},
		"a scope without a rate": {throttles(policies.ScopedRate(nil)),
			"unknown: ScopedRate(): no rate for the scope beta: add it to ScopedRate()"},
		"stores that cannot be compared": {throttles(policies.UserRate("2/hour", incomparable), policies.UserRate("2/hour", incomparable)),
			"yes; 2 left of 2 | yes; 2 left of 2"},
	} {
		t.Run(name, func(t *testing.T) {
			f := throttledBy(t, append(row.rules, ginauth.ThrottleScope("beta"))...)
			if got := f.ask(true); got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
		})
	}
}

// TestExplanationsWithoutAnAddress checks that a request without an address is
// not explained by the count of some client.
func TestExplanationsWithoutAnAddress(t *testing.T) {
	f := throttledBy(t, throttles(policies.AnonRate("1/hour"), policies.UserRate("1/hour"))...)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = ""
	for user, want := range map[*ginauth.Identity]string{
		nil:                          "unknown | unknown",
		{User: &models.User{ID: 42}}: "yes; not counted | yes; 1 left of 1",
	} {
		if x := f.auth.Explain(r, user); outcomes(x) != want || x.Verdict != ginauth.Allowed {
			t.Errorf("explained as %s, want %s", x, want)
		}
	}
}

type unexpected struct{ *testing.T }

func (u unexpected) Observe(_ context.Context, e ginauth.Event) { u.Errorf("%+v", e) }

// TestExplanationsTellNoObserver checks that an explanation is no event, not
// even while the store is down.
func TestExplanationsTellNoObserver(t *testing.T) {
	engine := gin.New()
	auth := ginauth.New(engine, ginauth.PermissionClasses(policies.AllowAny),
		ginauth.Observers(unexpected{t}),
		ginauth.ThrottleClasses(policies.AnonRate("1/hour", policies.RateConfig{Store: down{}, FailOpen: true}), policies.AnonRate("0/hour")))
	engine.GET("/", ok)
	if x := auth.Explain(httptest.NewRequest(http.MethodGet, "/", nil), nil); x.Status != http.StatusTooManyRequests {
		t.Errorf("explained as %s", x)
	}
}
