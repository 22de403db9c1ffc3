// Package people fills a database with the users that tests are about:
//
//	alice, bob  have no rights beyond those that a test grants
//	staff       may use the admin
//	root        is a superuser
//	inactive    may not log in
//
// Password returns the password of each. Their hashes cost nothing, so a test
// may log in as often as it likes.
package people

import (
	"errors"
	"fmt"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/password"
)

// Passwords hash as fast as can be. The second is for passwords whose hash is
// out of date.
var Passwords = models.Passwords{Hashers: password.Hashers{
	password.PBKDF2SHA256{Iterations: 1}, password.PBKDF2SHA1{Iterations: 1},
}}

// SecretKey signs the sessions.
const SecretKey = "a key of more than 16 bytes"

// Password returns the password of a user.
func Password(name string) string { return name + "-pw" }

// Login returns the body of a login with the right password.
func Login(name string) string {
	return fmt.Sprintf(`{"username":%q,"password":%q}`, name, Password(name))
}

// Create configures an empty database, creates its tables, and stores the
// users.
func Create(t testing.TB, db *gorm.DB, settings ...gorm.Plugin) {
	t.Helper()
	Configure(t, db, settings...)
	err := models.Migrate(db)
	for _, user := range []*models.User{
		{Username: "alice"},
		{Username: "bob"},
		{Username: "staff", IsStaff: true},
		{Username: "root", IsStaff: true, IsSuperuser: true},
		{Username: "inactive"},
	} {
		err = errors.Join(err, models.CreateUser(t.Context(), db, user, Password(user.Username)))
	}
	// A new user is always active.
	err = errors.Join(err, db.Exec("UPDATE auth_user SET is_active = ? WHERE username = 'inactive'", false).Error)
	if err != nil {
		t.Fatal(err)
	}
}

// Configure applies settings to a handle of the database: those given, and
// [Passwords] and [SecretKey] unless others are given.
func Configure(t testing.TB, db *gorm.DB, settings ...gorm.Plugin) {
	t.Helper()
	for _, setting := range settings {
		if err := db.Use(setting); err != nil {
			t.Fatal(err)
		}
	}
	for _, setting := range []gorm.Plugin{Passwords, models.SecretKeys{SecretKey}} {
		if err := db.Use(setting); err != nil && !errors.Is(err, gorm.ErrRegistered) {
			t.Fatal(err)
		}
	}
}

// Named loads a user.
func Named(t testing.TB, db *gorm.DB, name string) *models.User {
	t.Helper()
	users, err := models.UsersOf(db)
	if err != nil {
		t.Fatal(err)
	}
	user, err := users.ByUsername(t.Context(), name)
	if err != nil {
		t.Fatal(name, err)
	}
	return user.(*models.User)
}

// Join puts a user into a group, which it creates.
func Join(t testing.TB, db *gorm.DB, name, group string) *models.Group {
	t.Helper()
	created := &models.Group{Name: group}
	err := db.Create(created).Error
	if err == nil {
		const insert = "INSERT INTO auth_user_groups (user_id, group_id) SELECT id, ? FROM auth_user WHERE username = ?"
		err = db.Exec(insert, created.ID, name).Error
	}
	if err != nil {
		t.Fatal(err)
	}
	return created
}

// note is the model that permissions of tests are about.
type note struct{ ID int64 }

func (note) ModelLabel() string { return "core.note" }

// Permit creates the permissions on the model core.note, which has no table,
// and grants one of them to a user.
func Permit(t testing.TB, db *gorm.DB, name, perm string) {
	t.Helper()
	err := errors.Join(models.SyncPermissions(t.Context(), db, &note{}),
		models.AssignPerm(t.Context(), db, perm, Named(t, db, name), nil))
	if err != nil {
		t.Fatal(err)
	}
}
