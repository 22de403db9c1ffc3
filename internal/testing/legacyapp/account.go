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

func (Account) TableName() string  { return "accounts" }
func (a *Account) Active() bool    { return !a.Disabled }
func (a *Account) Roles() []string { return []string{a.Role} }
func (a *Account) Subject() string { return a.Email }

// Configure declares the table, before anything else uses the database.
func Configure(db *gorm.DB, hashers password.Hashers) error {
	return errors.Join(
		db.Use(models.AuthUserModel[Account]{UsernameField: "email", PasswordField: "password_hash"}),
		db.Use(models.Passwords{Hashers: hashers}),
		models.Migrate(db), // makes ginauth's own tables beside it
	)
}
