package commands

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/apikey"
)

type createAPIKey struct {
	Name    string    `arg:"" help:"What the key is for. It need not be unique."`
	Expires time.Time `format:"2006-01-02" placeholder:"YYYY-MM-DD" help:"The day, in UTC, from which on the key is not valid. Default: it does not expire."`
}

// Run creates a key and prints it, once. Its parameter for the keys makes kong
// check that their table exists.
func (c createAPIKey) Run(ctx context.Context, db *gorm.DB, _ *apikey.Store, s *streams) error {
	row := &apikey.Key{Name: c.Name}
	if !c.Expires.IsZero() {
		row.ExpiryDate = &c.Expires
	}
	key, err := apikey.Create(ctx, db, row)
	if err != nil {
		return err
	}
	return s.say("Generated API key %s, which is not shown again", string(key))
}

type listAPIKeys struct{ listing }

// Run prints one line per key, the newest first.
func (c listAPIKeys) Run(ctx context.Context, keys *apikey.Store, s *streams) error {
	rows := c.table(s, "PREFIX", "NAME", "CREATED", "EXPIRES", "REVOKED")
	for key, err := range keys.All(ctx) {
		if err != nil {
			return err
		}
		rows.row(key.Prefix, key.Name, key.Created, key.ExpiryDate, key.Revoked)
	}
	return rows.print()
}

type revokeAPIKey struct {
	Prefix string `arg:"" help:"The part of the key before the dot, which apikey list shows."`
}

// Run ends the validity of the key at once.
func (c revokeAPIKey) Run(ctx context.Context, keys *apikey.Store, s *streams) error {
	err := keys.Revoke(ctx, c.Prefix)
	if errors.Is(err, models.ErrNotFound) {
		return errors.New(`there is no API key with that prefix; "apikey list" shows all prefixes`)
	}
	if err != nil {
		return err
	}
	return s.say("Revoked API key %s", c.Prefix)
}
