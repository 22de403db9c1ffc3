package models_test

import (
	"errors"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/models/password"
)

// TestLoginNamesTaken has a row for each new user, and whether it is refused.
func TestLoginNamesTaken(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := loginUsers(t, url, "username", "email").Database()
		if err := models.CreateUser(t.Context(), db, &models.User{Username: "straße", Email: "\u212Aelvin"}, ""); err != nil {
			t.Fatal(err)
		}
		for _, row := range []struct {
			name, email string
			taken       bool
		}{
			{"ALICE", "", true},
			{"alice", "", true},
			{"Ａlice", "", true},
			{"new", "alice@example.COM", true},
			{"alice@example.com", "", true}, // another's address as a name
			{"new", "ERIN@example.com", true},
			{"new", "bob", true},
			{"JOSÉ", "", true},
			{"Jose\u0301", "", true},
			{"STRASSE", "", true},
			{"new", "ＪＯＳÉ@example.com", true},
			{"jose", "", false},
			{"new@example.com", "New@Example.com", false}, // its own address
			{"аlice", "", false},                          // with a Cyrillic letter
			{"class", "", false},
			{"kelvin", "", true}, // an address that Django has stored with the sign of the unit
		} {
			err := models.CreateUser(t.Context(), db, &models.User{Username: row.name, Email: row.email}, "")
			if taken := errors.Is(err, models.ErrLoginNameTaken); taken != row.taken || !taken && err != nil {
				t.Errorf("%q, %q: %v", row.name, row.email, err)
			}
		}
	})
}

// TestLoginNamesTakenAtOnce checks that of concurrent calls with names that look
// the same one succeeds.
func TestLoginNamesTakenAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := loginUsers(t, url, "username", "email").Database()
		made := make(chan error, 8)
		for i := range cap(made) {
			name := []string{"Zoe", "zoe", "ZOE", "zOe"}[i%4]
			go func() {
				made <- models.CreateUser(t.Context(), db, &models.User{Username: name}, "")
			}()
		}
		succeeded := 0
		for range cap(made) {
			switch err := <-made; {
			case err == nil:
				succeeded++
			case !errors.Is(err, models.ErrLoginNameTaken):
				t.Error(err)
			}
		}
		if succeeded != 1 {
			t.Errorf("%d succeeded", succeeded)
		}
	})
}

// TestCheckLoginNames has a row for each change of a stored user, and whether it
// is refused.
func TestCheckLoginNames(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		users := loginUsers(t, url, "username", "email")
		for _, row := range []struct {
			name, email string
			taken       bool
		}{
			{"alice", "Alice@Example.com", false}, // as it is
			{"alice", "alice@example.COM", false},
			{"ALICE", "", false},
			{"alice", "new@example.com", false},
			{"alice", "erin@CORP.example", true},
			{"alice", "mallory", true},
			{"alice", "ＢＯＢ", true},
			{"BOB", "", true},
			{"alice", "JOSÉ@example.com", true},
		} {
			alice := people.Named(t, users.Database(), "alice")
			alice.Username, alice.Email = row.name, row.email
			for where, check := range map[string]func() error{
				"outside": func() error { return users.CheckLoginNames(t.Context(), alice) },
				"inside": func() error {
					return users.Transaction(t.Context(), func(tx *models.Users) error { return tx.CheckLoginNames(t.Context(), alice) })
				},
			} {
				if err := check(); errors.Is(err, models.ErrLoginNameTaken) != row.taken || !row.taken && err != nil {
					t.Errorf("%q, %q, %s a transaction: %v", row.name, row.email, where, err)
				}
			}
		}
		for _, stranger := range []models.UserModel{nil, (*models.User)(nil), &clerk{Email: "new"}} {
			if err := users.CheckLoginNames(t.Context(), stranger); err == nil {
				t.Errorf("%T is not refused", stranger)
			}
		}
		if err := loginUsersOf(t, url).CheckLoginNames(t.Context(), &models.User{Username: "ALICE"}); err != nil {
			t.Errorf("without LoginFields: %v", err)
		}
	})
}

// loginUsersOf returns the users of a database without the declaration.
func loginUsersOf(t *testing.T, url string) *models.Users {
	t.Helper()
	db := dbtest.Open(t, url)
	people.Configure(t, db)
	return modeltest.UsersOf(t, db)
}

// TestLoginFieldsOfAnOwnTable lets users of an application's own table log in by
// their address in any case; the password's column has another name, and may be
// NULL.
func TestLoginFieldsOfAnOwnTable(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		encoded := modeltest.Encode(t, password.BCrypt{Cost: 4, Bare: true}, "pw")
		must(t, db.Exec("CREATE TABLE clerks (id integer PRIMARY KEY, email text NOT NULL UNIQUE, pass_digest text)").Error)
		must(t, db.Exec("INSERT INTO clerks VALUES (1, 'Ann@example.com', ?), (2, 'ANN@example.com', NULL)", encoded).Error)
		must(t, db.Use(models.AuthUserModel[clerk]{UsernameField: "email", PasswordField: "pass_digest"}))
		must(t, db.Use(models.Passwords{Hashers: password.Hashers{password.BCrypt{Cost: 4, Bare: true}}}))
		must(t, db.Use(models.LoginFields{"email"}))
		users := modeltest.UsersOf(t, db)
		result, err := login.AuthenticateUnlimited(t.Context(), users, modeltest.Given("ann@EXAMPLE.com", "pw"))
		if err != nil || users.Username(result.User) != "Ann@example.com" {
			t.Errorf("%v, %v", result.User, err)
		}
		if _, err := login.AuthenticateUnlimited(t.Context(), users, modeltest.Given("ANN@example.com", "pw")); !errors.Is(err, models.ErrBadCredentials) {
			t.Errorf("by another's exact name: %v", err)
		}
		if err := users.CheckLoginNames(t.Context(), &clerk{Email: "ann@example.com"}); !errors.Is(err, models.ErrLoginNameTaken) {
			t.Errorf("a look-alike: %v", err)
		}
		if err := users.CheckLoginNames(t.Context(), &clerk{Email: "bea@example.com"}); err != nil {
			t.Error(err)
		}
	})
}
