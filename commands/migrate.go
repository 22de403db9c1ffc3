package commands

import (
	"cmp"
	"context"
	"fmt"

	"github.com/ginauth/ginauth/models"
)

type migrate struct {
	SQL bool `name:"sql" help:"Print the SQL that the command would run, and run nothing."`
}

// Run brings the tables up to date.
func (m migrate) Run(ctx context.Context, c *connection, s *streams) error {
	if m.SQL {
		return printMigration(ctx, c, s)
	}
	db, err := c.databaseOrNew(ctx)
	if err != nil {
		return err
	}
	if err := models.Migrate(db.WithContext(ctx)); err != nil {
		return err
	}
	return s.say("The tables are up to date.")
}

// printMigration prints a script. It does not create a SQLite file.
func printMigration(ctx context.Context, c *connection, s *streams) error {
	db, err := c.database(ctx)
	if err != nil {
		return err
	}
	script, err := models.MigrationSQL(db.WithContext(ctx))
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(s.out, cmp.Or(script, "-- The tables are up to date.\n"))
	return err
}
