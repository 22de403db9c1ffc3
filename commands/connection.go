package commands

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/databaseurl"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
	"github.com/ginauth/ginauth/models/apikey"
)

// connection is the database of one command, opened on first use.
type connection struct {
	app  App
	flag databaseFlag
	db   *gorm.DB
}

// database opens an existing database. SQLite would create a file for a
// misspelt name.
func (c *connection) database(ctx context.Context) (*gorm.DB, error) {
	if c.db == nil && c.app.Database == nil && c.flag.Database != "" {
		if err := exists(c.flag.Database, c.app.Name); err != nil {
			return nil, err
		}
	}
	return c.databaseOrNew(ctx)
}

// databaseOrNew opens a database whose file may be created.
func (c *connection) databaseOrNew(ctx context.Context) (_ *gorm.DB, err error) {
	if c.db == nil {
		c.db, err = await(ctx, c.open)
	}
	return c.db, err
}

// exists returns an error if a URL names no database, or a SQLite file that
// does not exist.
func exists(url, program string) error {
	if err := databaseurl.Check(url); err != nil || databaseurl.IsPostgres(url) {
		return err
	}
	path, _, err := databaseurl.SQLite(url)
	if err != nil || path == "" {
		return err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf(`there is no SQLite file %q; "%s migrate" creates it`, path, program)
	}
	return nil
}

func (c *connection) users(ctx context.Context) (*models.Users, error) {
	db, err := c.database(ctx)
	if err != nil {
		return nil, err
	}
	users, err := models.UsersOf(db)
	if err != nil {
		return nil, err
	}
	return users, userkit.Of(users).Preflight(ctx)
}

func (c *connection) apiKeys(ctx context.Context) (*apikey.Store, error) {
	db, err := c.database(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := apikey.Of(db)
	if err != nil {
		return nil, err
	}
	return keys, keys.Preflight(ctx)
}

func (c *connection) accessTokens(ctx context.Context) (*accesstoken.Store, error) {
	db, err := c.database(ctx)
	if err != nil {
		return nil, err
	}
	tokens, err := accesstoken.Of(db)
	if err != nil {
		return nil, err
	}
	return tokens, tokens.Preflight(ctx)
}

func (c *connection) open() (*gorm.DB, error) {
	if c.app.Database != nil {
		return c.app.Database()
	}
	if c.flag.Database == "" {
		return nil, usageError{errors.New("no database: " +
			"name it with --database or in the environment variable DATABASE_URL")}
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
