package logintest_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/redis/go-redis/v9"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/loginstore"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/password"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/logins"
	"github.com/ginauth/ginauth/policies/redislogins"
)

const (
	clients = 200
	span    = 4 * time.Second
	pause   = 50 * time.Millisecond // of a client between two guesses
)

// siteVariable makes the program a second server. Its value has the kind of
// store, a prefix of keys and the URL of the database.
const siteVariable = "LOGINTEST_SITE"

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	value := os.Getenv(siteVariable)
	if value == "" {
		os.Exit(m.Run())
	}
	part := strings.SplitN(value, " ", 3)
	db, err := database.Open(part[2])
	if err != nil {
		panic(err)
	}
	s := newSite(db, storeOf(part[0], part[1], db))
	fmt.Println("ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		panic(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), span)
	defer cancel()
	s.guess(ctx, clients/2, clients/2)
	fmt.Println(s.tested.Load())
}

func storeOf(kind, prefix string, db *gorm.DB) loginstore.Store {
	switch kind {
	case "database":
		return logins.NewDatabaseStore(db)
	case "redis":
		options, err := redis.ParseURL(os.Getenv("GINAUTH_TEST_REDIS"))
		if err != nil {
			panic("no URL of Redis")
		}
		return redislogins.New(redis.NewClient(options), redislogins.Config{Prefix: prefix, Timeout: 10 * time.Second})
	}
	return logins.NewMemoryStore()
}

// site is a server that accepts Basic credentials and tokens.
type site struct {
	http.Handler
	tested atomic.Int64
}

func newSite(db *gorm.DB, store loginstore.Store) *site {
	hashers := models.Passwords{Hashers: password.Hashers{password.PBKDF2SHA256{Iterations: 10_000}}}
	if err := errors.Join(db.Use(hashers), db.Use(logins.Limits{Store: store})); err != nil {
		panic(err)
	}
	engine := gin.New()
	_ = engine.SetTrustedProxies(nil)
	ginauth.New(engine, ginauth.AuthenticationClasses(policies.Token(db), policies.Basic(db)), ginauth.Logger(slog.New(slog.DiscardHandler)))
	engine.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "in") })
	return &site{Handler: engine}
}

func (s *site) get(address string, authorize func(r *http.Request)) int {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = address + ":1234"
	authorize(r)
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, r)
	return answer.Code
}

func (s *site) login(address, name, password string) int {
	return s.get(address, func(r *http.Request) { r.SetBasicAuth(name, password) })
}

// guess makes clients guess alice's password from one network until the context
// ends. Clients numbered own and above guess for names and from networks of
// their own.
func (s *site) guess(ctx context.Context, n, own int) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			address, name := "203.0.113.9", "alice"
			if i >= own {
				address, name = fmt.Sprintf("198.18.%d.%d", i/250, i%250), fmt.Sprint("user", i)
			}
			for ctx.Err() == nil {
				if s.login(address, name, "wrong") == http.StatusUnauthorized && i < own {
					s.tested.Add(1)
				}
				time.Sleep(pause)
			}
		})
	}
	wg.Wait()
}

// BenchmarkBesideGuesses is a trial: what a request with a token costs, and
// whether right passwords are let in, while 200 clients guess.
//
//	go test ./internal/testing/logintest -run - -bench Beside -benchtime 1x
func BenchmarkBesideGuesses(b *testing.B) {
	for _, row := range []struct {
		name, kind, db string
		processes      int
	}{
		{"memory", "memory", "postgres", 1}, {"sqlite", "database", "sqlite", 1}, {"postgres", "database", "postgres", 1},
		{"redis", "redis", "postgres", 1}, {"sqlite of two processes", "database", "sqlite", 2},
		{"postgres of two processes", "database", "postgres", 2}, {"redis of two processes", "redis", "postgres", 2},
	} {
		for _, own := range []int{clients, 0} {
			b.Run(fmt.Sprintf("%s, %d on one account", row.name, own), func(b *testing.B) {
				url := ""
				if row.db == "sqlite" {
					url = dbtest.SQLite(b)
				} else {
					url = dbtest.Postgres(b)
				}
				for b.Loop() {
					beside(b, row.kind, url, row.processes, own)
				}
			})
		}
	}
}

func beside(b *testing.B, kind, url string, processes, own int) {
	db := dbtest.Open(b, url)
	alice, prefix := &models.User{Username: "alice"}, fmt.Sprint("beside", time.Now().UnixNano())
	s := newSite(db, storeOf(kind, prefix, db))
	if err := errors.Join(models.Migrate(db), models.CreateUser(b.Context(), db, alice, "porridge")); err != nil {
		b.Fatal(err)
	}
	users, err := models.UsersOf(db)
	if err != nil {
		b.Fatal(err)
	}
	token, err := users.GetOrCreateToken(b.Context(), alice)
	if err != nil {
		b.Fatal(err)
	}
	if got := s.login("10.0.0.1", "alice", "porridge"); got != http.StatusOK { // where alice is known
		b.Fatal(got)
	}
	n, other := clients, func() int64 { return 0 }
	if processes == 2 {
		n, own = clients/2, min(own, clients/2)
		other = second(b, kind+" "+prefix+" "+url)
	}
	ctx, cancel := context.WithTimeout(b.Context(), span)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() { s.guess(ctx, n, own) })
	right := map[int]int{}
	wg.Go(func() {
		for ctx.Err() == nil {
			right[s.login("10.0.0.1", "alice", "porridge")]++
			time.Sleep(pause)
		}
	})
	var took []time.Duration
	for ctx.Err() == nil {
		start := time.Now()
		if got := s.get("10.0.0.1", func(r *http.Request) { r.Header.Set("Authorization", "Token "+string(token.Key)) }); got != http.StatusOK {
			b.Fatal(got)
		}
		took = append(took, time.Since(start))
		time.Sleep(time.Millisecond)
	}
	wg.Wait()
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2].Seconds()*1000, "median-ms")
	b.ReportMetric(took[len(took)*99/100].Seconds()*1000, "p99-ms")
	b.ReportMetric(float64(s.tested.Load()+other()), "tested")
	b.ReportMetric(float64(right[http.StatusOK]), "let-in")
	b.ReportMetric(float64(right[http.StatusTooManyRequests]), "got-429")
	b.ReportMetric(float64(right[http.StatusServiceUnavailable]), "got-503")
	b.ReportMetric(0, "ns/op")
}

// second starts the program again as another server. tested returns how many
// guesses that server tested, once it has ended.
func second(b *testing.B, value string) (tested func() int64) {
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), siteVariable+"="+value), os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	var n int64
	reader := bufio.NewReader(out)
	if line, err := reader.ReadString('\n'); err != nil || line != "ready\n" {
		b.Fatal(line, err)
	}
	fmt.Fprintln(stdin, "go")
	return func() int64 {
		if _, err := fmt.Fscan(reader, &n); err != nil {
			b.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			b.Fatal(err)
		}
		return n
	}
}
