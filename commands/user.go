package commands

import (
	"context"
	"errors"
	"fmt"

	"github.com/ginauth/ginauth/models"
)

// find returns the user with exactly that name.
func find(ctx context.Context, users *models.Users, name string) (models.UserModel, error) {
	user, err := users.ByUsername(ctx, name)
	if errors.Is(err, models.ErrNotFound) {
		return nil, fmt.Errorf(`user %q does not exist; "user list" shows those that do, and case matters`, name)
	}
	return user, err
}

type activateUser struct {
	Name string `arg:"" help:"The user's name."`
}

// Run activates the user, who may then log in.
func (c activateUser) Run(ctx context.Context, users *models.Users, s *streams) error {
	return setActive(ctx, users, s, c.Name, true)
}

type deactivateUser struct {
	Name string `arg:"" help:"The user's name."`
}

// Run deactivates the user, which shuts them out.
func (c deactivateUser) Run(ctx context.Context, users *models.Users, s *streams) error {
	return setActive(ctx, users, s, c.Name, false)
}

func setActive(ctx context.Context, users *models.Users, s *streams, name string, active bool) error {
	user, err := find(ctx, users, name)
	if err != nil {
		return err
	}
	if err := users.SetActive(ctx, user, active); err != nil {
		return err
	}
	done := "Deactivated"
	if active {
		done = "Activated"
	}
	return s.say("%s user %s", done, name)
}
