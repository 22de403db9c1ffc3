package models_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/refreshtoken"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
	"github.com/ginauth/ginauth/models/apikey"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/models/oauth2token"
	"github.com/ginauth/ginauth/models/password"
)

// TestSettingsThatComeTooLate checks that every session of a database that has
// been given to ginauth refuses late settings, and that these change nothing.
func TestSettingsThatComeTooLate(t *testing.T) {
	t.Parallel()
	settings := []gorm.Plugin{
		models.AuthUserModel[modeltest.Account]{UsernameField: "email"},
		models.Passwords{Hashers: password.Hashers{password.Legacy("md5")}},
		models.Revocation{Tokens: true},
		login.Requirements{InsecureIgnored: []string{"axes_accessattempt"}},
		models.LoginFields{"username"},
		models.StatementTimeout(time.Second),
		models.Scopes{"read": {}},
		accesstoken.Prefixes{"acme"},
	}
	only := func(names ...string) func(gorm.Plugin) bool {
		return func(p gorm.Plugin) bool {
			for _, name := range names {
				if p.Name() == "ginauth:"+name {
					return true
				}
			}
			return false
		}
	}
	ofUsers := slices.Clip([]string{"user_model", "passwords", "revocation", "login_requirements", "login_fields", "statement_timeout"})
	for _, row := range []struct {
		name string
		give func(t *testing.T, db *gorm.DB) error
		late func(gorm.Plugin) bool
	}{
		{"nothing", func(*testing.T, *gorm.DB) error { return nil }, only()},
		{"UsersOf", func(_ *testing.T, db *gorm.DB) error { _, err := models.UsersOf(db); return err }, only(ofUsers...)},
		{"AccessTokensOf", func(_ *testing.T, db *gorm.DB) error { _, err := accesstoken.Of(db); return err },
			only(append(ofUsers, "scopes", "token_prefixes")...)},
		{"OAuth2TokensOf", func(_ *testing.T, db *gorm.DB) error { _, err := oauth2token.Of(db); return err },
			only(append(ofUsers, "scopes")...)},
		{"RefreshTokensOf", func(_ *testing.T, db *gorm.DB) error { _, err := refreshtoken.Of(db); return err }, only(ofUsers...)},
		{"ValidatePassword", func(t *testing.T, db *gorm.DB) error {
			return modeltest.UsersOf(t, db).ValidatePassword(t.Context(), "porridge-42", nil)
		}, only(ofUsers...)},
		{"HasScope", func(t *testing.T, db *gorm.DB) error {
			if err := models.Migrate(db); err != nil {
				return err
			}
			modeltest.Create(t, db, "alice", "")
			_, err := modeltest.Lookup(t, modeltest.UsersOf(t, db), "alice").(*models.User).HasScope(t.Context(), "none")
			if err == nil {
				t.Error("a scope is defined")
			}
			return nil
		}, only(append(ofUsers, "scopes")...)},
		{"another session", func(_ *testing.T, db *gorm.DB) error {
			_, err := models.UsersOf(db.Session(&gorm.Session{NewDB: true, PrepareStmt: true}))
			return err
		}, only(ofUsers...)},
		{"Migrate", func(_ *testing.T, db *gorm.DB) error { return models.Migrate(db) }, only("user_model")},
		{"CreateUser", func(t *testing.T, db *gorm.DB) error {
			if err := models.Migrate(db); err != nil {
				return err
			}
			return models.CreateUser(t.Context(), db, &models.User{Username: "alice"}, "porridge")
		}, only("user_model", "passwords", "login_fields")},
		{"APIKeysOf", func(_ *testing.T, db *gorm.DB) error { _, err := apikey.Of(db); return err },
			only("passwords")},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for _, setting := range settings {
				db := dbtest.Open(t, dbtest.SQLite(t))
				if err := row.give(t, db); err != nil {
					t.Fatal(err)
				}
				err := db.Use(setting)
				if late := err != nil; late != row.late(setting) {
					t.Errorf("%s: %v", setting.Name(), err)
				}
				if _, there := db.Plugins[setting.Name()]; err != nil &&
					(there || !strings.Contains(err.Error(), "must be set before the database is given to")) {
					t.Errorf("%s: %v", setting.Name(), err)
				}
			}
		})
	}
}

// TestTwoEnginesHaveOneSetting checks that a second part of an application
// cannot have another setting, so that all hashes are of one kind.
func TestTwoEnginesHaveOneSetting(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		first := modeltest.Migrated(t, db)
		if err := db.Session(&gorm.Session{NewDB: true}).Use(models.Passwords{Hashers: password.Hashers{password.Legacy("md5")}}); err == nil {
			t.Error("a second list of hashers was taken")
		}
		alice := modeltest.Create(t, db, "alice", "pw")
		for name, users := range map[string]*models.Users{"first": first, "second": modeltest.UsersOf(t, db)} {
			if err := users.SetPassword(t.Context(), alice, "pw"); err != nil || !strings.HasPrefix(string(alice.Password), "pbkdf2_sha256$1$") {
				t.Errorf("%s: %s %v", name, alice.Password, err)
			}
		}
	})
}
