package handlers_test

import (
	"errors"
	"testing"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
)

// TestLoginFieldsOfEveryWayIn checks that every way in takes the names that
// models.LoginFields declares, and no others.
func TestLoginFieldsOfEveryWayIn(t *testing.T) {
	t.Parallel()
	rows := []struct {
		text, password string
		in             bool
	}{
		{"alice", "alice-pw", true},
		{"ALICE", "alice-pw", true},
		{"alice@example.com", "alice-pw", true},
		{"ALICE@Example.COM", "alice-pw", true},
		{"ａｌｉｃｅ", "alice-pw", true},
		{"ALICE", "wrong", false},
		{"ALICE", "bob-pw", false},
		{"shared@example.com", "bob-pw", false}, // of two users
		{"shared@example.com", "carol-pw", false},
		{"BOB", "bob-pw", true},
		{"inactive@example.com", "inactive-pw", false},
		{"аlice", "alice-pw", false}, // with a Cyrillic letter
		{"nobody@example.com", "alice-pw", false},
	}
	dbtest.RunURL(t, func(t *testing.T, url string) {
		django, db := dbtest.Open(t, url), dbtest.Open(t, url)
		people.Configure(t, django)
		people.Configure(t, db, models.LoginFields{"username", "email"}, roomy)
		err := models.Migrate(django)
		for name, email := range map[string]string{
			"alice": "Alice@Example.com", "bob": "shared@example.com", "carol": "Shared@example.com", "inactive": "inactive@example.com",
		} {
			err = errors.Join(err, models.CreateUser(t.Context(), django, &models.User{Username: name, Email: email}, people.Password(name)))
		}
		users, failed := models.UsersOf(django)
		if err := errors.Join(err, failed, users.SetActive(t.Context(), people.Named(t, django, "inactive"), false)); err != nil {
			t.Fatal(err)
		}
		site := allWaysIn(t, db)
		for way, request := range waysIn {
			for _, row := range rows {
				code := sitetest.Exchange(site, request(row.text, row.password)).Code
				if in := code >= 200 && code < 300; in != row.in || code >= 500 {
					t.Errorf("%s, %s with %s: %d", way, row.text, row.password, code)
				}
			}
		}
	})
}
