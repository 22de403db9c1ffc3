package session_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/session"
)

var recording = session.Config{RecordUse: true}

// noted logs a user in and notes the use of the session.
func noted(t *testing.T, s *session.Store, name, device string) *session.Session {
	t.Helper()
	began := modeltest.LogIn(t, s, "", name)
	note(t, s, began, name, device)
	return began
}

func note(t *testing.T, s *session.Store, used *session.Session, name, device string) {
	t.Helper()
	s.TryRecordUse(t.Context(), used, userOf(t, s, name), netip.MustParseAddr("::ffff:192.0.2.7"), device)
}

func userOf(t *testing.T, s *session.Store, name string) models.UserModel {
	t.Helper()
	user, err := s.Users().ByUsername(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// listed returns the devices of a user's sessions.
func listed(t *testing.T, s *session.Store, name string) string {
	t.Helper()
	uses, err := s.List(t.Context(), userOf(t, s, name))
	if err != nil {
		t.Fatal(err)
	}
	var devices []string
	for _, use := range uses {
		devices = append(devices, use.Device)
	}
	return strings.Join(devices, " ")
}

// TestList has a row for each event that ends a session, or does not.
func TestList(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := modeltest.NewSessions(t, db, recording)
		users := s.Users()
		for _, row := range []struct {
			name string
			do   func(phone, laptop *session.Session) error
			want string
		}{
			{"nothing", func(_, _ *session.Session) error { return nil }, "laptop phone"},
			{"Django's logout", func(phone, _ *session.Session) error {
				return db.Exec("DELETE FROM django_session WHERE session_key = ?", string(phone.Key)).Error
			}, "laptop"},
			{"the end of its age", func(phone, _ *session.Session) error {
				return db.Exec("UPDATE django_session SET expire_date = ? WHERE session_key = ?", time.Now().UTC().Add(-time.Hour), string(phone.Key)).Error
			}, "laptop"},
			{"DeleteByID", func(phone, _ *session.Session) error {
				return s.DeleteByID(t.Context(), userOf(t, s, "alice"), phone.ID())
			}, "laptop"},
			{"DeleteOthers", func(phone, _ *session.Session) error {
				_, err := s.DeleteOthers(t.Context(), userOf(t, s, "alice"), phone)
				return err
			}, "phone"},
			{"DeleteAll", func(_, _ *session.Session) error {
				_, err := s.DeleteAll(t.Context(), userOf(t, s, "alice"))
				return err
			}, ""},
			{"SetPassword", func(_, _ *session.Session) error { return users.SetPassword(t.Context(), userOf(t, s, "alice"), "new") }, ""},
			{"RevokeAll", func(_, _ *session.Session) error { return users.RevokeAll(t.Context(), userOf(t, s, "alice")) }, ""},
			{"deactivated", func(_, _ *session.Session) error { return users.SetActive(t.Context(), userOf(t, s, "alice"), false) }, ""},
			{"another login in the session", func(phone, _ *session.Session) error { modeltest.LogIn(t, s, string(phone.Key), "alice"); return nil }, "laptop"},
			{"a change of the password that keeps one", func(phone, _ *session.Session) error {
				alice := userOf(t, s, "alice")
				if err := users.SetPassword(t.Context(), alice, "new"); err != nil {
					return err
				}
				kept, err := s.UpdateAuthHash(t.Context(), phone, alice)
				if err == nil {
					note(t, s, kept, "alice", "phone")
				}
				return err
			}, "phone"},
		} {
			modeltest.Execute(t, db, "DELETE FROM django_session", "DELETE FROM ginauth_session", "UPDATE auth_user SET is_active = true")
			phone := noted(t, s, "alice", "phone")
			laptop := noted(t, s, "alice", "laptop")
			noted(t, s, "bob", "bob's")
			if err := row.do(phone, laptop); err != nil {
				t.Errorf("%s: %v", row.name, err)
			}
			if got, bobs := listed(t, s, "alice"), listed(t, s, "bob"); got != row.want || bobs != "bob's" {
				t.Errorf("after %s: alice has %q, bob %q; want %q", row.name, got, bobs, row.want)
			}
		}
	})
}

// TestDeleteOthersDeletesWhatIsUnknown checks that sessions which only Django
// has seen end too, and that they are listed from their first use here.
func TestDeleteOthersDeletesWhatIsUnknown(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := modeltest.NewSessions(t, db, recording)
		unknown := modeltest.LogIn(t, s, "", "alice")
		current, bobs := noted(t, s, "alice", "here"), noted(t, s, "bob", "bob's")
		if got := listed(t, s, "alice"); got != "here" {
			t.Error(got)
		}
		if err := s.DeleteByID(t.Context(), userOf(t, s, "alice"), unknown.ID()); !errors.Is(err, models.ErrNotFound) {
			t.Error(err)
		}
		n, err := s.DeleteOthers(t.Context(), userOf(t, s, "alice"), current)
		if n != 1 || err != nil {
			t.Error(n, err)
		}
		for key, want := range map[models.Secret]string{unknown.Key: "no session", current.Key: "alice", bobs.Key: "bob"} {
			if got := modeltest.Whose(t, s, key); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		django := modeltest.LogIn(t, modeltest.SessionsOf(t, db, session.Config{}), "", "alice")
		if note(t, s, django, "alice", "django"); listed(t, s, "alice") != "django here" {
			t.Error(listed(t, s, "alice"))
		}
	})
}

// TestNotes checks what is recorded, and how often.
func TestNotes(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		plain := modeltest.NewSessions(t, db, recording)
		counted, counter := dbtest.Count(db)
		s := modeltest.SessionsOf(t, counted, recording) // begins no transactions
		began := noted(t, plain, "alice", "one")
		alice := userOf(t, s, "alice")
		use := func() *session.Session {
			found, err := s.Find(t.Context(), string(began.Key))
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		used := use()
		counter.Statements()
		if s.TryRecordUse(t.Context(), used, alice, netip.Addr{}, "two"); counter.Statements() != 0 || listed(t, s, "alice") != "one" {
			t.Error("noted twice within a minute")
		}
		ahead := time.Now().UTC().Add(30 * time.Second) // another server's clock
		modeltest.Execute(t, db, "UPDATE ginauth_session SET last_used = '"+ahead.Format("2006-01-02 15:04:05.000000-07:00")+"'")
		used = use()
		counter.Statements()
		if s.TryRecordUse(t.Context(), used, alice, netip.Addr{}, "two"); counter.Statements() != 0 {
			t.Error("noted until the clock has caught up with another server's")
		}
		for _, row := range []struct {
			agent, device string
			ago           time.Duration
		}{
			{"Mozilla/5.0 (X11; Linux)", "Mozilla/5.0 (X11; Linux)", 61 * time.Second},
			{"a\x00b\x1b[31m\u202e\u200bc\xff", "ab[31mc", 2 * time.Minute},
			{strings.Repeat("é", 5000), strings.Repeat("é", 200), time.Hour},
			{"", "", -time.Hour}, // another server's clock was ahead
		} {
			modeltest.Execute(t, db, "UPDATE ginauth_session SET last_used = '"+time.Now().UTC().Add(-row.ago).Format("2006-01-02 15:04:05.000000-07:00")+"'")
			used := use()
			counter.Statements()
			s.TryRecordUse(t.Context(), used, alice, netip.MustParseAddr("fe80::1%eth0"), row.agent)
			if n := counter.Statements(); n != 1 {
				t.Errorf("%d statements", n)
			}
			uses, err := s.List(t.Context(), alice)
			if n := counter.Statements(); n != 3 || err != nil || len(uses) != 1 {
				t.Fatalf("%d statements, %v, %v", n, uses, err)
			}
			got := uses[0]
			if got.ID != began.ID() || got.Device != row.device || got.Address != "fe80::1" || time.Since(got.LastUsed).Abs() > time.Minute ||
				time.Since(got.Created).Abs() > time.Minute || !got.Expires.Equal(began.ExpireDate) {
				t.Errorf("%q: %+v", row.agent, got)
			}
		}
	})
}

// TestUsesHoldNoKeys checks that a copy of the table is of no use: it has no
// session key, and a row serves no other user, id or secret key.
func TestUsesHoldNoKeys(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := dbtest.Open(t, url)
		s := modeltest.NewSessions(t, db, recording)
		alices, bobs := noted(t, s, "alice", "alice's"), noted(t, s, "bob", "bob's")
		var rows []struct{ ID, Sealed, Device, Address string }
		if err := db.Table("ginauth_session").Find(&rows).Error; err != nil || len(rows) != 2 {
			t.Fatal(rows, err)
		}
		for _, row := range rows {
			for _, key := range []models.Secret{alices.Key, bobs.Key} {
				if text := row.ID + row.Sealed + row.Device + row.Address; strings.Contains(text, string(key)) || row.Address != "192.0.2.7" {
					t.Errorf("%q", text)
				}
			}
		}
		rotated := modeltest.SessionsOf(t, withKeys(t, url, "another key of 16 bytes", modeltest.DjangoKey), recording)
		if got := listed(t, rotated, "alice"); got != "alice's" {
			t.Errorf("under a fallback key: %q", got)
		}
		if got := listed(t, modeltest.SessionsOf(t, withKeys(t, url, "another key of 16 bytes"), recording), "alice"); got != "" {
			t.Errorf("under another key: %q", got)
		}
		// An attacker who can write moves bob's row to alice, or its key into hers.
		alice := userOf(t, s, "alice")
		modeltest.Execute(t, db, "UPDATE ginauth_session SET user_id = (SELECT id FROM auth_user WHERE username = 'alice')",
			"UPDATE ginauth_session SET sealed = (SELECT sealed FROM ginauth_session WHERE id = '"+bobs.ID()+"')")
		for _, id := range []string{alices.ID(), bobs.ID(), "", "x", strings.Repeat("0", 33), "\x00", "\xff"} {
			if err := s.DeleteByID(t.Context(), alice, id); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%q: %v", id, err)
			}
		}
		if a, b := modeltest.Whose(t, s, alices.Key), modeltest.Whose(t, s, bobs.Key); a != "alice" || b != "bob" {
			t.Error(a, b)
		}
	})
}

// TestNotesThatFail checks that a request succeeds where its use cannot be
// recorded, that nothing is recorded for a minute, and what is said before a
// migration.
func TestNotesThatFail(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		plain := modeltest.NewSessions(t, db, recording)
		counted, counter := dbtest.Count(db)
		s := modeltest.SessionsOf(t, counted, recording) // begins no transactions
		modeltest.Execute(t, db, "DROP TABLE ginauth_session")
		began := modeltest.LogIn(t, plain, "", "alice")
		note(t, s, began, "alice", "one")
		if got := modeltest.Whose(t, s, began.Key); got != "alice" {
			t.Error(got)
		}
		alice := userOf(t, s, "alice")
		counter.Statements()
		if s.TryRecordUse(t.Context(), began, alice, netip.Addr{}, ""); counter.Statements() != 0 {
			t.Error("tried again at once")
		}
		_, err := s.List(t.Context(), alice)
		for _, err := range []error{err, s.DeleteByID(t.Context(), alice, began.ID()), s.Preflight(t.Context())} {
			var missing *djangoschema.MissingTables
			if !errors.As(err, &missing) || missing.Names[0] != "ginauth_session" {
				t.Error(err)
			}
		}
		if n, err := s.DeleteOthers(t.Context(), alice, nil); n != 1 || err != nil {
			t.Error(n, err)
		}
	})
}
