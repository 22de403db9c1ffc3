package commands

import (
	"cmp"
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
)

type migrate struct {
	SQL   bool `name:"sql" xor:"what" help:"Print the SQL that the command would run, and run nothing."`
	Check bool `xor:"what" help:"Print what the command would make, and make nothing; fail if there is anything."`
}

// Run brings the tables up to date, and prints what it made.
func (m migrate) Run(ctx context.Context, app App, c *connection, s *streams) error {
	switch {
	case m.SQL:
		return printMigration(ctx, c, s)
	case m.Check:
		return checkMigration(ctx, app, c, s)
	}
	db, err := c.databaseOrNew(ctx)
	if err != nil {
		return err
	}
	db = db.WithContext(ctx)
	plan, err := planned(ctx, db)
	if err == nil {
		err = models.Migrate(db)
	}
	for _, made := range plan {
		if err == nil {
			err = s.say("Created %s", made)
		}
	}
	if err != nil {
		return err
	}
	return s.say(upToDate)
}

const upToDate = "The tables are up to date."

// planned returns what a migration is to make.
func planned(ctx context.Context, db *gorm.DB) ([]string, error) {
	users, err := models.UsersOf(db)
	if err != nil {
		return nil, err
	}
	return userkit.Of(users).MigrationPlan(ctx)
}

// checkMigration prints what is to be made, and fails if that is anything. It
// does not create a SQLite file.
func checkMigration(ctx context.Context, app App, c *connection, s *streams) error {
	db, err := c.database(ctx)
	if err != nil {
		return err
	}
	plan, err := planned(ctx, db)
	if err != nil {
		return err
	}
	if len(plan) == 0 {
		return s.say(upToDate)
	}
	for _, missing := range plan {
		if err := s.say("Missing %s", missing); err != nil {
			return err
		}
	}
	return fmt.Errorf(`the tables are not up to date; "%s migrate" makes what is missing`, app.Name)
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
	_, err = fmt.Fprint(s.out, cmp.Or(script, "-- "+upToDate+"\n"))
	return err
}
