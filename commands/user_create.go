package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
)

type createUser struct {
	Name      string `arg:"" help:"The name to log in with."`
	Email     string `help:"The e-mail address."`
	FirstName string `help:"The first name."`
	LastName  string `help:"The last name."`
	Staff     bool   `help:"Let the user pass IsAdminUser."`
	Superuser bool   `help:"Give the user every permission."`

	InsecureAnyName bool `help:"Accept a name that Django's forms refuse, unchanged."`
	passwordFlags
}

// Run asks for the password and stores the user, as Django's createsuperuser
// does.
func (c createUser) Run(ctx context.Context, db *gorm.DB, users *models.Users, s *streams) error {
	if userkit.Of(users).Table().Django.Swapped {
		return errors.New("the application has its own user model, " +
			"which only its own code can fill: create users there")
	}
	user := &models.User{
		Username: c.Name, Email: normaliseEmail(c.Email), FirstName: c.FirstName, LastName: c.LastName,
		IsStaff: c.Staff, IsSuperuser: c.Superuser,
	}
	create := models.CreateUserUnvalidated
	if !c.InsecureAnyName {
		name, err := models.CleanUsername(c.Name) // before asking for a password
		if err != nil {
			return err
		}
		create, user.Username = models.CreateUser, name
	}
	switch _, err := users.ByUsername(ctx, user.Username); {
	case err == nil:
		return fmt.Errorf(`user %q exists; "user set-password" gives it a new password`, user.Username)
	case !errors.Is(err, models.ErrNotFound):
		return err
	}
	if err := users.CheckLoginNames(ctx, user); err != nil {
		return err
	}
	password, err := newPassword(ctx, s, users, user, c.passwordFlags)
	if err != nil {
		return err
	}
	if err := create(ctx, db, user, password); err != nil {
		return err
	}
	return s.say("Created user %s", user.Username)
}

// normaliseEmail is Django's normalize_email: only the domain is lowercased.
func normaliseEmail(address string) string {
	trimmed := strings.TrimSpace(address)
	if at := strings.LastIndexByte(trimmed, '@'); at >= 0 {
		return trimmed[:at] + strings.ToLower(trimmed[at:])
	}
	return address
}
