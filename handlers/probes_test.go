package handlers_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/panics"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/rates"
)

// TestProbes follows a server from its start to its end. Its routes are for
// users, seldom; the probes must not inherit that.
func TestProbes(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		people.Create(t, db)
		s := sitetest.Serve(t, db,
			ginauth.AuthenticationClasses(policies.Token(db)),
			ginauth.PermissionClasses(policies.IsAdminUser),
			ginauth.ThrottleClasses(policies.AnonRate("1/day", policies.RateConfig{Store: rates.NewMemoryStore()})))
		refusal := errors.New("no route to secret.example")
		redis := refusal
		drain := handlers.MountProbes(s.Auth, s.Engine, "/-", db, handlers.ProbesConfig{
			Logger:   slog.New(slog.DiscardHandler),
			Requires: map[string]func(context.Context) error{"redis": func(context.Context) error { return redis }},
		})
		if findings := s.Auth.Check(); len(findings) > 0 {
			t.Fatal(findings)
		}
		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		const live = `200 {"status":"ok"}`
		for _, row := range []struct {
			name  string
			do    func()
			ready string
		}{
			{"redis is down", func() {}, `503 {"status":"unavailable","failed":["redis"]}`},
			{"redis is back", func() { redis = nil }, `200 {"status":"ok"}`},
			{"the database is gone", func() { _ = pool.Close() }, `503 {"status":"unavailable","failed":["database"]}`},
			{"both are gone", func() { redis = refusal }, `503 {"status":"unavailable","failed":["database","redis"]}`},
			{"told to stop", func() { drain(t.Context(), time.Millisecond) }, `503 {"status":"draining"}`},
		} {
			time.Sleep(510 * time.Millisecond) // until the last answer has served its time
			row.do()
			for _, path := range []struct{ path, want string }{{"/-/readyz", row.ready}, {"/-/livez", live}} {
				for range 2 {
					w := s.Do("GET", path.path, sitetest.As{"Authorization: Token wrong"}, "")
					if w.String() != path.want || w.Header().Get("Cache-Control") != "no-store" {
						t.Errorf("%s: GET %s: %s %v, want %s", row.name, path.path, w, w.Header(), path.want)
					}
				}
				if w := s.Do("GET", path.path, sitetest.Anonymous, ""); (w.Code == 503) != (w.Header().Get("Retry-After") == "5") {
					t.Errorf("%s: GET %s: %d, Retry-After %q", row.name, path.path, w.Code, w.Header().Get("Retry-After"))
				}
				if w := s.Do("HEAD", path.path, sitetest.Anonymous, ""); w.Code != s.Do("GET", path.path, sitetest.Anonymous, "").Code {
					t.Errorf("%s: HEAD %s: %d", row.name, path.path, w.Code)
				}
			}
		}
	})
}

// TestDrainEndsWithItsContext: a second signal must not wait.
func TestDrainEndsWithItsContext(t *testing.T) {
	s := sitetest.New(t, dbtest.Open(t, dbtest.SQLite(t)))
	drain := handlers.MountProbes(s.Auth, s.Engine, "", s.DB)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	began := time.Now()
	drain(ctx, time.Hour)
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %s", took)
	}
	if got := s.Get("/readyz", sitetest.Anonymous); got != `503 {"status":"draining"}` {
		t.Error(got)
	}
}

func TestUnfitProbes(t *testing.T) {
	fine := func(context.Context) error { return nil }
	for _, row := range []struct {
		name   string
		config handlers.ProbesConfig
		want   string
	}{
		{"a name that is taken", handlers.ProbesConfig{Requires: map[string]func(context.Context) error{"database": fine}}, "the name database is taken"},
		{"no word", handlers.ProbesConfig{Requires: map[string]func(context.Context) error{"my redis": fine}}, "the name my redis"},
		{"no question", handlers.ProbesConfig{Requires: map[string]func(context.Context) error{"redis": nil}}, "redis is nil"},
		{"no time", handlers.ProbesConfig{Timeout: -1}, "Timeout must not be negative"},
	} {
		s := sitetest.New(t, dbtest.Open(t, dbtest.SQLite(t)))
		got := panics.Of(func() { handlers.MountProbes(s.Auth, s.Engine, "", s.DB, row.config) })
		if !strings.HasPrefix(got, "handlers: MountProbes") || !strings.Contains(got, row.want) {
			t.Errorf("%s: panics with %q, want %q", row.name, got, row.want)
		}
	}
}
