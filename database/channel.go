package database

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ginauth/ginauth/internal/announcement"
	"github.com/ginauth/ginauth/internal/databaseurl"
)

// Channel hears the announcements of revocations that PostgreSQL passes on by
// NOTIFY, for authcache.NewListener. It is safe for concurrent use.
type Channel struct{ config *pgx.ConnConfig }

// After a silence the server is asked whether it still answers.
const (
	silence = 2 * time.Second
	answer  = 2 * time.Second // how long it may take
)

// NewChannel returns the channel of the PostgreSQL database that url names. It
// does not connect. Each Listen has a connection of its own, beside those of
// [Open], and sends an empty query after 2 seconds of silence.
//
// The URL leads to the server itself: a pooler such as PgBouncer in transaction
// mode does not pass on what is announced, so Listen fails behind one. It leads
// to the primary: a standby hears nothing. With several hosts in the URL,
// target_session_attrs=read-write finds it.
//
// Servers announce revocations in the transactions that make them, through a
// pooler or not. Nothing has to be set up; a SQLite database has no channel.
func NewChannel(url string) (*Channel, error) {
	if err := databaseurl.Check(url); err != nil {
		return nil, err
	}
	if !databaseurl.IsPostgres(url) {
		return nil, errors.New("database: SQLite has no channel; use package policies/redischannel")
	}
	config, err := parsePostgres(url)
	if err != nil {
		return nil, err
	}
	const name = "application_name" // as pg_stat_activity shows it
	config.RuntimeParams[name] = cmp.Or(config.RuntimeParams[name], "ginauth revocations")
	return &Channel{config}, nil
}

// Listen implements authcache.Channel. Within 4 seconds it notices that the
// connection is dead.
func (c *Channel) Listen(ctx context.Context, joined func(), heard func(message string)) error {
	conn, err := c.join(ctx)
	if err != nil {
		return fmt.Errorf("listen for revocations: %w", err)
	}
	defer closeSoon(conn)
	joined()
	for {
		message, err := next(ctx, conn)
		if err != nil {
			return fmt.Errorf("listen for revocations: %w", err)
		}
		if message != nil {
			heard(*message)
		}
	}
}

// join connects, and listens.
func (c *Channel) join(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(1+len(c.config.Fallbacks))*c.config.ConnectTimeout)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, c.config.Copy())
	if err != nil {
		return nil, err
	}
	behind, err := pooled(ctx, conn)
	if err == nil && behind {
		err = errors.New("a connection pooler does not pass on what is announced: " +
			"give database.NewChannel the URL of the server itself")
	}
	if err == nil {
		_, err = conn.Exec(ctx, "LISTEN "+announcement.Channel)
	}
	if err != nil {
		closeSoon(conn)
		return nil, err
	}
	return conn, nil
}

// next returns the next announcement, or nil if there was none for a while but
// the server still answers.
func next(ctx context.Context, conn *pgx.Conn) (*string, error) {
	waiting, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	notification, err := conn.WaitForNotification(waiting)
	switch {
	case err == nil:
		return &notification.Payload, nil
	case ctx.Err() != nil || waiting.Err() == nil:
		return nil, err
	}
	asking, cancel := context.WithTimeout(ctx, answer)
	defer cancel()
	return nil, conn.Ping(asking)
}

// closeSoon closes a connection that the server may not answer on.
func closeSoon(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}
