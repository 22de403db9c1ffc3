package database

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/ginauth/ginauth/internal/databaseurl"
	"github.com/ginauth/ginauth/internal/wiring"
)

// Config is what a program may set about its connections beside the URL.
type Config struct {
	// MaxConnections is how many connections may be open at once. A request
	// that needs another one waits. Default: 16, and 8 on SQLite. A SQLite
	// database in memory always has one.
	//
	// The sum over all processes must stay below PostgreSQL's max_connections,
	// which is 100 by default.
	MaxConnections int

	// NewPool creates the pool on the driver's connector, so that a program can
	// put something in between, such as a tracer. Its limits are set afterwards.
	// Default: [sql.OpenDB].
	NewPool func(driver.Connector) *sql.DB
}

// Open opens the database that url names and checks that it answers.
//
//   - postgres://... and postgresql://... are PostgreSQL. The parameters are
//     those of pgx, among them libpq's sslmode, connect_timeout (default: 5
//     seconds) and target_session_attrs.
//   - file:... is a SQLite URI. Its own parameters take precedence over those
//     of this package.
//   - Anything else is the path of a SQLite file, including sqlite:PATH and
//     sqlite://PATH, or :memory:. Addresses of other databases are refused.
//
// Where a connection pooler such as PgBouncer answers in place of PostgreSQL,
// it may be in transaction mode: statements are not prepared by name, in pgx's
// mode cache_describe. The parameter default_query_exec_mode overrides this;
// cache_statement, the mode without a pooler, also works behind PgBouncer in
// session mode or with max_prepared_statements. The mode describe_exec, which
// gives wrong results behind a pooler, is refused there.
//
// A SQLite file that does not exist is created with mode 0600, which SQLite
// also gives to its -wal and -shm files. An existing file keeps its mode.
//
// GORM logs failed and slow statements to the [slog.Default] of the time,
// without their parameters. Errors do not reveal the password in the URL. The
// caller closes the connections: sqlDB, err := db.DB(); sqlDB.Close(). Open
// takes one Config at most, and panics if it is given more.
func Open(url string, config ...Config) (*gorm.DB, error) {
	c := wiring.Config("database: Open", config)
	if c.MaxConnections < 0 {
		return nil, errors.New("database: MaxConnections is negative; leave it out for the default")
	}
	if c.NewPool == nil {
		c.NewPool = sql.OpenDB
	}
	if err := databaseurl.Check(url); err != nil {
		return nil, err
	}
	if databaseurl.IsPostgres(url) {
		return openPostgres(url, c)
	}
	return openSQLite(url, c)
}

// open passes a pool to GORM, or closes it if it does not answer.
func open(ctx context.Context, pool *sql.DB, dialector gorm.Dialector) (*gorm.DB, error) {
	err := pool.PingContext(ctx)
	if err == nil {
		var db *gorm.DB
		if db, err = gorm.Open(dialector, gormConfig()); err == nil {
			return db, nil
		}
	}
	return nil, fmt.Errorf("database: open: %w", errors.Join(err, pool.Close()))
}

func gormConfig() *gorm.Config {
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

// newPool returns a pool that keeps every connection that it opens: by default
// database/sql closes all but two between requests.
func (c Config) newPool(connector driver.Connector, connections int) *sql.DB {
	connections = cmp.Or(c.MaxConnections, connections)
	pool := c.NewPool(connector)
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	return pool
}
