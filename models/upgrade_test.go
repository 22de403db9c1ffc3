package models_test

import (
	"errors"
	"testing"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/models/password"
)

// lazy is a hasher whose hashes can no longer be made, and which does not
// replace others.
type lazy struct{ password.PBKDF2SHA256 }

func (lazy) Algorithm() string             { return "lazy" }
func (lazy) Encode(string) (string, error) { return "", errors.New("no more hashes") }
func (lazy) Verify(string, string) bool    { return false }
func (lazy) MustUpdate(string) bool        { return true }

func TestAFailedUpgradeDoesNotFailTheLogin(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db, other := dbtest.Open(t, url), dbtest.Open(t, url)
		modeltest.Migrated(t, db)
		modeltest.Create(t, db, "alice", "pw")
		var before, after string
		db.Raw("SELECT password FROM auth_user").Scan(&before)
		must(t, other.Use(models.Passwords{Hashers: password.Hashers{lazy{}, password.PBKDF2SHA256{Iterations: 1}}}))
		result, err := login.AuthenticateUnlimited(t.Context(), modeltest.UsersOf(t, other), modeltest.Given("alice", "pw"))
		user := result.User
		if err != nil || user == nil {
			t.Error(user, err)
		}
		if db.Raw("SELECT password FROM auth_user").Scan(&after); after != before {
			t.Error("the hash has changed")
		}
	})
}

// slow is a preferred hasher during whose work something else happens.
type slow struct {
	password.PBKDF2SHA256
	meanwhile func()
}

func (slow) Algorithm() string { return "slow" }

func (s slow) Encode(string) (string, error) {
	s.meanwhile()
	return "slow$upgraded", nil
}

func TestAnUpgradeDoesNotUndoAChangeOfPassword(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db, other := dbtest.Open(t, url), dbtest.Open(t, url)
		modeltest.Migrated(t, db)
		modeltest.Create(t, db, "alice", "pw")
		change := func() { db.Exec("UPDATE auth_user SET password = 'changed'") }
		must(t, other.Use(models.Passwords{Hashers: password.Hashers{slow{meanwhile: change}, password.PBKDF2SHA256{Iterations: 1}}}))
		result, err := login.AuthenticateUnlimited(t.Context(), modeltest.UsersOf(t, other), modeltest.Given("alice", "pw"))
		user := result.User
		if err != nil {
			t.Fatal(err)
		}
		var stored string
		if db.Raw("SELECT password FROM auth_user").Scan(&stored); stored != "changed" {
			t.Errorf("the new password was overwritten: %s", stored)
		}
		if hash := string(user.(*models.User).Password); hash == "slow$upgraded" {
			t.Error("the user holds a hash that is not stored, and saving it would undo the change")
		}
	})
}

// rival is a preferred hasher during whose work another login replaces the hash
// or another password is set.
type rival struct{ meanwhile func() }

func (rival) Algorithm() string                    { return "rival" }
func (rival) Verify(password, encoded string) bool { return encoded == "rival$"+password }
func (rival) MustUpdate(string) bool               { return false }
func (t rival) Encode(password string) (string, error) {
	t.meanwhile()
	return "rival$ours", nil
}

// TestTheLoserOfTwoUpgradesHoldsWhatIsStored checks that a session made for the
// loser agrees with the database, but not after a change of password.
func TestTheLoserOfTwoUpgradesHoldsWhatIsStored(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := dbtest.Open(t, url)
		modeltest.Migrated(t, db)
		for stored, adopted := range map[string]bool{"rival$pw": true, "rival$another": false} {
			name := stored
			modeltest.Create(t, db, name, "pw")
			meanwhile := func() { db.Exec("UPDATE auth_user SET password = ? WHERE username = ?", stored, name) }
			other := dbtest.Open(t, url)
			must(t, other.Use(models.Passwords{Hashers: password.Hashers{rival{meanwhile}, password.PBKDF2SHA256{Iterations: 1}}}))
			result, err := login.AuthenticateUnlimited(t.Context(), modeltest.UsersOf(t, other), modeltest.Given(name, "pw"))
			user := result.User
			if err != nil {
				t.Fatal(err)
			}
			if hash := string(user.(*models.User).Password); (hash == stored) != adopted || hash == "rival$ours" {
				t.Errorf("the user holds %s, and %s is stored", hash, stored)
			}
		}
	})
}

// TestWhichHashesALoginReplaces logs in to accounts with hashes of other
// parameters and algorithms.
func TestWhichHashesALoginReplaces(t *testing.T) {
	ours := password.PBKDF2SHA256{Iterations: 10}
	dbtest.RunURL(t, func(t *testing.T, url string) {
		modeltest.Migrated(t, dbtest.Open(t, url))
		for _, row := range []struct {
			name     string
			maker    password.Hasher
			keep     bool
			replaced bool
		}{
			{"weaker", password.PBKDF2SHA256{Iterations: 9}, false, true},
			{"equal", password.PBKDF2SHA256{Iterations: 10}, false, false},
			{"stronger", password.PBKDF2SHA256{Iterations: 11}, false, false},
			{"another", password.BCryptSHA256{Cost: 4}, false, true},
			{"kept weaker", password.PBKDF2SHA256{Iterations: 9}, true, false},
			{"kept stronger", password.PBKDF2SHA256{Iterations: 11}, true, false},
			{"kept another", password.BCryptSHA256{Cost: 4}, true, false},
			{"kept md5", password.Legacy("md5"), true, false},
		} {
			db := dbtest.Open(t, url)
			must(t, db.Use(models.Passwords{KeepHashes: row.keep,
				Hashers: password.Hashers{ours, password.BCryptSHA256{}, password.Legacy("md5")}}))
			modeltest.Create(t, db, row.name, "pw")
			hash := modeltest.Encode(t, row.maker, "pw")
			db.Exec("UPDATE auth_user SET password = ? WHERE username = ?", hash, row.name)
			users := modeltest.UsersOf(t, db)
			var user models.UserModel
			for range 2 {
				if _, err := login.AuthenticateUnlimited(t.Context(), users, modeltest.Given(row.name, "wrong")); !errors.Is(err, models.ErrBadCredentials) {
					t.Errorf("%s: a wrong password: %v", row.name, err)
				}
				result, err := login.AuthenticateUnlimited(t.Context(), users, modeltest.Given(row.name, "pw"))
				if user = result.User; err != nil {
					t.Fatal(row.name, err)
				}
				var stored string
				db.Raw("SELECT password FROM auth_user WHERE username = ?", row.name).Scan(&stored)
				if (stored != hash) != row.replaced || row.replaced && ours.MustUpdate(stored) {
					t.Errorf("%s: %s became %s", row.name, hash, stored)
				}
				if userkit.Of(users).Table().PasswordHash(user) != stored {
					t.Errorf("%s: the user holds another hash than is stored, so the session would end", row.name)
				}
			}
			must(t, users.SetPassword(t.Context(), user, "another"))
			var stored string
			db.Raw("SELECT password FROM auth_user WHERE username = ?", row.name).Scan(&stored)
			if ours.MustUpdate(stored) {
				t.Errorf("%s: a new password is stored as %s", row.name, stored)
			}
		}
	})
}
