package session_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/session"
)

// TestFindWithUser checks by how many statements a session and its user are
// found, while other processes change them.
func TestFindWithUser(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		elsewhere := dbtest.Open(t, url)
		other := modeltest.NewSessions(t, elsewhere, session.Config{})
		handle, counter := dbtest.Count(withKeys(t, url, modeltest.DjangoKey))
		for _, config := range []session.Config{{}, {RecordUse: true}} {
			here := modeltest.SessionsOf(t, handle, config)
			key := modeltest.LogIn(t, other, "", "alice").Key
			modeltest.Whose(t, here, modeltest.LogIn(t, other, "", "bob").Key) // sees the tables
			for _, row := range []struct {
				before, want string
				statements   int // of FindWithUser, and those of User if it is asked
			}{
				{"", "alice", 2},
				{"", "alice", 1},
				{"UPDATE auth_user SET first_name = 'Alice'", "alice", 1},
				{"UPDATE auth_user SET is_active = false WHERE username = 'alice'", "nobody", 2},
				{"UPDATE auth_user SET is_active = true", "alice", 2},
				{"UPDATE auth_user SET password = 'x' || password WHERE username = 'alice'", "stale", 2},
				{"UPDATE auth_user SET password = substr(password, 2) WHERE username = 'alice'", "alice", 2},
				{"UPDATE django_session SET session_data = ''", "nobody", 1},
				{"DELETE FROM django_session", "no session", 1},
			} {
				if row.before != "" {
					modeltest.Execute(t, elsewhere, row.before)
				}
				counter.Statements()
				current, user, err := here.FindWithUser(t.Context(), string(key))
				if err == nil && user == nil {
					user, err = here.User(t.Context(), current)
				}
				if n := counter.Statements(); n != row.statements {
					t.Errorf("%s: %d statements, want %d", row.before, n, row.statements)
				}
				got := modeltest.Whose(t, other, key)
				if got != row.want || (err == nil) != (got == "alice") || err == nil && here.Users().Username(user) != got {
					t.Errorf("%s: %v, %v, elsewhere %s, want %s", row.before, user, err, got, row.want)
				}
			}
		}
	})
}

// TestMistakenUsers checks that a session is its user's, while the process is
// made to believe that it is another one's.
func TestMistakenUsers(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := modeltest.NewSessions(t, db, session.Config{})
		// With one password hash, the hash in the session does not tell the users
		// apart.
		modeltest.Execute(t, db, "UPDATE auth_user SET password = (SELECT password FROM auth_user WHERE username = 'alice')")
		poison := []models.UserModel{modeltest.Lookup(t, s.Users(), "alice"), modeltest.Lookup(t, s.Users(), "bob"), &models.User{ID: 4711}, nil}
		var all sync.WaitGroup
		var joined atomic.Int64
		for _, name := range []string{"alice", "bob"} {
			key := modeltest.LogIn(t, s, "", name).Key
			for _, user := range poison {
				all.Go(func() {
					for range 20 {
						s.Mistake(key, user)
						current, found, err := s.FindWithUser(t.Context(), string(key))
						if err != nil {
							t.Error(err)
							return
						}
						if found != nil {
							joined.Add(1)
						}
						asked, err := s.User(t.Context(), current)
						if err != nil || s.Users().Username(asked) != name || found != nil && s.Users().Username(found) != name {
							t.Errorf("the session of %s, taken for that of %v, is of %v and %v, %v", name, user, found, asked, err)
						}
					}
				})
			}
		}
		all.Wait()
		if joined.Load() == 0 {
			t.Error("no session was read together with its user")
		}
	})
}
