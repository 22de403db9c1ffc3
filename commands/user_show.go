package commands

import (
	"context"

	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
)

type showUser struct {
	userName
	listing
}

// Run prints what the database holds about a user, without secrets.
func (c showUser) Run(ctx context.Context, users *models.Users, s *streams) error {
	user, err := find(ctx, users, c.Name)
	if err != nil {
		return err
	}
	heading := []string{"ID", "NAME", "ACTIVE", "STAFF", "SUPERUSER"}
	cells := []any{users.Key(user), users.Username(user), user.Active(), staff(user), superuser(user)}
	for _, column := range []struct{ heading, name string }{
		{"EMAIL", "email"}, {"JOINED", "date_joined"}, {"LAST LOGIN", "last_login"},
	} {
		if value, ok := userkit.Of(users).Table().Value(user, column.name); ok {
			heading, cells = append(heading, column.heading), append(cells, value)
		}
	}
	if member, ok := user.(interface {
		AllGroups(ctx context.Context) ([]string, error)
		AllPermissions(ctx context.Context) ([]string, error)
	}); ok {
		groups, err := member.AllGroups(ctx)
		if err != nil {
			return err
		}
		perms, err := member.AllPermissions(ctx)
		if err != nil {
			return err
		}
		heading, cells = append(heading, "GROUPS", "PERMISSIONS"), append(cells, groups, perms)
	}
	row := c.table(s, heading...)
	row.row(cells...)
	return row.printOne()
}
