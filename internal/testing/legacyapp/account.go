package legacyapp

import (
	"errors"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/password"
)

// Account is a row of the application's own table.
type Account struct {
	ID              uint
	models.BaseUser // has no columns
	Email           string
	PasswordHash    string
	Role            string
	Disabled        bool
}

// TableName is asked by GORM.
func (Account) TableName() string { return "accounts" }

// Active is asked by every authenticator.
func (a *Account) Active() bool { return !a.Disabled }

// Roles is asked by policies.HasRole.
func (a *Account) Roles() []string { return []string{a.Role} }

// Subject is how the log names the user.
func (a *Account) Subject() string { return a.Email }

// Configure declares the table, before anything else uses the database.
func Configure(db *gorm.DB, hashers password.Hashers) error {
	return errors.Join(
		db.Use(models.AuthUserModel[Account]{UsernameField: "email", PasswordField: "password_hash"}),
		db.Use(models.Passwords{Hashers: hashers, KeepHashes: true}), // until the old program is gone
		models.Migrate(db), // makes ginauth's own tables beside it
	)
}
