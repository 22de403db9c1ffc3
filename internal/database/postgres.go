package database

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

const postgresConnections = 16

// errMisread is the whole error for a URL in which the password cannot be
// located with certainty.
var errMisread = errors.New("database: the PostgreSQL URL cannot be read; " +
	"special characters in the password must be percent-encoded")

func openPostgres(rawURL string, newPool func(driver.Connector) *sql.DB) (*gorm.DB, error) {
	config, err := pgx.ParseConfig(rawURL)
	if err != nil {
		return nil, parseError(rawURL)
	}
	// An unescaped / or @ in the password has moved the rest of it into Host or
	// Database, which errors quote.
	if strings.Contains(config.Host+config.Database, "@") {
		return nil, errMisread
	}
	pool := newPool(stdlib.GetConnector(*config))
	limit(pool, postgresConnections)
	return open(pool, postgres.New(postgres.Config{Conn: pool}))
}

// parseError returns the reason why pgx refuses the URL. pgx promises only its
// best effort to keep the password out of its errors, so it is given the URL
// without the password.
func parseError(rawURL string) error {
	u, err := url.Parse(rawURL)
	if err != nil || strings.Count(rawURL, "@") > 1 || (u.User == nil && strings.Contains(rawURL, "@")) {
		return errMisread
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	query := u.Query()
	query.Del("password")
	query.Del("sslpassword")
	u.RawQuery = query.Encode()
	if _, err := pgx.ParseConfig(u.String()); err != nil {
		return fmt.Errorf("database: %w", err)
	}
	return errMisread
}
