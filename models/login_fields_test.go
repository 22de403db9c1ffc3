package models_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
)

// loginUsers stores users, as a Django that knows no LoginFields would, and
// declares the fields.
func loginUsers(t *testing.T, url string, fields ...string) *models.Users {
	t.Helper()
	django, db := dbtest.Open(t, url), dbtest.Open(t, url)
	people.Configure(t, django)
	people.Configure(t, db)
	modeltest.Migrate(t, django)
	for _, row := range []struct{ name, email, password string }{
		{"alice", "Alice@Example.com", "alice-pw"},
		{"Bob", "", "bob-pw"},
		{"bob", "", "other-pw"},
		{"carol", "shared@example.com", "carol-pw"},
		{"dave", "SHARED@example.com", "dave-pw"},
		{"erin@example.com", "erin@corp.example", "erin-pw"},
		{"mallory", "Erin@example.com", "mallory-pw"},
		{"frank", "frank@example.com", "frank-pw"},
		{"oidc:7", "FRANK@example.com", ""}, // has no password
		{"josé", "josé@example.com", "jose-pw"},
	} {
		user := &models.User{Username: row.name, Email: row.email}
		if err := models.CreateUserUnvalidated(t.Context(), django, user, row.password); err != nil {
			t.Fatal(err)
		}
	}
	if len(fields) > 0 {
		if err := db.Use(models.LoginFields(fields)); err != nil {
			t.Fatal(err)
		}
	}
	users, err := models.UsersOf(db)
	if err != nil {
		t.Fatal(err)
	}
	return users
}

// TestLoginFields has a row for each text that a client may log in with: whom
// it names without the declaration, with the name in any case, and with the
// address too. "" is nobody.
func TestLoginFields(t *testing.T) {
	t.Parallel()
	rows := []struct{ text, without, names, both string }{
		{"alice", "alice", "alice", "alice"},
		{"ALICE", "", "alice", "alice"},
		{"ａｌｉｃｅ", "", "alice", "alice"},
		{"alice@example.com", "", "", "alice"},
		{"ALICE@EXAMPLE.COM", "", "", "alice"},
		{" alice", "", "", ""},
		{"bob", "bob", "bob", "bob"}, // exact names win
		{"Bob", "Bob", "Bob", "Bob"},
		{"BOB", "", "", ""}, // of two users
		{"shared@example.com", "", "", ""},
		{"Shared@Example.com", "", "", ""},
		{"erin@example.com", "erin@example.com", "erin@example.com", "erin@example.com"}, // not mallory
		{"Erin@Example.com", "", "erin@example.com", ""},
		{"Erin@Corp.Example", "", "", "erin@example.com"},
		{"mallory", "mallory", "mallory", "mallory"},
		{"frank@example.com", "", "", "frank"}, // the other has no password
		{"OIDC:7", "", "", ""},
		{"josé", "josé", "josé", "josé"},
		{"Jos\u00e9", "", "josé", "josé"},
		{"JOSÉ@example.com", "", "", "josé"},
		{"jose\u0301", "", "josé", "josé"},
		{"jose", "", "", ""},
		{"аlice", "", "", ""}, // with a Cyrillic letter
		{"%", "", "", ""},
		{"' OR 1=1 --", "", "", ""},
		{"", "", "", ""},
		{"alice\x00", "", "", ""},
		{"\xff", "", "", ""},
		{strings.Repeat("a", 1<<16), "", "", ""},
	}
	for _, fields := range [][]string{nil, {"username"}, {"username", "email"}} {
		dbtest.RunURL(t, func(t *testing.T, url string) {
			users := loginUsers(t, url, fields...)
			for _, row := range rows {
				want := []string{row.without, row.names, row.both}[len(fields)]
				name := loginPassword(want)
				result, err := login.AuthenticateUnlimited(t.Context(), users, login.Credentials{Username: row.text, Password: models.Secret(name)})
				got := ""
				if err == nil {
					got = users.Username(result.User)
				} else if !errors.Is(err, models.ErrBadCredentials) {
					t.Errorf("%.20q: %v", row.text, err)
				}
				if got != want {
					t.Errorf("with %q, %.20q is %q, want %q", fields, row.text, got, want)
				}
			}
			for _, text := range []string{"BOB", "shared@example.com", "Erin@Example.com"} {
				for _, password := range []string{"bob-pw", "other-pw", "carol-pw", "dave-pw", "mallory-pw"} {
					given := login.Credentials{Username: text, Password: models.Secret(password)}
					if _, err := login.AuthenticateUnlimited(t.Context(), users, given); !errors.Is(err, models.ErrBadCredentials) {
						t.Errorf("%s with %s: %v", text, password, err)
					}
				}
			}
		})
	}
}

// loginPassword returns the password of a user of loginUsers.
func loginPassword(name string) string {
	switch name {
	case "bob":
		return "other-pw"
	case "Bob":
		return "bob-pw"
	case "erin@example.com":
		return "erin-pw"
	case "josé":
		return "jose-pw"
	}
	return name + "-pw"
}

// TestLoginNamesCost checks that every name costs the same two statements, known
// or not, and the same one without the declaration.
func TestLoginNamesCost(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := loginUsers(t, url, "username", "email").Database()
		counted, counter := dbtest.Count(db)
		users, err := models.UsersOf(counted)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"bob", "alice", "ALICE", "alice@example.com", "unknown", "shared@example.com", "BOB"} {
			counter.Statements() // bob is the first: another statement looks for the table of epochs
			_, _ = login.AuthenticateUnlimited(t.Context(), users, login.Credentials{Username: text, Password: "wrong"})
			if n := counter.Statements(); n != 2 && text != "bob" {
				t.Errorf("%s costs %d statements", text, n)
			}
		}
	})
}

// TestLoginFieldsThatCannotWork checks what db.Use refuses.
func TestLoginFieldsThatCannotWork(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	for fields, want := range map[string]string{
		"email":               `models: LoginFields lacks "username"`,
		"":                    `models: LoginFields lacks "username"`,
		"username,phone":      `has no column "phone" that holds texts`,
		"username,id":         `has no column "id" that holds texts`,
		"username,last_login": `has no column "last_login" that holds texts`,
		"username,Email;DROP": "that holds texts",
	} {
		if err := db.Use(models.LoginFields(strings.Split(fields, ","))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", fields, err)
		}
	}
	if _, err := models.UsersOf(db); err != nil {
		t.Fatal(err)
	}
	if err := db.Use(models.LoginFields{"username"}); err == nil || !strings.Contains(err.Error(), "must be set before") {
		t.Error(err)
	}
}
