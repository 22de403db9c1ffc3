package commands

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/models"
)

// connection is the database of one command, opened when it is first asked for.
type connection struct {
	app  App
	flag databaseFlag
	db   *gorm.DB
}

func (c *connection) database(ctx context.Context) (_ *gorm.DB, err error) {
	if c.db == nil {
		c.db, err = await(ctx, c.open)
	}
	return c.db, err
}

func (c *connection) users(ctx context.Context) (*models.Users, error) {
	db, err := c.database(ctx)
	if err != nil {
		return nil, err
	}
	return models.UsersOf(db)
}

func (c *connection) apiKeys(ctx context.Context) (*models.APIKeys, error) {
	db, err := c.database(ctx)
	if err != nil {
		return nil, err
	}
	return models.APIKeysOf(db)
}

func (c *connection) accessTokens(ctx context.Context) (*models.AccessTokens, error) {
	db, err := c.database(ctx)
	if err != nil {
		return nil, err
	}
	return models.AccessTokensOf(db)
}

func (c *connection) open() (*gorm.DB, error) {
	if c.app.Database != nil {
		return c.app.Database()
	}
	if c.flag.Database == "" {
		return nil, usageError{errors.New("no database: name it with --database or in the environment variable DATABASE_URL")}
	}
	return c.app.DatabaseFromURL(c.flag.Database)
}

// close closes what was opened, except the application's own database.
func (c *connection) close() error {
	if c.db == nil || c.app.Database != nil {
		return nil
	}
	pool, err := c.db.DB()
	if err != nil {
		return err
	}
	return pool.Close()
}
