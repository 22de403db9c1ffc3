package commands

import (
	"context"

	"github.com/ginauth/ginauth/models"
)

type listUsers struct{}

// Run prints one line per user, ordered by primary key.
func (listUsers) Run(ctx context.Context, users *models.Users, s *streams) error {
	rows := s.table("ID", "NAME", "ACTIVE", "STAFF", "SUPERUSER")
	for user, err := range users.All(ctx) {
		if err != nil {
			return err
		}
		staff, superuser := "-", "-" // the user model does not say
		if u, ok := user.(interface{ Staff() bool }); ok {
			staff = yes(u.Staff())
		}
		if u, ok := user.(interface{ Superuser() bool }); ok {
			superuser = yes(u.Superuser())
		}
		rows.row(users.Key(user), users.Username(user), yes(user.Active()), staff, superuser)
	}
	return rows.w.Flush()
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
