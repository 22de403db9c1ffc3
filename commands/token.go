package commands

import (
	"context"
	"errors"
	"fmt"

	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
)

type createToken struct {
	Reset    bool   `short:"r" help:"Replace an existing token."`
	Username string `arg:"" help:"The user's name."`
}

// Run does what DRF's drf_create_token does, in the same words.
func (c createToken) Run(ctx context.Context, users *models.Users, s *streams) error {
	if err := userkit.Of(users).Preflight(ctx, models.Token{}.TableName()); err != nil {
		return err
	}
	user, err := users.ByUsername(ctx, c.Username)
	if errors.Is(err, models.ErrNotFound) {
		return commandError("Cannot create the Token: user " + printable(c.Username) + " does not exist")
	}
	if err != nil {
		return err
	}
	issue := users.GetOrCreateToken
	if c.Reset {
		issue = users.ResetToken
	}
	token, err := issue(ctx, user)
	if err != nil {
		return err
	}
	return s.say("Generated token %s for user %s", string(token.Key), c.Username)
}

type revokeToken struct {
	Username string `arg:"" help:"The user's name."`
}

// Run deletes the token, which ends its validity at once.
func (c revokeToken) Run(ctx context.Context, users *models.Users, s *streams) error {
	if err := userkit.Of(users).Preflight(ctx, models.Token{}.TableName()); err != nil {
		return err
	}
	user, err := find(ctx, users, c.Username)
	if err != nil {
		return err
	}
	existed, err := users.DeleteToken(ctx, user)
	if err != nil {
		return err
	}
	if !existed {
		return fmt.Errorf("user %q has no token", c.Username)
	}
	return s.say("Revoked the token of user %s", c.Username)
}
