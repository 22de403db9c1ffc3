package database

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

const (
	postgresConnections = 16
	connectTimeout      = 5 * time.Second
	// A connection that is replaced now and then follows a failover behind its
	// address, and gives back the memory that its server process has gathered.
	maxLifetime = time.Hour
	maxIdleTime = 10 * time.Minute
)

// keepAlive closes an idle connection half a minute after its peer has gone
// without a word, and keeps firewalls on the way from forgetting it.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}

// errMisread is the whole error for a URL in which the password cannot be
// located with certainty.
var errMisread = errors.New("database: the PostgreSQL URL cannot be read; " +
	"special characters in the password must be percent-encoded")

func openPostgres(rawURL string, c Config) (*gorm.DB, error) {
	config, err := parsePostgres(rawURL)
	if err != nil {
		return nil, err
	}
	hosts := 1 + len(config.Fallbacks)
	// The time is for behindPooler, and for the pool's first connection.
	patience := 2 * time.Duration(hosts) * config.ConnectTimeout
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := adaptToPooler(ctx, config, rawURL); err != nil {
		return nil, fmt.Errorf("database: open: %w", err)
	}
	pool := c.newPool(newConnector(config, wantedServer(rawURL)), postgresConnections)
	pool.SetConnMaxLifetime(maxLifetime)
	pool.SetConnMaxIdleTime(maxIdleTime)
	return open(ctx, pool, postgres.New(postgres.Config{Conn: pool}))
}

func parsePostgres(rawURL string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(rawURL)
	if err != nil {
		return nil, parseError(rawURL)
	}
	// An unescaped / or @ in the password has moved the rest of it into Host or
	// Database, which errors quote.
	if strings.Contains(config.Host+config.Database, "@") {
		return nil, errMisread
	}
	config.ConnectTimeout = cmp.Or(config.ConnectTimeout, connectTimeout) // for each host
	config.DialFunc = (&net.Dialer{KeepAliveConfig: keepAlive}).DialContext
	return config, nil
}

// wantedServer returns the kind of server that a URL, or else the environment,
// wants of several hosts.
func wantedServer(rawURL string) string {
	wanted := ""
	if u, err := url.Parse(rawURL); err == nil {
		wanted = u.Query().Get("target_session_attrs")
	}
	return cmp.Or(wanted, os.Getenv("PGTARGETSESSIONATTRS"))
}

// adaptToPooler makes statements independent of what earlier transactions have
// left in the server's session, if a pooler may give each transaction another
// session. The URL's own mode takes precedence, except for describe_exec: it
// has the server parse a statement in one transaction and executes it in
// another, in whose session the latest statement may be another client's.
func adaptToPooler(ctx context.Context, config *pgx.ConnConfig, rawURL string) error {
	pooled, err := behindPooler(ctx, newConnector(config, wantedServer(rawURL)))
	if err != nil || !pooled {
		return err
	}
	if config.DefaultQueryExecMode == pgx.QueryExecModeDescribeExec {
		return errors.New("default_query_exec_mode=describe_exec executes the statements of other clients " +
			"behind a connection pooler; remove it from the URL, or make it cache_describe")
	}
	if u, err := url.Parse(rawURL); err != nil || !u.Query().Has("default_query_exec_mode") {
		config.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	return nil
}

// behindPooler reports whether a pooler answers.
func behindPooler(ctx context.Context, connector driver.Connector) (_ bool, err error) {
	conn, err := connector.Connect(ctx)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return pooled(ctx, conn.(*stdlib.Conn).Conn())
}

// pooled reports whether a pooler has answered. PostgreSQL tells a client the
// number of the process that serves it; a pooler, which has no process for each
// client, makes one up.
func pooled(ctx context.Context, conn *pgx.Conn) (bool, error) {
	var process uint32
	err := conn.QueryRow(ctx, "SELECT pg_backend_pid()", pgx.QueryExecModeSimpleProtocol).Scan(&process)
	return process != conn.PgConn().PID(), err
}

// parseError returns the reason why pgx refuses the URL, without the URL, which
// may have parts of a password anywhere: a # or an & in it ends the parameter.
// pgx promises only its best effort to keep the password out of its errors, so
// it is given the URL without it.
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
		// The reason follows the URL, which has no such mark itself.
		if _, reason, quoted := strings.Cut(err.Error(), "`: "); quoted {
			return errors.New("database: the PostgreSQL URL is wrong: " + reason)
		}
	}
	return errMisread
}
