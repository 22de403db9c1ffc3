package authcache_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/authcache"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	if os.Getenv(serverVariable) != "" {
		serve()
		return
	}
	os.Exit(m.Run())
}

// clock is a clock that tests advance by hand.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

// site is a server with a cache in front of a class, and a clock.
type site struct {
	engine *gin.Engine
	clock  *clock
}

func newSite(inner ginauth.Cacheable, config authcache.Config, rules ...ginauth.Option) *site {
	s := &site{gin.New(), &clock{time.Now()}}
	config.Now = s.clock.Now
	options := append([]ginauth.Option{
		ginauth.AuthenticationClasses(authcache.New(inner, config)), ginauth.Logger(slog.New(slog.DiscardHandler)),
	}, rules...)
	ginauth.New(s.engine, options...)
	s.engine.GET("/", func(c *gin.Context) { c.String(http.StatusOK, ginauth.Current(c).Subject()) })
	return s
}

func (s *site) get(authorization string) string {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	s.engine.ServeHTTP(w, r)
	return strings.TrimSpace(fmt.Sprint(w.Code, " ", w.Body, " ", w.Header().Get("WWW-Authenticate")))
}

func newUser(t testing.TB, db *gorm.DB, name string) (*models.Users, *models.User, string) {
	t.Helper()
	user := &models.User{Username: name} // without a password
	if err := errors.Join(models.Migrate(db), models.CreateUser(t.Context(), db, user, "")); err != nil {
		t.Fatal(err)
	}
	users, err := models.UsersOf(db)
	if err != nil {
		t.Fatal(err)
	}
	token, err := users.GetOrCreateToken(t.Context(), user)
	if err != nil {
		t.Fatal(err)
	}
	return users, user, "Token " + string(token.Key)
}

const invalid = `401 {"detail":"Invalid token."} Token`

// TestStaleness checks that a revoked credential passes until MaxStaleness
// after its last lookup, and not a nanosecond longer.
func TestStaleness(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		users, user, authorization := newUser(t, db, "alice")
		counted, counter := dbtest.Count(db)
		s := newSite(policies.Token(counted), authcache.Config{MaxStaleness: time.Minute})
		s.get("") // the guard looks at the tables before the first request
		counter.Statements()
		for _, step := range []struct {
			name       string
			later      time.Duration
			before     func() error
			want       string
			statements int
		}{
			{"the first request", 0, nil, "200 1", 1},
			{"the second", time.Second, nil, "200 1", 0},
			{"just before the end", 59*time.Second - 1, nil, "200 1", 0},
			{"at the end", 1, nil, "200 1", 1},
			{"revoked", time.Second, func() error { _, err := users.DeleteToken(t.Context(), user); return err }, "200 1", 0},
			{"revoked, just before the end", 59*time.Second - 1, nil, "200 1", 0},
			{"revoked, at the end", 1, nil, invalid, 1},
			{"a refusal is not remembered", 0, nil, invalid, 1},
		} {
			s.clock.now = s.clock.now.Add(step.later)
			if step.before != nil {
				if err := step.before(); err != nil {
					t.Fatal(err)
				}
			}
			if got, n := s.get(authorization), counter.Statements(); got != step.want || n != step.statements {
				t.Errorf("%s: %s with %d statements, want %s with %d", step.name, got, n, step.want, step.statements)
			}
		}
	})
}

func TestWhatIsNotRemembered(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	_, _, authorization := newUser(t, db, "alice")
	counted, counter := dbtest.Count(db)
	s := newSite(policies.Token(counted), authcache.Config{MaxStaleness: time.Minute})
	s.get(authorization)
	counter.Statements()
	for authorization, want := range map[string]string{
		"":                                    `401 {"detail":"Authentication credentials were not provided."} Token`,
		"Token":                               `401 {"detail":"Invalid token header. No credentials provided."} Token`,
		authorization + " x":                  `401 {"detail":"Invalid token header. Token string should not contain spaces."} Token`,
		strings.ToUpper(authorization):        invalid,
		"Bearer" + authorization[5:]:          `401 {"detail":"Authentication credentials were not provided."} Token`,
		"Token " + strings.Repeat("0", 1<<19): invalid,
	} {
		for range 2 {
			if got := s.get(authorization); got != want {
				t.Errorf("%.60q: %s, want %s", authorization, got, want)
			}
		}
	}
	pool, _ := db.DB()
	pool.Close()
	if got := s.get(authorization); got != "200 1" {
		t.Error("a database that is down ends what is remembered:", got)
	}
	s.clock.now = s.clock.now.Add(time.Minute)
	if got := s.get(authorization); !strings.HasPrefix(got, "503 ") {
		t.Error("a database that is down:", got)
	}
}

// TestUsersAreCopies checks that other requests, concurrent or later, do not
// see what a handler does to its user.
func TestUsersAreCopies(t *testing.T) {
	cache := authcache.New(&ending{}, authcache.Config{MaxStaleness: time.Hour})
	engine := gin.New()
	ginauth.New(engine, ginauth.AuthenticationClasses(cache))
	engine.GET("/", func(c *gin.Context) {
		user, _ := ginauth.UserAs[*person](c)
		if user.Name != "alice" {
			t.Errorf("somebody has made alice %s", user.Name)
		}
		user.Name = "mallory"
	})
	engine.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { engine.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)) })
	}
	wg.Wait()
}

// TestOneClientIsNotAnother checks that each of many credentials gets its own
// answer.
func TestOneClientIsNotAnother(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		authorizations := map[string]string{}
		for n := range 20 {
			_, user, authorization := newUser(t, db, fmt.Sprint("user", n))
			authorizations[authorization] = user.Subject()
		}
		s := newSite(policies.Token(db), authcache.Config{MaxStaleness: time.Minute, MaxEntries: 5})
		for range 3 {
			for authorization, subject := range authorizations {
				if got := s.get(authorization); got != "200 "+subject {
					t.Errorf("%s for user %s", got, subject)
				}
			}
		}
	})
}

// TestPermissionsAreNoOlder checks that permissions are no older than the user
// that they were read for.
func TestPermissionsAreNoOlder(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		_, user, authorization := newUser(t, db, "alice")
		group := &models.Group{Name: "editors"}
		if err := errors.Join(db.Create(group).Error, db.Exec("INSERT INTO auth_user_groups (user_id, group_id) VALUES (?, ?)", user.ID, group.ID).Error); err != nil {
			t.Fatal(err)
		}
		s := newSite(policies.Token(db), authcache.Config{MaxStaleness: time.Minute}, ginauth.PermissionClasses(policies.InGroup("editors")))
		if got := s.get(authorization); got != "200 1" {
			t.Fatal(got)
		}
		if err := db.Exec("DELETE FROM auth_user_groups").Error; err != nil {
			t.Fatal(err)
		}
		s.clock.now = s.clock.now.Add(time.Minute - 1)
		if got := s.get(authorization); got != "200 1" {
			t.Error("it was not remembered:", got)
		}
		s.clock.now = s.clock.now.Add(1)
		if got := s.get(authorization); !strings.HasPrefix(got, "403 ") {
			t.Error("it was remembered for too long:", got)
		}
	})
}

func TestNewPanics(t *testing.T) {
	for name, wire := range map[string]func(){
		"nil":      func() { authcache.New(nil, authcache.Config{MaxStaleness: 1}) },
		"zero":     func() { authcache.New(&ending{}, authcache.Config{}) },
		"negative": func() { authcache.New(&ending{}, authcache.Config{MaxStaleness: -1}) },
		"entries":  func() { authcache.New(&ending{}, authcache.Config{MaxStaleness: 1, MaxEntries: -1}) },
	} {
		func() {
			defer func() {
				if message, _ := recover().(string); !strings.HasPrefix(message, "authcache: New") {
					t.Errorf("%s: %q", name, message)
				}
			}()
			wire()
		}()
	}
	if got := authcache.New(&ending{}, authcache.Config{MaxStaleness: 5 * time.Second}).String(); got != "Ending(stale for 5s)" {
		t.Error(got)
	}
}

// BenchmarkToken measures the authentication of a request: cached, and
// uncached.
func BenchmarkToken(b *testing.B) {
	db := dbtest.Open(b, dbtest.SQLite(b))
	_, _, authorization := newUser(b, db, "alice")
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest(http.MethodGet, "/", nil)
	c.Request.Header.Set("Authorization", authorization)
	for name, class := range map[string]ginauth.Authenticator{
		"remembered": authcache.New(policies.Token(db), authcache.Config{MaxStaleness: time.Hour}), "asked": policies.Token(db),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := class.Authenticate(c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
