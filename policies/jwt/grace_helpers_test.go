package jwt_test

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/jwt"
)

const (
	grace         = 10 * time.Second
	blacklisted   = `{"detail":"Token is blacklisted","code":"token_not_valid"}`
	revokedAnswer = `{"detail":"All credentials of the user have been revoked.","code":"credentials_revoked"}`
)

// stage is an application with a clock that the test sets, and the events that
// it has raised.
type stage struct {
	http.Handler
	t      *testing.T
	db     *gorm.DB
	config jwt.Config
	offset atomic.Int64

	mu     sync.Mutex
	events []ginauth.Event // of reuse
}

// newStage returns a stage with families, unless change removes them.
func newStage(t *testing.T, db *gorm.DB, change ...func(*jwt.Config)) *stage {
	t.Helper()
	s := &stage{t: t, db: db, config: rotating()}
	s.config.RefreshGrace = grace
	s.config.Now = func() time.Time { return time.Now().Add(time.Duration(s.offset.Load())) }
	for _, f := range change {
		f(&s.config)
	}
	s.Handler = newServer(t, db, s.config, ginauth.Observers(s))
	return s
}

// Observe implements [ginauth.Observer].
func (s *stage) Observe(_ context.Context, e ginauth.Event) {
	if e.Kind == ginauth.CredentialReused {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.events = append(s.events, e)
	}
}

func withoutGrace(c *jwt.Config) { c.RefreshGrace = 0 }

// migrated is load with ginauth's own tables.
func migrated(t testing.TB, db *gorm.DB) *gorm.DB {
	t.Helper()
	load(t, db)
	if err := models.Migrate(db); err != nil {
		t.Fatal(err)
	}
	return db
}

func (s *stage) wait(d time.Duration) { s.offset.Add(int64(d)) }

func (s *stage) raised() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.events)
}

func (s *stage) refresh(token string) answer { return post(s, "/refresh", "refresh", token) }

// good refreshes a token, and fails the test if that is refused.
func (s *stage) good(what, token string) answer {
	s.t.Helper()
	a := s.refresh(token)
	if a.status != 200 || a.Refresh == "" || a.Access == "" {
		s.t.Fatalf("%s: %d %s", what, a.status, a.body)
	}
	if status, who := me(s, a.Access); status != 200 || who != "3" {
		s.t.Errorf("%s: its access token: %d %s", what, status, who)
	}
	return a
}

// refused fails the test unless a refresh is refused in these words.
func (s *stage) refused(what, token, want string) {
	s.t.Helper()
	if a := s.refresh(token); a.status != 401 || a.body != want || a.challenge != challenge {
		s.t.Errorf("%s: %d %s", what, a.status, a.body)
	}
}

// access fails the test unless an access token is accepted, or refused in these
// words.
func (s *stage) access(what, token, want string) {
	s.t.Helper()
	status, body := me(s, token)
	if want == "" && status != 200 || want != "" && (status != 401 || body != want) {
		s.t.Errorf("%s: the access token: %d %s", what, status, body)
	}
}

func (s *stage) exec(statement string, args ...any) {
	s.t.Helper()
	if err := s.db.Exec(statement, args...).Error; err != nil {
		s.t.Fatal(err)
	}
}

// revokeThere does what Django's TokenBlacklistView does.
func (s *stage) revokeThere(token string) {
	s.t.Helper()
	s.exec("INSERT INTO token_blacklist_blacklistedtoken (blacklisted_at, token_id) "+
		"SELECT expires_at, id FROM token_blacklist_outstandingtoken WHERE jti = ?", payload(s.t, token)["jti"])
}

// user returns alice as ginauth loads her.
func (s *stage) user() (*models.Users, models.UserModel) {
	s.t.Helper()
	users, err := models.UsersOf(s.db)
	if err != nil {
		s.t.Fatal(err)
	}
	user, err := users.ByUsername(s.t.Context(), "alice")
	if err != nil {
		s.t.Fatal(err)
	}
	return users, user
}
