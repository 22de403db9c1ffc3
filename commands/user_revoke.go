package commands

import (
	"context"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/session"
)

type revokeAll struct {
	Name     string `arg:"" help:"The user's name."`
	Sessions bool   `help:"Also delete the sessions, which a Django on the same database would accept. The application must know the SECRET_KEY."`
	confirmed
}

// Run ends the user's epoch, and then deletes the sessions. Those that begin in
// between come from a login that was allowed.
func (c revokeAll) Run(ctx context.Context, db *gorm.DB, users *models.Users, s *streams) error {
	var sessions *session.Store
	if c.Sessions {
		var err error
		if sessions, err = session.Of(db, session.Config{}); err != nil {
			return err
		}
	}
	user, err := find(ctx, users, c.Name)
	if err != nil {
		return err
	}
	if err := c.confirm(ctx, s, "Revoke all credentials of user %s?", c.Name); err != nil {
		return err
	}
	if err := users.RevokeAll(ctx, user); err != nil {
		return err
	}
	if err := s.say("Revoked all credentials of user %s", c.Name); err != nil || sessions == nil {
		return err
	}
	n, err := sessions.DeleteAll(ctx, user)
	if err != nil {
		return err
	}
	return s.say("Deleted %d of the user's sessions", n)
}
