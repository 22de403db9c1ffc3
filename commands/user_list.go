package commands

import (
	"context"

	"github.com/ginauth/ginauth/models"
)

type listUsers struct{ listing }

// Run prints one line per user, ordered by primary key.
func (c listUsers) Run(ctx context.Context, users *models.Users, s *streams) error {
	rows := c.table(s, "ID", "NAME", "ACTIVE", "STAFF", "SUPERUSER")
	for user, err := range users.All(ctx) {
		if err != nil {
			return err
		}
		rows.row(users.Key(user), users.Username(user), user.Active(), staff(user), superuser(user))
	}
	return rows.print()
}

// staff reports whether a user is staff, or nil if the user model does not say.
func staff(user models.UserModel) any {
	if u, ok := user.(interface{ Staff() bool }); ok {
		return u.Staff()
	}
	return nil
}

// superuser reports whether a user is a superuser, or nil if the user model
// does not say.
func superuser(user models.UserModel) any {
	if u, ok := user.(interface{ Superuser() bool }); ok {
		return u.Superuser()
	}
	return nil
}
