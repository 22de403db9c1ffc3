package commands

import (
	"context"

	"github.com/ginauth/ginauth/models"
)

type setPassword struct {
	Name string `arg:"" help:"The user's name."`
	passwordFlags
}

// Run asks for the password and stores it.
func (c setPassword) Run(ctx context.Context, users *models.Users, s *streams) error {
	user, err := find(ctx, users, c.Name)
	if err != nil {
		return err
	}
	password, err := newPassword(ctx, s, users, user, c.passwordFlags)
	if err != nil {
		return err
	}
	if err := users.SetPassword(ctx, user, password); err != nil {
		return err
	}
	return s.say("Changed the password of user %s", c.Name)
}
