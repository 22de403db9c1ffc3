package loginstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// rollbackTime bounds a ROLLBACK, which waits for no lock.
const rollbackTime = time.Second

// rowName names a row of the table. Account is empty in a counter over all
// accounts, network in one over all networks, and principal in every counter.
type rowName struct{ account, network, principal string }

const sharedRow = "shared:" // begins the account and the network of a shared row

// row returns the name of the row of a counter.
func (k Key) row(shared bool) (name rowName) {
	account, network := k.Account.String(), NetworkText(k.Network)
	if shared {
		account = fmt.Sprint(sharedRow, k.SharedPlace())
		network = account
	}
	if k.Kind != OfNetwork {
		name.account = account
	}
	if k.Kind != OfAccount {
		name.network = network
	}
	if k.Kind == OfUserInNetwork {
		name.principal = k.Principal.String()
	}
	return name
}

// key returns the counter of a row. It is not ours if the row is shared.
func (n rowName) key() (k Key, ours bool, err error) {
	if strings.HasPrefix(n.account+n.network, sharedRow) {
		return k, false, nil
	}
	okAccount, okPrincipal, okNetwork := true, true, true
	k.Kind = OfAccountInNetwork
	switch {
	case n.principal != "":
		k.Kind = OfUserInNetwork
		k.Principal, okPrincipal = ParsePrincipal(n.principal)
	case n.account == "":
		k.Kind = OfNetwork
	case n.network == "":
		k.Kind = OfAccount
	}
	if n.account != "" {
		k.Account, okAccount = ParseAccount(n.account)
	}
	if n.network != "" {
		k.Network, okNetwork = ParseNetwork(n.network)
	}
	if !okAccount || !okPrincipal || !okNetwork {
		return k, true, errors.New("a row of ginauth_login_failure was not written by this package")
	}
	return k, true, nil
}

// snapshot holds what the database knew about an attempt at one time. The rows
// are those of the three counters and of the known user; a version is 0 if the
// row is missing.
type snapshot struct {
	now      int64
	state    state
	shared   int
	names    [4]rowName
	versions [4]int64
}

// read returns the counters of an attempt; shared says which of them are
// shared.
func (s *DatabaseStore) read(ctx context.Context, a Attempt, shared int) (*snapshot, error) {
	got := &snapshot{shared: shared}
	for i, key := range a.Keys() {
		got.names[i] = key.row(shared&(1<<i) != 0)
	}
	got.names[3] = a.knownKey().row(false)
	pair, known := got.names[0], got.names[3]
	rows, err := s.query(ctx, s.sql.find, pair.account, pair.network, known.account, known.network, known.principal,
		got.names[1].account, got.names[2].network)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		if err := got.add(rows); err != nil {
			return nil, err
		}
	}
	if s.now != nil {
		got.now = s.now()
	}
	return got, errors.Join(rows.Err(), rows.Close())
}

// query runs a query. It repeats the query, on each connection, if PostgreSQL
// planned it for the table as it was before a migration.
func (s *DatabaseStore) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	for n := 0; ; n++ {
		rows, err := s.pool.QueryContext(ctx, query, args...)
		var failure interface{ SQLState() string }
		if !errors.As(err, &failure) || failure.SQLState() != "0A000" || n > s.pool.Stats().OpenConnections {
			return rows, err
		}
	}
}

// add reads a row. A row without a name holds the time.
func (got *snapshot) add(rows *sql.Rows) error {
	name, c, known, version, err := scan(rows)
	if err != nil {
		return err
	}
	if name == (rowName{}) {
		got.now = known
		return nil
	}
	for i := range got.names {
		switch {
		case got.names[i] != name:
			continue
		case i == 3:
			got.state.known = known
		default:
			*got.state.at(i) = c
		}
		got.versions[i] = version
	}
	return nil
}

func scan(rows *sql.Rows) (name rowName, c counter, known, version int64, err error) {
	err = rows.Scan(&name.account, &name.network, &name.principal, &c.failed, &c.refused, &c.next, &c.last, &c.turn,
		&c.fresh, &c.stale, &c.rotated, &known, &version)
	return name, c, known, version, err
}

// save writes what has changed since a snapshot: all of it or, if another
// attempt has changed a row meanwhile, nothing.
func (s *DatabaseStore) save(
	ctx context.Context, before *snapshot, after *state, r Reservation, curve Curve,
) (done bool, err error) {
	var values []any
	made := int64(0)
	put := func(i int, c counter, known, expires int64) {
		version := before.versions[i] + 1
		if version == 1 {
			version = 1 + rand.Int64N(1<<62) //nolint:gosec // differs from the version of a deleted row
			made++
		}
		name := before.names[i]
		values = append(values, name.account, name.network, name.principal, c.failed, c.refused, c.next, c.last, c.turn,
			c.fresh, c.stale, c.rotated, known, version, expires)
	}
	for i := range 3 {
		if c := *after.at(i); c != *before.state.at(i) && (i == 0 || !r.Known) {
			put(i, c, 0, after.expires(i, curve))
		}
	}
	if after.known > before.state.known {
		put(3, counter{}, after.known, after.known)
	}
	done, err = s.write(ctx, values, after.known > 0 && before.versions[3] == 0, before.names[3])
	if done && err == nil {
		s.rows.Add(made)
		s.tidyLater()
	}
	return done, err
}

// write writes rows. If the user was not known in the network before, the
// networks where it was known longest ago are forgotten.
func (s *DatabaseStore) write(
	ctx context.Context, values []any, newNetwork bool, known rowName,
) (done bool, err error) {
	n := len(values) / width
	switch n {
	case 0:
		return true, nil
	case 1:
		return affects(n)(s.pool.ExecContext(ctx, s.sql.put[0], values...))
	}
	conn, err := s.pool.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, s.sql.begin); err != nil {
		return false, fmt.Errorf("begin: %w", err)
	}
	done, err = affects(n)(conn.ExecContext(ctx, s.sql.put[n-1], values...))
	if done && err == nil && newNetwork {
		_, err = conn.ExecContext(ctx, s.sql.trim, known.account, known.principal)
	}
	if done && err == nil {
		if _, err = conn.ExecContext(ctx, "COMMIT"); err == nil {
			return true, nil
		}
	}
	rollback, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTime) // the context may have ended
	defer cancel()
	_, failed := conn.ExecContext(rollback, "ROLLBACK")
	return false, errors.Join(err, failed)
}

// affects returns a function that reports whether a statement affected n rows.
func affects(n int) func(sql.Result, error) (bool, error) {
	return func(result sql.Result, err error) (bool, error) {
		if err != nil {
			return false, err
		}
		affected, err := result.RowsAffected()
		return affected == int64(n), err
	}
}
