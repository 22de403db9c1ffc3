package commands

import (
	"context"

	"github.com/ginauth/ginauth/models"
)

type migrate struct{}

// Run brings the tables up to date.
func (migrate) Run(ctx context.Context, c *connection, s *streams) error {
	db, err := c.databaseOrNew(ctx)
	if err != nil {
		return err
	}
	if err := models.Migrate(db.WithContext(ctx)); err != nil {
		return err
	}
	return s.say("The tables are up to date.")
}
