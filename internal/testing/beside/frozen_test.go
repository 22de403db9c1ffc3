package beside_test

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/oauthtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/prune"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/logins"
)

// bound is the timeout of the tests, and patience what an answer may take at
// most on a slow machine: without a timeout it would take for ever.
const (
	bound    = time.Second
	patience = 20 * time.Second
)

// freezing is a site whose database can be frozen.
type freezing struct {
	site
	db     *gorm.DB
	frozen *dbtest.Frozen
}

func newFreezing(t *testing.T) freezing {
	t.Helper()
	url := dbtest.Postgres(t)
	healthy := prepare(t, url)
	oauthtest.Create(t, healthy, oauthtest.V3)
	oauthtest.Insert(t, healthy, oauthtest.V3, oauthtest.Row{Token: "secret", User: people.Named(t, healthy, "alice").ID, Scope: "read"})
	through, frozen := dbtest.WithFreeze(t, url)
	db := dbtest.Open(t, through+"?connect_timeout=2")
	db.Logger = db.Logger.LogMode(logger.Silent)
	people.Configure(t, db, models.StatementTimeout(bound), models.Scopes{"read": {}}, logins.Limits{Store: logins.NewDatabaseStore(db)})
	s := freezing{newSite(t, db), db, frozen}
	ok := func(c *gin.Context) { c.String(http.StatusOK, "in") }
	auth, engine := s.Auth, s.Engine
	auth.With(engine, ginauth.PermissionClasses(policies.AllowAny), ginauth.NoAuthentication()).GET("/public", ok)
	auth.With(engine, ginauth.AuthenticationClasses(policies.OAuth2Token(db)),
		ginauth.PermissionClasses(policies.HasScope("read"))).GET("/oauth2", ok)
	auth.With(engine, ginauth.PermissionClasses(policies.HasPerm("core.view_note"))).GET("/perm", ok)
	auth.With(engine, ginauth.PermissionClasses(policies.AllowAny), ginauth.NoAuthentication(),
		ginauth.Object(policies.Load[note](db, "id"))).GET("/load/:id", ok)
	return s
}

// requests returns one request of each kind that asks the database, and whose
// answer is a success while that answers.
func (s freezing) requests(t *testing.T) map[string]request {
	t.Helper()
	all := s.reads(t, s.db)
	token := all["token"].as
	session := s.session(t)
	for name, r := range map[string]request{
		"OAuth 2 token":        {"GET", "/oauth2", sitetest.Bearer("secret"), ""},
		"HasPerm":              {"GET", "/perm", token, ""},
		"Load":                 {"GET", "/load/1", sitetest.Anonymous, ""},
		"token endpoint":       {"POST", "/token", sitetest.Anonymous, login},
		"session login":        {"POST", "/session/login", sitetest.Anonymous, login},
		"session logout":       {"POST", "/session/logout", session, ""},
		"JWT pair":             {"POST", "/jwt/pair", sitetest.Anonymous, login},
		"JWT refresh":          {"POST", "/jwt/refresh", sitetest.Anonymous, `{"refresh":"` + s.logIn(t, "/jwt/pair", "refresh") + `"}`},
		"JWT logout":           {"POST", "/jwt/blacklist", sitetest.Anonymous, `{"refresh":"` + s.logIn(t, "/jwt/pair", "refresh") + `"}`},
		"sliding JWT, refresh": {"POST", "/jwt/sliding/refresh", sitetest.Anonymous, `{"token":"` + s.logIn(t, "/jwt/sliding", "token") + `"}`},
		"new access token":     {"POST", "/tokens", token, `{"name":"x","scopes":["*"],"expires_in":"never"}`},
	} {
		all[name] = r
	}
	return all
}

// expectAll sends all requests at once, and reports those that are not answered
// as expected: with 503 and Retry-After, or with a success.
func (s freezing) expectAll(t *testing.T, when string, all map[string]request, unavailable bool) {
	t.Helper()
	var group sync.WaitGroup
	for name, r := range all {
		group.Go(func() {
			began := time.Now()
			w := s.send(r)
			took := time.Since(began)
			if refused := w.Code == 503 && w.Header().Get("Retry-After") != ""; refused != unavailable || !refused && w.Code >= 300 || took > patience {
				t.Errorf("%s, %s: %s, Retry-After %q, after %v", when, name, w, w.Header().Get("Retry-After"), took)
			}
		})
	}
	group.Wait()
}

// TestAFrozenDatabase checks that while the database hangs each request that
// asks it is answered with 503, whether the pool has connections, has none that
// are free, or has to make new ones; that requests that do not ask it notice
// nothing; and that all is well again without help when the database is.
func TestAFrozenDatabase(t *testing.T) {
	s := newFreezing(t)
	all := s.requests(t)
	s.expectAll(t, "before", s.requests(t), false)
	goroutines := runtime.NumGoroutine()
	s.frozen.Freeze()
	done := make(chan struct{})
	go func() {
		defer close(done)
		var group sync.WaitGroup
		for range 2 { // more than the pool has connections
			group.Go(func() { s.expectAll(t, "frozen", all, true) })
		}
		group.Wait()
		s.expectAll(t, "frozen for long", all, true)
	}()
	for ended := false; !ended; {
		select {
		case <-done:
			ended = true
		case <-time.After(bound / 10):
		}
		began := time.Now()
		if w := s.send(request{"GET", "/public", sitetest.Anonymous, ""}); w.Code != 200 || time.Since(began) > bound {
			t.Errorf("a public route: %s after %v", w, time.Since(began))
		}
	}
	s.frozen.Thaw()
	s.expectAll(t, "thawed", map[string]request{"token": all["token"]}, false)
	s.expectAll(t, "after", s.requests(t), false)
	for deadline := time.Now().Add(patience); runtime.NumGoroutine() > goroutines+20; time.Sleep(bound / 10) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), goroutines)
		}
	}
}

// TestAFailover checks that a site recovers from a database that hangs and never
// comes back, whose successor takes its address.
func TestAFailover(t *testing.T) {
	s := newFreezing(t)
	all := s.requests(t)
	s.frozen.Freeze()
	s.expectAll(t, "frozen", all, true)
	s.expectAll(t, "frozen for long", all, true)
	s.frozen.Replace()
	pool, err := s.db.DB()
	if err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); ; time.Sleep(bound) {
		w := s.send(all["token"])
		if w.Code == 200 {
			break
		}
		if time.Since(began) > patience {
			t.Fatalf("it has not recovered: %s, %+v", w, pool.Stats())
		}
	}
	s.expectAll(t, "after", s.requests(t), false)
}

// TestALoginMayHash checks that a transaction may do something else for longer
// than the timeout.
func TestALoginMayHash(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		people.Create(t, db, models.StatementTimeout(bound))
		users, err := models.UsersOf(db)
		if err != nil {
			t.Fatal(err)
		}
		alice := people.Named(t, db, "alice")
		err = users.Transaction(t.Context(), func(tx *models.Users) error {
			for range 2 {
				if _, err := tx.ByUsername(t.Context(), "alice"); err != nil {
					return err
				}
				time.Sleep(bound * 3 / 2)
			}
			return tx.SetPassword(t.Context(), alice, "another")
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// TestALockIsWaitedForWithinTheTimeout checks that a lock that another
// transaction holds is not waited for beyond the timeout, and that commands and
// migrations wait as long as it takes.
func TestALockIsWaitedForWithinTheTimeout(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db, other := dbtest.Open(t, url), dbtest.Open(t, url)
		people.Create(t, db, models.StatementTimeout(bound))
		alice := people.Named(t, db, "alice")
		users, err := models.UsersOf(db)
		if err != nil {
			t.Fatal(err)
		}
		late := fmt.Sprintf("set password: the database did not answer within %v", bound)
		for _, row := range []struct {
			name string
			run  func() error
			want string
		}{
			{"SetPassword", func() error { return users.SetPassword(t.Context(), alice, "another") }, late},
			{"prune", func() error { _, err := prune.Expired(t.Context(), db); return err }, ""},
			{"Migrate", func() error { return models.Migrate(db) }, ""},
		} {
			tx := other.Begin()
			lock(t, tx)
			release := sync.OnceFunc(func() { tx.Rollback() })
			time.AfterFunc(3*bound, release)
			got := ""
			if err := row.run(); err != nil {
				got = err.Error()
			}
			if release(); got != row.want {
				t.Errorf("%s: %q, want %q", row.name, got, row.want)
			}
		}
	})
}

// lock makes a transaction hold what the others need.
func lock(t *testing.T, tx *gorm.DB) {
	t.Helper()
	err := sqlkit.Lock(t.Context(), tx, "ginauth migration", false)
	if tx.Name() == "postgres" {
		err = errors.Join(err, tx.Exec("LOCK TABLE auth_user, django_session, token_blacklist_outstandingtoken").Error)
	} else {
		err = errors.Join(err, tx.Exec("UPDATE auth_user SET first_name = 'x'").Error)
	}
	if err != nil {
		t.Fatal(err)
	}
}
