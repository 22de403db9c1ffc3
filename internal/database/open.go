package database

import (
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Open opens the database of a URL: "postgres://..." or "postgresql://..." is PostgreSQL, everything else is the path of a
// SQLite file, with or without "sqlite:" before it, a "file:" URI, or ":memory:". Statements are logged through [slog.Default]
// when they fail or are slow, never with their parameters. Errors do not hold the password of the URL.
func Open(url string) (*gorm.DB, error) {
	switch {
	case url == "":
		return nil, fmt.Errorf("database: the URL is empty")
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		return openPostgres(url)
	}
	return openSQLite(url)
}

// open connects. The pool is closed if that fails.
func open(pool *sql.DB, dialector gorm.Dialector) (*gorm.DB, error) {
	db, err := gorm.Open(dialector, &gorm.Config{Logger: logger.NewSlogLogger(slog.Default(), logger.Config{
		LogLevel:                  logger.Warn,
		SlowThreshold:             time.Second,
		ParameterizedQueries:      true,
		IgnoreRecordNotFoundError: true,
	})})
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("database: %w", err)
	}
	return db, nil
}

// limit sets the size of the pool. database/sql keeps only two idle connections unless it is told to keep them all, and opens
// the others anew for every query under load.
func limit(pool *sql.DB, connections int) {
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
}
