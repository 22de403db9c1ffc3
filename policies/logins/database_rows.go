package logins

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"strings"

	"gorm.io/gorm"
)

// statements are the fixed queries of a [DatabaseStore], in the dialect of the database.
type statements struct {
	begin, lock, clock string // lock and clock are "" on SQLite
	find, remove       string
	put                [3]string // of one, two, three rows
	all, reset, clean  string    // with the parameters of a filter, and the time
	prune              string
}

const (
	failures   = `"ginauth_login_failure"`
	columns    = `"account", "network", "failed", "refused", "pending", "turn", "next", "last", "known", "expires"`
	width      = 10     // of a row
	pruneLimit = 10_000 // so that it does not hold a login up for long
)

func compile(db *gorm.DB) (s statements) {
	p := func(n int) string { return placeholder(db, n) }
	where := fmt.Sprintf(`WHERE (CAST(%[1]s AS text) = '' OR "account" = %[1]s) AND (CAST(%[2]s AS text) = '' OR "network" = %[2]s)`, p(1), p(2))
	s = statements{
		begin: "BEGIN IMMEDIATE",
		find: fmt.Sprintf(`SELECT %s FROM %s WHERE "account" = %s AND "network" IN (%s, '') OR "account" = '' AND "network" = %s`,
			columns, failures, p(1), p(2), p(2)),
		remove: fmt.Sprintf(`DELETE FROM %s WHERE "account" = %s AND "network" = %s`, failures, p(1), p(2)),
		all:    fmt.Sprintf(`SELECT %s FROM %s %s AND "expires" > %s`, columns, failures, where, p(3)),
		reset:  fmt.Sprintf(`DELETE FROM %s %s AND "known" <= %s AND "expires" > %s`, failures, where, p(3), p(3)),
		clean: fmt.Sprintf(`UPDATE %s SET "failed" = 0, "refused" = 0, "pending" = 0, "turn" = 0, "next" = 0, "last" = 0, "expires" = "known" `+
			`%s AND "known" > %s AND ("failed" > 0 OR "refused" > 0 OR "pending" > 0 OR "turn" > 0)`, failures, where, p(3)),
	}
	for i := range s.put {
		s.put[i] = upsert(p, i+1)
	}
	skip := ""
	if db.Name() == "postgres" {
		const clock = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS bigint)"
		s.begin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
		s.lock = fmt.Sprintf("SELECT %s FROM (SELECT pg_advisory_xact_lock(%s), pg_advisory_xact_lock(%s) OFFSET 0) locks", clock, p(1), p(2))
		s.clock = "SELECT " + clock
		skip = " FOR UPDATE SKIP LOCKED"
	}
	s.prune = fmt.Sprintf(`DELETE FROM %s WHERE "id" IN (SELECT "id" FROM %s WHERE "expires" <= %s LIMIT %d%s)`,
		failures, failures, p(1), pruneLimit, skip)
	return s
}

// upsert is the statement that writes that many rows.
func upsert(p func(n int) string, rows int) string {
	values := make([]string, rows)
	for i := range values {
		row := make([]string, width)
		for j := range row {
			row[j] = p(i*width + j + 1)
		}
		values[i] = "(" + strings.Join(row, ", ") + ")"
	}
	var set []string
	for _, column := range strings.Split(columns, ", ")[2:] {
		set = append(set, column+" = excluded."+column)
	}
	return fmt.Sprintf(`INSERT INTO %s (%s) VALUES %s ON CONFLICT ("account", "network") DO UPDATE SET %s`,
		failures, columns, strings.Join(values, ", "), strings.Join(set, ", "))
}

// placeholder is the dialect's n-th parameter, which a statement may use more than once.
func placeholder(db *gorm.DB, n int) string {
	if db.Name() == "postgres" {
		return fmt.Sprintf("$%d", n)
	}
	return fmt.Sprintf("?%d", n)
}

// columnsOf are the columns that name a counter: ” where it is over all accounts, or over all networks.
func (k Key) columnsOf() (account, network string) {
	if k.Kind != OfNetwork {
		account = k.Account.String()
	}
	if k.Kind != OfAccount {
		network = NetworkText(k.Network)
	}
	return account, network
}

func keyOf(account, network string) (k Key, err error) {
	k.Kind = OfAccountInNetwork
	switch {
	case account == "":
		k.Kind = OfNetwork
	case network == "":
		k.Kind = OfAccount
	}
	okAccount, okNetwork := true, true
	if account != "" {
		k.Account, okAccount = ParseAccount(account)
	}
	if network != "" {
		k.Network, okNetwork = ParseNetwork(network)
	}
	if !okAccount || !okNetwork {
		return k, errors.New("a row of ginauth_login_failure was not written by this package")
	}
	return k, nil
}

// lock is the number of PostgreSQL's lock of an account or a network.
func (k Key) lock() int64 {
	account, network := k.columnsOf()
	sum := sha256.Sum256([]byte("ginauth login failure\x00" + account + "\x00" + network))
	return int64(binary.BigEndian.Uint64(sum[:8])) //nolint:gosec // any number will do
}

// read returns the counters of an attempt.
func (s *DatabaseStore) read(ctx context.Context, conn *sql.Conn, attempt Attempt) (t trio, err error) {
	rows, err := conn.QueryContext(ctx, s.sql.find, attempt.Account.String(), NetworkText(attempt.Network))
	if err != nil {
		return t, err
	}
	defer rows.Close()
	for rows.Next() {
		key, c, err := scan(rows)
		if err != nil {
			return t, err
		}
		switch key.Kind {
		case OfAccountInNetwork:
			t.pair = c
		case OfAccount:
			t.account = c
		default:
			t.network = c
		}
	}
	return t, errors.Join(rows.Err(), rows.Close())
}

func scan(rows *sql.Rows) (key Key, c counter, err error) {
	var account, network string
	var turn int
	var expires int64
	if err := rows.Scan(&account, &network, &c.failed, &c.refused, &c.pending, &turn, &c.next, &c.last, &c.known, &expires); err != nil {
		return key, c, err
	}
	c.turn = turn != 0
	key, err = keyOf(account, network)
	return key, c, err
}

// columns is a row as it is written.
func (c *counter) columns(key Key, curve Curve) []any {
	account, network := key.columnsOf()
	turn := 0
	if c.turn {
		turn = 1
	}
	return []any{account, network, c.failed, c.refused, c.pending, turn, c.next, c.last, c.known, c.expires(curve)}
}

func (s *DatabaseStore) put(ctx context.Context, conn *sql.Conn, rows []any) error {
	if len(rows) == 0 {
		return nil
	}
	_, err := conn.ExecContext(ctx, s.sql.put[len(rows)/width-1], rows...)
	return err
}

func (s *DatabaseStore) remove(ctx context.Context, conn *sql.Conn, key Key) error {
	account, network := key.columnsOf()
	_, err := conn.ExecContext(ctx, s.sql.remove, account, network)
	return err
}

// parameters are those of a filter.
func (f Filter) parameters() (account, network string) {
	if f.Account != nil {
		account = f.Account.String()
	}
	if f.Network != nil {
		network = NetworkText(*f.Network)
	}
	return account, network
}

// Counters implements [Store]. It holds a connection while it goes on.
func (s *DatabaseStore) Counters(ctx context.Context, filter Filter) iter.Seq2[Counter, error] {
	return func(yield func(Counter, error) bool) {
		if err := s.each(ctx, filter, func(c Counter) bool { return yield(c, nil) }); err != nil {
			yield(Counter{}, fmt.Errorf("logins: list counters: %w", err))
		}
	}
}

// each calls f until it returns false.
func (s *DatabaseStore) each(ctx context.Context, filter Filter, f func(Counter) bool) error {
	conn, err := s.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	now, err := s.clock(ctx, conn)
	if err != nil {
		return err
	}
	account, network := filter.parameters()
	rows, err := conn.QueryContext(ctx, s.sql.all, account, network, now)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		key, c, err := scan(rows)
		if err != nil {
			return err
		}
		if !f(c.public(key)) {
			return nil
		}
	}
	return rows.Err()
}

// Reset implements [Store]. What is being tested while everything is reset may still be counted.
func (s *DatabaseStore) Reset(ctx context.Context, filter Filter) (reset int, err error) {
	var keys []Key
	if filter.Account != nil {
		keys = append(keys, Key{Kind: OfAccount, Account: *filter.Account})
	}
	if filter.Network != nil {
		keys = append(keys, Key{Kind: OfNetwork, Network: *filter.Network})
	}
	err = s.locked(ctx, keys, func(conn *sql.Conn, now int64) error {
		account, network := filter.parameters()
		for _, statement := range []string{s.sql.reset, s.sql.clean} {
			result, err := conn.ExecContext(ctx, statement, account, network, now)
			if err != nil {
				return err
			}
			n, err := result.RowsAffected()
			if err != nil {
				return err
			}
			reset += int(n)
		}
		return nil
	})
	return reset, err
}
