package logintest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/redistest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/logins"
)

const (
	guessers = 400
	round    = 300 * time.Millisecond
	most     = 3 // times slower
)

// flooded is a server, reached over HTTP, on which alice has a token. It hashes
// as in production.
type flooded struct {
	url     string
	token   string
	client  *http.Client
	mu      sync.Mutex
	answers map[int]int
}

func newFlooded(t testing.TB, kind, database string) *flooded {
	t.Helper()
	url, prefix := "", ""
	if database == "sqlite" {
		url = dbtest.SQLite(t)
	} else {
		url = dbtest.Postgres(t)
	}
	if kind == "redis" {
		_, prefix = redistest.Open(t)
	}
	db := dbtest.Open(t, url)
	alice := &models.User{Username: "alice"}
	limits := logins.Limits{Store: storeOf(kind, prefix, db)}
	err := errors.Join(db.Use(limits), models.Migrate(db), models.CreateUser(t.Context(), db, alice, "porridge"))
	if err != nil {
		t.Fatal(err)
	}
	users, err := models.UsersOf(db)
	if err != nil {
		t.Fatal(err)
	}
	token, err := users.GetOrCreateToken(t.Context(), alice)
	if err != nil {
		t.Fatal(err)
	}
	engine := gin.New()
	if err := engine.SetTrustedProxies([]string{"127.0.0.1"}); err != nil {
		t.Fatal(err)
	}
	ginauth.New(engine, ginauth.AuthenticationClasses(policies.Token(db), policies.Basic(db)), ginauth.Logger(slog.New(slog.DiscardHandler)))
	engine.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "in") })
	server := httptest.NewServer(engine)
	t.Cleanup(server.Close)
	transport := &http.Transport{MaxIdleConnsPerHost: 2 * guessers}
	t.Cleanup(transport.CloseIdleConnections)
	return &flooded{url: server.URL, token: string(token.Key), client: &http.Client{Transport: transport}, answers: map[int]int{}}
}

func (s *flooded) get(ctx context.Context, address string, authorize func(r *http.Request)) (status int, took time.Duration) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return 0, 0
	}
	r.Header.Set("X-Forwarded-For", address)
	authorize(r)
	began := time.Now()
	answer, err := s.client.Do(r)
	if err != nil {
		return 0, 0
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, time.Since(began)
}

// guess makes the clients guess alice's password while on is set, until the
// context ends.
func (s *flooded) guess(ctx context.Context, on *atomic.Bool, addressOf func(i int) string) {
	var group sync.WaitGroup
	for i := range guessers {
		group.Go(func() {
			for ctx.Err() == nil {
				if on.Load() {
					status, _ := s.get(ctx, addressOf(i), func(r *http.Request) { r.SetBasicAuth("alice", "wrong") })
					s.count(status)
				}
				time.Sleep(pause)
			}
		})
	}
	group.Wait()
}

func (s *flooded) count(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[status]++
}

// compare returns the 99th percentile of what a request with the token takes,
// alone and beside the clients that guess. These are the medians of rounds in
// turn, so what else the machine does slows down both.
func (s *flooded) compare(t testing.TB, rounds int, addressOf func(i int) string) (alone, beside time.Duration) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var group sync.WaitGroup
	defer group.Wait()
	defer stop()
	var on atomic.Bool
	on.Store(true)
	group.Go(func() { s.guess(ctx, &on, addressOf) })
	s.p99(t, time.Second) // the clients connect, and use up the passwords that are tested at once
	var times [2][]time.Duration
	for range rounds {
		for i, guessing := range []bool{false, true} {
			on.Store(guessing)
			time.Sleep(2 * pause)
			times[i] = append(times[i], s.p99(t, round))
		}
	}
	slices.Sort(times[0])
	slices.Sort(times[1])
	return times[0][rounds/2], times[1][rounds/2]
}

// p99 returns the 99th percentile of what requests with the token take.
func (s *flooded) p99(t testing.TB, span time.Duration) time.Duration {
	t.Helper()
	var took []time.Duration
	for began := time.Now(); time.Since(began) < span; time.Sleep(time.Millisecond) {
		status, d := s.get(t.Context(), "198.51.100.1", func(r *http.Request) { r.Header.Set("Authorization", "Token "+s.token) })
		if status != http.StatusOK {
			t.Fatal("a token: ", status)
		}
		took = append(took, d)
	}
	slices.Sort(took)
	return took[len(took)*99/100]
}

// stores are the kinds of login stores, each with a kind of database.
var stores = []struct{ name, kind, db string }{
	{"memory", "memory", "postgres"},
	{"sqlite", "database", "sqlite"},
	{"postgres", "database", "postgres"},
	{"redis", "redis", "postgres"},
}

// TestTokensBesideGuesses checks that requests with a token are hardly slower
// while 400 clients guess one name. As other programs may slow down a whole
// measurement, one of three must pass.
func TestTokensBesideGuesses(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: with -short; it hashes as in production")
	}
	for _, row := range stores {
		t.Run(row.name, func(t *testing.T) {
			s := newFlooded(t, row.kind, row.db)
			for n := range 3 {
				alone, beside := s.compare(t, 5, oneNetwork)
				t.Logf("%v alone, %v beside: %.1f", alone, beside, float64(beside)/float64(alone))
				if beside <= most*alone {
					return
				}
				if n == 2 {
					t.Errorf("over %d times slower", most)
				}
			}
		})
	}
}

// BenchmarkTokensBesideGuesses measures for longer, and guesses from many
// networks too.
//
//	go test ./internal/testing/logintest -run - -bench Tokens -benchtime 1x
func BenchmarkTokensBesideGuesses(b *testing.B) {
	for _, row := range stores {
		for name, addressOf := range map[string]func(i int) string{"one network": oneNetwork, "400 networks": manyNetworks} {
			b.Run(row.name+", "+name, func(b *testing.B) {
				s := newFlooded(b, row.kind, row.db)
				for b.Loop() {
					alone, beside := s.compare(b, 20, addressOf)
					b.ReportMetric(alone.Seconds()*1000, "alone-p99-ms")
					b.ReportMetric(beside.Seconds()*1000, "beside-p99-ms")
					b.ReportMetric(float64(beside)/float64(alone), "times")
				}
				for status, n := range s.answers {
					b.ReportMetric(float64(n), fmt.Sprint("got-", status))
				}
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

func oneNetwork(int) string     { return "203.0.113.9" }
func manyNetworks(i int) string { return fmt.Sprintf("198.18.%d.%d", i/250, i%250) }
