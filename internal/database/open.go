package database

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/ginauth/ginauth/internal/databaseurl"
)

// Open opens the database that url names and checks that it answers.
//
//   - postgres://... and postgresql://... are PostgreSQL.
//   - file:... is a SQLite URI. Its own parameters take precedence over those
//     of this package.
//   - Anything else is the path of a SQLite file, including sqlite:PATH and
//     sqlite://PATH, or :memory:. Addresses of other databases are refused.
//
// A SQLite file that does not exist is created with mode 0600, which SQLite
// also gives to its -wal and -shm files. An existing file keeps its mode.
//
// Errors do not reveal the password in the URL. The caller closes the
// connections: sqlDB, err := db.DB(); sqlDB.Close().
func Open(url string) (*gorm.DB, error) { return OpenWith(url, sql.OpenDB) }

// OpenWith is [Open] with a pool that the caller creates, so that it can put
// something between the pool and the driver.
func OpenWith(url string, newPool func(driver.Connector) *sql.DB) (*gorm.DB, error) {
	if err := databaseurl.Check(url); err != nil {
		return nil, err
	}
	if databaseurl.IsPostgres(url) {
		return openPostgres(url, newPool)
	}
	return openSQLite(url, newPool)
}

// open passes a pool to GORM, or closes it.
func open(pool *sql.DB, dialector gorm.Dialector) (*gorm.DB, error) {
	err := pool.Ping()
	if err == nil {
		var db *gorm.DB
		if db, err = gorm.Open(dialector, config()); err == nil {
			return db, nil
		}
	}
	return nil, fmt.Errorf("database: open: %w", errors.Join(err, pool.Close()))
}

func config() *gorm.Config {
	return &gorm.Config{
		Logger: logger.NewSlogLogger(slog.Default(), logger.Config{
			LogLevel:                  logger.Warn,
			SlowThreshold:             200 * time.Millisecond,
			ParameterizedQueries:      true, // parameters include tokens and password hashes
			IgnoreRecordNotFoundError: true,
		}),
		DisableAutomaticPing: true, // open has pinged already
	}
}

// limit lets the pool keep every connection that it opens: by default
// database/sql closes all but two between requests.
func limit(pool *sql.DB, connections int) {
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
}
