package session_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/epoch"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/session"
)

// TestALogoutWins: a request that still uses a session which another request
// has ended does not bring it back.
func TestALogoutWins(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := modeltest.NewSessions(t, db, session.Config{})
		session := modeltest.LogIn(t, s, "", "alice")
		for _, want := range []bool{true, false} {
			if existed, err := s.Delete(t.Context(), string(session.Key)); existed != want || err != nil {
				t.Fatal(existed, err)
			}
		}
		for name, f := range map[string]func() error{
			"Save":   func() error { return s.Save(t.Context(), session) },
			"Extend": func() error { return s.Extend(t.Context(), session) },
		} {
			if err := f(); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := rowsIn(t, db, "django_session"); n != 0 {
			t.Errorf("%d sessions", n)
		}
	})
}

// TestTwoLoginsAtOnce from one anonymous session create two valid sessions.
func TestTwoLoginsAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := modeltest.NewSessions(t, db, session.Config{})
		old := modeltest.LogIn(t, s, "", "alice").Key
		user, err := s.Users().ByUsername(t.Context(), "alice")
		if err != nil {
			t.Fatal(err)
		}
		sessions, errs := make([]*session.Session, 16), make([]error, 16)
		var wg sync.WaitGroup
		for i := range sessions {
			wg.Go(func() { sessions[i], errs[i] = s.Login(t.Context(), string(old), user) })
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		for _, session := range sessions {
			if got := modeltest.Whose(t, s, session.Key); got != "alice" {
				t.Error(got)
			}
		}
		if n := rowsIn(t, db, "django_session"); n != 16 || modeltest.Whose(t, s, old) != "no session" {
			t.Errorf("%d sessions, the old one: %s", n, modeltest.Whose(t, s, old))
		}
	})
}

// TestALoginIsNotHalfDone: if the last statement of a login fails, the client's
// former session is still there.
func TestALoginIsNotHalfDone(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := modeltest.NewSessions(t, db, session.Config{})
		old := modeltest.LogIn(t, s, "", "alice")
		user, err := s.Users().ByUsername(t.Context(), "alice")
		if err != nil {
			t.Fatal(err)
		}
		modeltest.Execute(t, db, "ALTER TABLE auth_user RENAME COLUMN last_login TO former_login")
		session, err := s.Login(t.Context(), string(old.Key), user)
		if err == nil {
			t.Fatalf("it succeeded: %v", session)
		}
		if strings.Contains(err.Error(), string(old.Key)) {
			t.Errorf("the error tells the key: %v", err)
		}
		modeltest.Execute(t, db, "ALTER TABLE auth_user RENAME COLUMN former_login TO last_login")
		if n := rowsIn(t, db, "django_session"); n != 1 || modeltest.Whose(t, s, old.Key) != "alice" {
			t.Errorf("%d sessions, the old one: %s", n, modeltest.Whose(t, s, old.Key))
		}
	})
}

// TestASessionOfDjangoRecordsTheEpoch checks that a session without an epoch
// gets that of its user when it is used, also while that is 0. If it were
// written without one, a revocation in the meantime would count as older.
func TestASessionOfDjangoRecordsTheEpoch(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := modeltest.NewSessions(t, db, session.Config{})
		written := modeltest.LogIn(t, s, "", "alice")
		written.Delete("_ginauth_epoch")
		if err := s.Save(t.Context(), written); err != nil {
			t.Fatal(err)
		}
		found, err := s.Find(t.Context(), string(written.Key))
		if err != nil {
			t.Fatal(err)
		}
		user, err := s.User(t.Context(), found)
		var recorded epoch.Epoch
		if known := found.Get("_ginauth_epoch", &recorded); !known || recorded != 0 || err != nil {
			t.Fatal(known, recorded, err)
		}
		if err := errors.Join(s.Users().RevokeAll(t.Context(), user), s.Save(t.Context(), found)); err != nil {
			t.Fatal(err)
		}
		if again, err := s.Find(t.Context(), string(written.Key)); err != nil {
			t.Fatal(err)
		} else if _, err := s.User(t.Context(), again); !errors.Is(err, session.ErrStale) {
			t.Errorf("after the revocation: %v", err)
		}
	})
}
