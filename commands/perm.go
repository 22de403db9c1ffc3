package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/models"
)

type listPerms struct{ listing }

// Run prints one line per permission, ordered by app, model and codename.
func (c listPerms) Run(ctx context.Context, users *models.Users, s *streams) error {
	perms, err := users.Permissions(ctx)
	if err != nil {
		return err
	}
	rows := c.table(s, "PERMISSION", "MODEL", "NAME")
	for _, p := range perms {
		rows.row(p.String(), p.ContentType.AppLabel+"."+p.ContentType.Model, p.Name)
	}
	return rows.print()
}

// permNames are the permissions that a command grants or takes.
type permNames struct {
	Perms []string `arg:"" name:"permission" help:"Their names, such as core.change_note."`
}

type grantToGroup struct {
	groupName
	permNames
}

// Run grants all of the permissions, or none.
func (c grantToGroup) Run(ctx context.Context, users *models.Users, s *streams) error {
	return c.change(ctx, users, s, models.AssignPerm, c.receiver, "Granted to group", c.Group)
}

type revokeFromGroup struct {
	groupName
	permNames
}

// Run takes all of the permissions, or none.
func (c revokeFromGroup) Run(ctx context.Context, users *models.Users, s *streams) error {
	return c.change(ctx, users, s, models.RemovePerm, c.receiver, "Revoked from group", c.Group)
}

func (n groupName) receiver(ctx context.Context, users *models.Users) (any, error) {
	return n.find(ctx, users)
}

// userName is the user that a command is about.
type userName struct {
	Name string `arg:"" name:"user" help:"The user's name."`
}

type grantToUser struct {
	userName
	permNames
}

// Run grants all of the permissions, or none.
func (c grantToUser) Run(ctx context.Context, users *models.Users, s *streams) error {
	return c.change(ctx, users, s, models.AssignPerm, c.receiver, "Granted to user", c.Name)
}

type revokeFromUser struct {
	userName
	permNames
}

// Run takes all of the permissions, or none. Those of the user's groups stay.
func (c revokeFromUser) Run(ctx context.Context, users *models.Users, s *streams) error {
	return c.change(ctx, users, s, models.RemovePerm, c.receiver, "Revoked from user", c.Name)
}

func (n userName) receiver(ctx context.Context, users *models.Users) (any, error) {
	return find(ctx, users, n.Name)
}

// change assigns or removes permissions, and prints what it did.
func (c permNames) change(
	ctx context.Context, users *models.Users, s *streams,
	apply func(ctx context.Context, db *gorm.DB, perm string, to, obj any) error,
	receiver func(context.Context, *models.Users) (any, error), done, name string,
) error {
	err := users.Transaction(ctx, func(tx *models.Users) error {
		to, err := receiver(ctx, tx)
		if err != nil {
			return err
		}
		for _, perm := range c.Perms {
			err := apply(ctx, tx.Database(), perm, to, nil)
			if errors.Is(err, models.ErrNotFound) {
				return fmt.Errorf(`permission %q does not exist; "perm list" shows those that do; `+
					"an application makes those of its models by models.SyncPermissions", perm)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.say("%s %s: %s", done, name, strings.Join(c.Perms, " "))
}
