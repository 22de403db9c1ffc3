package logins

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"gorm.io/gorm"
)

// DatabaseStore is a [Store] in the table ginauth_login_failure, which [models.Migrate] makes: all processes that use the database count
// together, and a restart forgets nothing. Time is PostgreSQL's, or on SQLite that of the process.
//
// It works in short transactions of its own, on the connection pool of the database, so that a counter stays when a transaction of the
// caller's is rolled back. On SQLite, where one transaction writes at a time, a login within a transaction that has written waits for
// itself in vain: it fails, and is not let in.
//
// A counter is a row of some 0.2 KiB that holds no user name. Rows that do not matter any more are deleted once a minute. It is safe
// for concurrent use.
type DatabaseStore struct {
	pool   *sql.DB
	sql    statements
	now    func() int64  // nil: the database's clock
	writer chan struct{} // SQLite's one, for whom this process queues in order; nil: there may be many
	pruned atomic.Int64
}

var _ Store = (*DatabaseStore)(nil)

// NewDatabaseStore returns the store in a database, which may be another than that of the users. It does not connect. It panics if the
// database is neither PostgreSQL nor SQLite, or has no *sql.DB below it.
func NewDatabaseStore(db *gorm.DB) *DatabaseStore {
	if db == nil {
		panic("logins: NewDatabaseStore was given a nil database")
	}
	if name := db.Name(); name != "postgres" && name != "sqlite" {
		panic("logins: NewDatabaseStore: the database is " + name + "; it must be postgres or sqlite")
	}
	pool, err := rootPool(db)
	if err != nil {
		panic("logins: NewDatabaseStore: " + err.Error())
	}
	s := &DatabaseStore{pool: pool, sql: compile(db)}
	if db.Name() == "sqlite" {
		s.now = func() int64 { return time.Now().UnixMicro() }
		s.writer = make(chan struct{}, 1)
	}
	return s
}

// rootPool is the pool of the database, whatever transaction db is in.
func rootPool(db *gorm.DB) (*sql.DB, error) {
	switch pool := db.Config.ConnPool.(type) {
	case *sql.DB:
		return pool, nil
	case gorm.GetDBConnector:
		return pool.GetDBConn()
	}
	return nil, errors.New("the *gorm.DB has no pool of connections; pass the one that gorm.Open has returned")
}

// Reserve implements [Store].
func (s *DatabaseStore) Reserve(ctx context.Context, attempt Attempt, curve Curve) (Reservation, error) {
	r := Reservation{}
	err := s.change(ctx, attempt, curve, func(t *trio, now int64) { r = t.reserve(now, attempt.Final, curve) })
	r.Attempt = attempt
	return r, err
}

// Settle implements [Store].
func (s *DatabaseStore) Settle(ctx context.Context, reserved Reservation, outcome Outcome, curve Curve) error {
	err := s.change(ctx, reserved.Attempt, curve, func(t *trio, now int64) { t.settle(now, reserved.Known, outcome, curve) })
	return errors.Join(err, s.prune(ctx))
}

// change reads the counters of an attempt, lets f change them, and writes those that it has changed. Nobody else does so meanwhile.
func (s *DatabaseStore) change(ctx context.Context, attempt Attempt, curve Curve, f func(t *trio, now int64)) error {
	keys := attempt.keys()
	return s.locked(ctx, keys[1:], func(conn *sql.Conn, now int64) error {
		before, err := s.read(ctx, conn, attempt)
		if err != nil {
			return err
		}
		after := before
		f(&after, now)
		var rows []any
		for i, key := range keys {
			switch c := *after.at(i); {
			case c == *before.at(i):
			case c == (counter{}):
				err = errors.Join(err, s.remove(ctx, conn, key))
			default:
				rows = append(rows, c.columns(key, curve)...)
			}
		}
		return errors.Join(err, s.put(ctx, conn, rows))
	})
}

// locked calls f in a transaction that no other of those accounts and networks runs beside. On PostgreSQL each statement sees what was
// committed before it, and so all that is after the lock sees what others have done before they let it go.
func (s *DatabaseStore) locked(ctx context.Context, keys []Key, f func(conn *sql.Conn, now int64) error) (err error) {
	if s.writer != nil {
		select {
		case s.writer <- struct{}{}:
			defer func() { <-s.writer }()
		case <-ctx.Done():
			return fmt.Errorf("logins: wait for the database: %w", context.Cause(ctx))
		}
	}
	conn, err := s.pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("logins: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, s.sql.begin); err != nil {
		return fmt.Errorf("logins: begin: %w", err)
	}
	committed := false
	defer func() {
		if !committed { // the context may have ended
			_, failed := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
			err = errors.Join(err, failed)
		}
	}()
	now, err := s.lock(ctx, conn, keys)
	if err != nil {
		return fmt.Errorf("logins: lock: %w", err)
	}
	if err := f(conn, now); err != nil {
		return fmt.Errorf("logins: %w", err)
	}
	if _, err := conn.ExecContext(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("logins: commit: %w", err)
	}
	committed = true
	return nil
}

// lock takes PostgreSQL's locks of up to two accounts and networks, in one order, so that nobody waits in a circle, and returns the time
// when it has them. SQLite has a lock of the whole database, and holds it.
func (s *DatabaseStore) lock(ctx context.Context, conn *sql.Conn, keys []Key) (now int64, err error) {
	if s.sql.lock == "" {
		return s.now(), nil
	}
	locks := [2]int64{} // 0 is nobody's
	for i, key := range keys {
		locks[i] = key.lock()
	}
	if err := conn.QueryRowContext(ctx, s.sql.lock, min(locks[0], locks[1]), max(locks[0], locks[1])).Scan(&now); err != nil {
		return 0, err
	}
	if s.now != nil {
		now = s.now()
	}
	return now, nil
}

// clock is the time in microseconds.
func (s *DatabaseStore) clock(ctx context.Context, conn *sql.Conn) (now int64, err error) {
	if s.now != nil {
		return s.now(), nil
	}
	err = conn.QueryRowContext(ctx, s.sql.clock).Scan(&now)
	return now, err
}

// pruneEvery is how often a process deletes what does not matter any more.
const pruneEvery = time.Minute

func (s *DatabaseStore) prune(ctx context.Context) error {
	last, now := s.pruned.Load(), time.Now().UnixNano()
	if now-last < int64(pruneEvery) || !s.pruned.CompareAndSwap(last, now) {
		return nil
	}
	conn, err := s.pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("logins: prune: %w", err)
	}
	defer conn.Close()
	at, err := s.clock(ctx, conn)
	if err == nil {
		_, err = conn.ExecContext(ctx, s.sql.prune, at)
	}
	if err != nil {
		return fmt.Errorf("logins: prune: %w", err)
	}
	return nil
}
