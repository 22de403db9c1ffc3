package resettoken_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/password"
	"github.com/ginauth/ginauth/models/resettoken"
	"github.com/ginauth/ginauth/models/session"
)

func TestSetPassword(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db)
		uid, token := s.link(t, "alice")
		bobs, bobsToken := s.link(t, "bob")
		inactive, inactivesToken := s.link(t, "inactive")
		invalid := resettoken.ErrInvalid.Error()
		for _, row := range []struct{ name, uid, token, password, want string }{
			{"another user's token", bobs, token, newPassword, invalid},
			{"another user's key", uid, bobsToken, newPassword, invalid},
			{"unknown user", "OTk5OQ", token, newPassword, invalid},
			{"inactive user", inactive, inactivesToken, newPassword, invalid},
			{"no token", uid, "", newPassword, invalid},
			{"no key", "", token, newPassword, invalid},
			{"key that is no base64", "!", token, newPassword, invalid},
			{"key that is no number", "YWxpY2U", token, newPassword, invalid},
			{"key of a megabyte", strings.Repeat("M", 1<<20), token, newPassword, invalid},
			{"token of a megabyte", uid, token + strings.Repeat("0", 1<<20), newPassword, invalid},
			{"invalid token, weak password", uid, "x-y", "1", invalid},
			{"weak password", uid, token, "bz47", "This password is too short. It must contain at least 8 characters."},
			{"the user's name", uid, token, "alice@example", "The password is too similar to the email address."},
			{"no password", uid, token, "", "This field is required."},
			{"very long password", uid, token, strings.Repeat("x", password.MaxBytes+1), password.ErrTooLong.Error()},
			{"good", uid, token, newPassword, ""},
			{"used", uid, token, newPassword + "!", invalid},
		} {
			user, err := s.SetPassword(t.Context(), row.uid, row.token, row.password)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != row.want || (user == nil) != (err != nil) {
				t.Errorf("%s: got %q, want %q", row.name, got, row.want)
			}
			if changed := s.opens(t, "alice", newPassword); changed != (row.name == "good" || row.name == "used") {
				t.Errorf("%s: changed is %v", row.name, changed)
			}
			if _, err := s.Find(t.Context(), row.uid, row.token); (err == nil) != slices.Contains([]string{"weak password", "the user's name", "no password", "very long password"}, row.name) {
				t.Errorf("%s: afterwards Find returns %v", row.name, err)
			}
		}
		for _, name := range []string{"bob", "inactive"} {
			if hash := people.Named(t, db, name).Password; !checks(t, hash, people.Password(name)) {
				t.Errorf("%s has another password", name)
			}
		}
	})
}

// TestWhatEndsAToken checks that a token ends when its user logs in or changes
// the password or the address, and after its time, but not by anything else.
func TestWhatEndsAToken(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db, resettoken.Config{Timeout: time.Hour})
		set := func(column string, value any) func(*testing.T, models.UserModel) error {
			return func(_ *testing.T, user models.UserModel) error {
				return db.Model(user).UpdateColumn(column, value).Error
			}
		}
		for _, row := range []struct {
			name string
			do   func(t *testing.T, user models.UserModel) error
			ends bool
		}{
			{"nothing", func(*testing.T, models.UserModel) error { return nil }, false},
			{"another name", set("last_name", "Liddell"), false},
			{"more rights", set("is_staff", true), false},
			{"login", func(t *testing.T, user models.UserModel) error {
				return userkit.Of(s.users).UpdateLastLogin(t.Context(), user)
			}, true},
			{"change of password", func(t *testing.T, user models.UserModel) error {
				return s.users.SetPassword(t.Context(), user, "another")
			}, true},
			{"the same password again", func(t *testing.T, user models.UserModel) error {
				return s.users.SetPassword(t.Context(), user, "another")
			}, true},
			{"no password", func(t *testing.T, user models.UserModel) error { return s.users.SetPassword(t.Context(), user, "") }, true},
			{"another address", set("email", "rabbit@example.com"), true},
			{"inactive", set("is_active", false), true},
			{"active again", set("is_active", true), false},
			{"deleted", func(_ *testing.T, user models.UserModel) error { return db.Delete(user).Error }, true},
		} {
			uid, token := s.link(t, "alice")
			if err := row.do(t, people.Named(t, db, "alice")); err != nil {
				t.Fatal(row.name, err)
			}
			_, err := s.Find(t.Context(), uid, token)
			if errors.Is(err, resettoken.ErrInvalid) != row.ends || !row.ends && err != nil {
				t.Errorf("%s: %v", row.name, err)
			}
		}
		uid, token := s.link(t, "bob")
		for after, valid := range map[time.Duration]bool{-time.Hour: true, 58 * time.Minute: true, time.Hour + 2*time.Second: false, 1e6 * time.Hour: false} {
			if _, err := s.At(time.Now().Add(after)).Find(t.Context(), uid, token); (err == nil) != valid {
				t.Errorf("after %s: %v", after, err)
			}
		}
	})
}

// TestOneTokenChangesOnePassword checks that of many who present a token at
// once exactly one sets the password.
func TestOneTokenChangesOnePassword(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		errs := make([]error, 8)
		var loaded, group sync.WaitGroup
		loaded.Add(len(errs))
		var calls atomic.Int32
		calls.Store(-1) // the first is to make the token
		s := newSite(t, db, resettoken.Config{Value: func(_ context.Context, _ models.UserModel, base string, _ int64) (string, error) {
			if n := calls.Add(1); 0 < n && int(n) <= len(errs) { // all load the user before one changes it
				loaded.Done()
				loaded.Wait()
			}
			return base, nil
		}})
		uid, token := s.link(t, "alice")
		for i := range errs {
			group.Go(func() { _, errs[i] = s.SetPassword(t.Context(), uid, token, fmt.Sprint(newPassword, i)) })
		}
		group.Wait()
		var winners []int
		for i, err := range errs {
			if err == nil {
				winners = append(winners, i)
			} else if !errors.Is(err, resettoken.ErrInvalid) {
				t.Error(err)
			}
		}
		if len(winners) != 1 || !s.opens(t, "alice", fmt.Sprint(newPassword, winners[0])) {
			t.Errorf("the password was set by %v", winners)
		}
	})
}

// TestAResetIsNoLogin checks that a change of the password ends the sessions of
// the user, and begins none.
func TestAResetIsNoLogin(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newSite(t, db)
		sessions := modeltest.SessionsOf(t, db, session.Config{})
		stolen := modeltest.LogIn(t, sessions, "", "alice")
		others := modeltest.LogIn(t, sessions, "", "bob")
		uid, token := s.link(t, "alice")
		before := people.Named(t, db, "alice")
		user, err := s.SetPassword(t.Context(), uid, token, newPassword)
		if err != nil {
			t.Fatal(err)
		}
		if got := modeltest.Whose(t, sessions, stolen.Key); got != "stale" {
			t.Errorf("the session from before is of %s", got)
		}
		if got := modeltest.Whose(t, sessions, others.Key); got != "bob" {
			t.Errorf("bob's session is of %s", got)
		}
		var n int64
		after := people.Named(t, db, "alice")
		if err := db.Table("django_session").Count(&n).Error; err != nil || n != 2 || !after.LastLogin.Equal(*before.LastLogin) {
			t.Errorf("%d sessions, last login %v, %v", n, after.LastLogin, err)
		}
		if loaded, known := user.(*models.User).LoadedEpoch(); !known || loaded == 0 || user.(*models.User).Password != after.Password {
			t.Error("the user that is returned is not the one that is stored")
		}
	})
}
