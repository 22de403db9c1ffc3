package models_test

import (
	"maps"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/models/password"
)

// counted is a hasher that counts the hashes it would compute, and computes
// none.
type counted struct {
	name string
	work map[string]int
}

func (c counted) Algorithm() string { return c.name }

func (c counted) Encode(password string) (string, error) {
	c.work[c.name]++
	return c.name + "$" + password, nil
}

func (c counted) Verify(password, encoded string) bool {
	c.work[c.name]++
	return encoded == c.name+"$"+password
}

func (counted) MustUpdate(string) bool { return false }

// TestARefusedLoginCostsTheSame counts hashes in place of time: each algorithm
// once, whatever the user.
func TestARefusedLoginCostsTheSame(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		work := map[string]int{}
		err := db.Use(models.Passwords{Hashers: password.Hashers{counted{"new", work}, counted{"old", work},
			counted{"older", work}, counted{"unused", work}}})
		if err != nil {
			t.Fatal(err)
		}
		if err := models.Migrate(db); err != nil {
			t.Fatal(err)
		}
		users := modeltest.UsersOf(t, db)
		for name, hash := range map[string]string{"new": "new$pw", "old": "old$pw", "older": "older$pw", "inactive": "old$pw",
			"unusable": "!", "broken": "?"} {
			modeltest.Create(t, db, name, "pw")
			db.Exec("UPDATE auth_user SET password = ?, is_active = ? WHERE username = ?", hash, name != "inactive", name)
		}
		for _, name := range []string{"old", "older"} { // to meet their algorithms
			if _, err := login.AuthenticateUnlimited(t.Context(), users, modeltest.Given(name, "wrong")); err == nil {
				t.Fatal("a wrong password was right")
			}
		}
		want := map[string]int{"new": 1, "old": 1, "older": 1}
		for name, password := range map[string]string{
			"new": "wrong", "old": "wrong", "older": "wrong", "inactive": "pw", "unusable": "pw", "broken": "pw", "nobody": "pw", "": "pw",
		} {
			clear(work)
			if _, err := login.AuthenticateUnlimited(t.Context(), users, modeltest.Given(name, password)); err == nil {
				t.Errorf("%q got in", name)
			}
			if !maps.Equal(work, want) {
				t.Errorf("%q cost %v, want %v", name, work, want)
			}
		}
		clear(work)
		if _, err := login.AuthenticateUnlimited(t.Context(), users, modeltest.Given("new", strings.Repeat("p", 4097))); err == nil || len(work) > 0 {
			t.Errorf("a password that is too long cost %v", work)
		}
	})
}
