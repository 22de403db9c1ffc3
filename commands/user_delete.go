package commands

import (
	"context"

	"github.com/ginauth/ginauth/models"
)

type deleteUser struct {
	userName
	confirmed
}

// Run deletes the user, unless rows of the application refer to it.
func (c deleteUser) Run(ctx context.Context, users *models.Users, s *streams) error {
	user, err := find(ctx, users, c.Name)
	if err != nil {
		return err
	}
	const question = "Delete user %s with all credentials, memberships and permissions?"
	if err := c.confirm(ctx, s, question, c.Name); err != nil {
		return err
	}
	if err := users.Delete(ctx, user); err != nil {
		return err
	}
	return s.say("Deleted user %s", c.Name)
}
