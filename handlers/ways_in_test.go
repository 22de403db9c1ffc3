package handlers_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/password"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/jwt"
	"github.com/ginauth/ginauth/policies/logins"
)

// waysIn holds, by name, every request that checks a password.
var waysIn = map[string]func(name, password string) *http.Request{
	"Basic": func(name, password string) *http.Request {
		return sitetest.Request("GET", "/basic", sitetest.Password(name, password), "")
	},
	"token endpoint": postLogin("/token"),
	"session login":  postLogin("/session/login"),
	"JWT pair":       postLogin("/jwt/pair"),
	"sliding JWT":    postLogin("/jwt/sliding"),
	"JWT in cookies": postLogin("/jwt/cookies"),
}

func postLogin(path string) func(name, password string) *http.Request {
	return func(name, password string) *http.Request {
		body := fmt.Sprintf(`{"username":%q,"password":%q}`, name, password)
		return sitetest.Request("POST", path, sitetest.Anonymous, body)
	}
}

// allWaysIn returns an application that has them all.
func allWaysIn(t *testing.T, db *gorm.DB, options ...ginauth.Option) *sitetest.Site {
	t.Helper()
	s := sitetest.Serve(t, db, append(options, ginauth.AuthenticationClasses(policies.Basic(db)))...)
	s.Engine.GET("/basic", func(c *gin.Context) { c.String(http.StatusOK, "in") })
	handlers.MountObtainAuthToken(s.Auth, s.Engine, "/token", db, handlers.ObtainAuthTokenConfig{Rules: unthrottled.Rules})
	handlers.MountSession(s.Auth, s.Engine, "/session", policies.Session(db),
		handlers.SessionConfig{Rules: unthrottled.Rules, InsecureWithoutCSRF: true})
	jwt.Mount(s.Auth, s.Engine, jwt.Endpoints{Pair: "/jwt/pair", Sliding: "/jwt/sliding", Rules: unthrottled.Rules}, db, jwt.Config{Key: sitetest.JWTKey})
	jwt.Mount(s.Auth, s.Engine, jwt.Endpoints{Pair: "/jwt/cookies", Rules: unthrottled.Rules}, db,
		jwt.Config{Key: sitetest.JWTKey, Cookies: &jwt.Cookies{CrossOrigin: http.NewCrossOriginProtection()}})
	return s
}

// seen returns everything that a client sees of an answer, on one line.
func seen(h http.Handler, r *http.Request) string {
	w := sitetest.Exchange(h, r)
	var headers []string
	for name, values := range w.Header() {
		headers = append(headers, fmt.Sprint(name, values))
	}
	slices.Sort(headers)
	return fmt.Sprint(w.Code, " ", headers, " ", w.Body)
}

// roomy limits count everything and, within reason, refuse nothing.
var roomy = logins.Limits{Curve: logins.Curve{Free: 1 << 20,
	AccountBurst: 1 << 20, AccountEvery: time.Millisecond, NetworkBurst: 1 << 20, NetworkEvery: time.Millisecond}}

// TestNobodyLearnsWhoExists checks that unknown users, inactive users, and
// users with any kind of stored hash differ from a wrong password neither in
// the answer nor in the time it takes. Skipping a hash would cut the time to a
// tenth or less.
func TestNobodyLearnsWhoExists(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short takes no time")
	}
	preferred, old := password.PBKDF2SHA256{Iterations: 10_000}, password.PBKDF2SHA1{Iterations: 20_000}
	db := dbtest.Open(t, dbtest.SQLite(t))
	people.Configure(t, db, models.Passwords{Hashers: password.Hashers{preferred, old}}, roomy)
	if err := models.Migrate(db); err != nil {
		t.Fatal(err)
	}
	encode := func(h password.Hasher) string {
		hash, err := h.Encode("porridge")
		if err != nil {
			t.Fatal(err)
		}
		return hash
	}
	for name, hash := range map[string]string{
		"alice":        encode(preferred),
		"inactive":     encode(preferred),
		"inactive-old": encode(old),
		"old":          encode(old),
		"weak":         encode(password.PBKDF2SHA256{Iterations: 10}),
		"unusable":     "!unusable",
		"empty":        "",
		"broken":       "pbkdf2_sha256$x$y$z",
		"foreign":      "foo$bar",
	} {
		user := &models.User{Username: name, Password: models.Secret(hash), IsActive: !strings.HasPrefix(name, "inactive")}
		if err := db.Create(user).Error; err != nil {
			t.Fatal(err)
		}
	}
	engine := allWaysIn(t, db)
	attempts := []struct{ name, password string }{
		{"alice", "wrong"}, // first: the baseline for all others
		{"nobody", "porridge"},
		{strings.Repeat("n", 150), "porridge"},
		{strings.Repeat("n", 1000), "porridge"},
		{"ALICE", "porridge"},
		{"inactive", "porridge"},
		{"inactive", "wrong"},
		{"inactive-old", "porridge"},
		{"old", "wrong"},
		{"weak", "wrong"},
		{"unusable", "!unusable"},
		{"unusable", "wrong"},
		{"empty", "wrong"},
		{"broken", "wrong"},
		{"foreign", "foo$bar"},
		{"alice", strings.Repeat("w", 73)},
		{"nobody", strings.Repeat("w", 4096)},
	}
	for way, request := range waysIn {
		t.Run(way, func(t *testing.T) {
			seen(engine, request("old", "wrong")) // lets the server see the old algorithm
			want := seen(engine, request("alice", "wrong"))
			if strings.HasPrefix(want, "2") || strings.HasPrefix(want, "5") {
				t.Fatalf("a wrong password: %s", want)
			}
			for _, a := range attempts {
				if got := seen(engine, request(a.name, a.password)); got != want {
					t.Errorf("%.20q, %.20q:\n got %s\nwant %s", a.name, a.password, got, want)
				}
			}
			var functions []func()
			for _, a := range attempts {
				functions = append(functions, func() { seen(engine, request(a.name, a.password)) })
			}
			for i, ratio := range medianRatios(functions, 0.6, 1.6) {
				if ratio < 0.6 || ratio > 1.6 {
					t.Errorf("%.20q, %.20q takes %.2f times as long as a wrong password", attempts[i].name, attempts[i].password, ratio)
				}
			}
			// So does a password that no user can have, but equally for every
			// name.
			long := strings.Repeat("w", password.MaxBytes+1)
			if known, unknown := seen(engine, request("alice", long)), seen(engine, request("nobody", long)); known != unknown {
				t.Errorf("too long:\n%s\n%s", known, unknown)
			}
		})
	}
}

// medianRatios returns the median time of each function, divided by that of the
// first. They take turns, so that a disturbance of the machine affects all of
// them. While a ratio is out of bounds it takes more samples, up to a number
// that is enough to be sure.
func medianRatios(functions []func(), least, most float64) (ratios []float64) {
	samples := make([][]time.Duration, len(functions))
	for n := 1; n <= 60; n++ {
		for i, f := range functions {
			start := time.Now()
			f()
			samples[i] = append(samples[i], time.Since(start))
		}
		if n < 9 {
			continue
		}
		ratios = ratios[:0]
		for _, times := range samples {
			slices.Sort(times)
			ratios = append(ratios, float64(times[n/2])/float64(samples[0][n/2]))
		}
		if slices.Min(ratios) >= least && slices.Max(ratios) <= most {
			break
		}
	}
	return ratios
}

// stuck is a hasher that blocks until it is released.
type stuck struct {
	password.PBKDF2SHA256
	working, release chan struct{}
}

func (s stuck) Encode(string) (string, error) {
	s.working <- struct{}{}
	<-s.release
	return "", errors.New("released")
}

// TestTooManyLogins checks that all ways in share one bound, and that logins
// beyond it are 503 with the time after which to retry.
func TestTooManyLogins(t *testing.T) {
	for way, request := range waysIn {
		t.Run(way, func(t *testing.T) {
			hasher := stuck{working: make(chan struct{}, 100), release: make(chan struct{})}
			db := dbtest.Open(t, dbtest.SQLite(t))
			limits := password.Limits{Concurrent: 1, Wait: 1500 * time.Microsecond}
			people.Configure(t, db, models.Passwords{Hashers: password.Hashers{hasher}, Limits: limits})
			if err := models.Migrate(db); err != nil {
				t.Fatal(err)
			}
			engine := allWaysIn(t, db)
			var logins sync.WaitGroup
			logins.Go(func() { seen(engine, waysIn["Basic"]("nobody", "pw")) })
			<-hasher.working
			got := seen(engine, request("nobody", "pw"))
			const detail = `{"detail":"Service temporarily unavailable, try again later. Expected available in 1 second."}`
			if !strings.HasPrefix(got, "503 ") || !strings.Contains(got, "Retry-After[1]") || !strings.HasSuffix(got, detail) {
				t.Error(got)
			}
			close(hasher.release)
			logins.Wait()
			if got := seen(engine, request("nobody", "pw")); !strings.HasPrefix(got, "4") {
				t.Errorf("afterwards: %s", got)
			}
		})
	}
}
