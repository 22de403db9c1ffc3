package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ginauth/ginauth/models"
)

type listGroups struct{ listing }

// Run prints one line per group, ordered by name.
func (c listGroups) Run(ctx context.Context, users *models.Users, s *streams) error {
	groups, err := users.Groups(ctx)
	if err != nil {
		return err
	}
	rows := c.table(s, "NAME", "PERMISSIONS")
	for _, g := range groups {
		rows.row(g.Name, permissionNames(g.Permissions))
	}
	return rows.print()
}

func permissionNames(perms []models.Permission) (names []string) {
	for _, p := range perms {
		names = append(names, p.String())
	}
	return names
}

// groupName is the group that a command is about.
type groupName struct {
	Group string `arg:"" help:"The group's name."`
}

// find returns the group of exactly that name.
func (n groupName) find(ctx context.Context, users *models.Users) (*models.Group, error) {
	g, err := users.Group(ctx, n.Group)
	if errors.Is(err, models.ErrNotFound) {
		return nil, fmt.Errorf(`group %q does not exist; "group list" shows those that do, and case matters`, n.Group)
	}
	return g, err
}

type groupMembers struct {
	groupName
	listing
}

// Run prints one line per member, ordered by primary key.
func (c groupMembers) Run(ctx context.Context, users *models.Users, s *streams) error {
	g, err := c.find(ctx, users)
	if err != nil {
		return err
	}
	rows := c.table(s, "ID", "NAME", "ACTIVE")
	for user, err := range users.Members(ctx, g) {
		if err != nil {
			return err
		}
		rows.row(users.Key(user), users.Username(user), user.Active())
	}
	return rows.print()
}

type createGroup struct{ groupName }

// Run stores a group without members.
func (c createGroup) Run(ctx context.Context, users *models.Users, s *streams) error {
	if _, err := users.Group(ctx, c.Group); err == nil {
		return fmt.Errorf(`group %q exists; "group members" shows who is in it`, c.Group)
	} else if !errors.Is(err, models.ErrNotFound) {
		return err
	}
	if _, err := users.GetOrCreateGroup(ctx, c.Group); err != nil {
		return err
	}
	return s.say("Created group %s", c.Group)
}

type deleteGroup struct {
	groupName
	confirmed
}

// Run deletes the group with its memberships and permissions.
func (c deleteGroup) Run(ctx context.Context, users *models.Users, s *streams) error {
	g, err := c.find(ctx, users)
	if err != nil {
		return err
	}
	if err := c.confirm(ctx, s, "Delete group %s with its memberships and permissions?", c.Group); err != nil {
		return err
	}
	if err := users.DeleteGroup(ctx, g); err != nil {
		return err
	}
	return s.say("Deleted group %s", c.Group)
}

type addMembers struct {
	groupName
	Users []string `arg:"" name:"user" help:"The users' names."`
}

// Run makes all of the users members, or none.
func (c addMembers) Run(ctx context.Context, users *models.Users, s *streams) error {
	err := changeMembers(ctx, users, c.groupName, c.Users, (*models.Users).AddToGroup)
	if err != nil {
		return err
	}
	return s.say("Added to group %s: %s", c.Group, strings.Join(c.Users, " "))
}

type removeMembers struct {
	groupName
	Users []string `arg:"" name:"user" help:"The users' names."`
}

// Run ends the memberships of all of the users, or of none.
func (c removeMembers) Run(ctx context.Context, users *models.Users, s *streams) error {
	err := changeMembers(ctx, users, c.groupName, c.Users, (*models.Users).RemoveFromGroup)
	if err != nil {
		return err
	}
	return s.say("Removed from group %s: %s", c.Group, strings.Join(c.Users, " "))
}

func changeMembers(ctx context.Context, users *models.Users, in groupName, names []string,
	change func(*models.Users, context.Context, models.UserModel, *models.Group) error,
) error {
	return users.Transaction(ctx, func(tx *models.Users) error {
		g, err := in.find(ctx, tx)
		if err != nil {
			return err
		}
		for _, name := range names {
			user, err := find(ctx, tx, name)
			if err != nil {
				return err
			}
			if err := change(tx, ctx, user, g); err != nil {
				return err
			}
		}
		return nil
	})
}
