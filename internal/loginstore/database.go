package loginstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ginauth/ginauth/internal/pooler"
)

// DatabaseStore is a [Store] in the table ginauth_login_failure, which
// [models.Migrate] creates: all processes that use the database count together,
// and a restart forgets nothing. Time is PostgreSQL's, or on SQLite that of the
// process.
//
// A refusal is one query. An attempt that is admitted is a query and one
// statement that writes. The statement has a transaction of its own if it
// writes more than one row, so that the count survives a rollback of the
// caller's transaction. No lock is held in between: rows that have changed
// meanwhile are read again. On SQLite, where one transaction writes at a time,
// a login within a transaction that has written waits for itself in vain: it
// fails, and is not let in.
//
// A counter is a row that holds no user name. When the table is full, new
// counters are shared, as those of a [MemoryStore] are. A user has counters of
// its own where it is known, which is in at most 100 networks, the latest ones.
// Rows that no longer matter are deleted once a minute while the table has
// counters; [DatabaseStore.Prune] deletes them at once. It is safe for
// concurrent use.
type DatabaseStore struct {
	pool   *sql.DB
	sql    statements
	now    func() int64 // nil: the database's clock
	max    int64
	places chan struct{} // holds one element for each connection in use

	answered atomic.Int64 // when the database last answered an attempt, in nanoseconds
	rows     atomic.Int64 // about how many counters the table holds
	pruning  atomic.Bool  // the table is going to be pruned
	pruned   atomic.Bool  // the first pruning, which counts rows, is scheduled

	mu       sync.Mutex
	refused  map[rowName]int64 // not yet written
	flushing bool
}

var _ Store = (*DatabaseStore)(nil)

const (
	mostConnections = 4
	mostNetworks    = 100 // in which a user is known
)

// NewDatabaseStore returns the store in a database of the given dialect,
// "postgres" or "sqlite". It does not connect. A number that is zero stands for
// its default: 100,000 counters, and a quarter of the pool's connections, from
// 1 to 4. On SQLite the store uses one connection.
func NewDatabaseStore(pool *sql.DB, dialect string, maxCounters, connections int) *DatabaseStore {
	s := &DatabaseStore{
		pool: pool, sql: compile(dialect), refused: map[rowName]int64{},
		max: int64(cmp.Or(maxCounters, defaultMaxCounters)),
	}
	connections = cmp.Or(connections, share(pool.Stats().MaxOpenConnections))
	if dialect == "sqlite" {
		s.now = func() int64 { return time.Now().UnixMicro() }
		connections = 1
	}
	s.places = make(chan struct{}, connections)
	return s
}

// share returns how many connections of a pool of n the store uses. A pool of 0
// is unlimited.
func share(n int) int {
	if n == 0 {
		return mostConnections
	}
	return min(max(1, n/4), mostConnections)
}

// Reserve implements [Store].
func (s *DatabaseStore) Reserve(ctx context.Context, attempt Attempt, curve Curve) (r Reservation, err error) {
	err = s.change(ctx, func() (bool, error) {
		before, err := s.load(ctx, attempt)
		if err != nil {
			return false, err
		}
		after := before.state
		r = after.reserve(before.now, curve)
		r.Attempt, r.Shared = attempt, before.shared
		if r.Verdict == Reserved || after.moved(&before.state) {
			return s.save(ctx, before, &after, r, curve)
		}
		if r.Verdict == Refused {
			s.countRefusal(before, r.Known)
		}
		return true, nil
	})
	return r, err
}

// moved reports whether a counter has changed in a way that does not follow
// from the time alone: it has been given a turn, or the clock was put back.
func (s *state) moved(before *state) bool {
	for i := range 3 {
		c, b := s.at(i), before.at(i)
		if *c != (counter{}) && (c.turn > b.turn || c.last < b.last || c.rotated < b.rotated) {
			return true
		}
	}
	return false
}

// Settle implements [Store].
func (s *DatabaseStore) Settle(ctx context.Context, reserved Reservation, outcome Outcome, curve Curve) error {
	return s.change(ctx, func() (bool, error) {
		before, err := s.read(ctx, reserved.Attempt, reserved.Shared)
		if err != nil {
			return false, err
		}
		after := before.state
		after.settle(before.now, reserved, outcome, curve)
		return s.save(ctx, before, &after, reserved, curve)
	})
}

// change calls try until it succeeds, as long as others change the same
// counters. It takes one of the store's places.
func (s *DatabaseStore) change(ctx context.Context, try func() (done bool, err error)) error {
	began := time.Now()
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
	case <-ctx.Done():
		return fmt.Errorf("logins: wait for the database: %w", s.late(ctx, began))
	}
	for n := 0; ; n++ {
		done, err := try()
		if err != nil && !again(err) {
			return fmt.Errorf("logins: %w", pooler.Explain(err))
		}
		s.answered.Store(time.Now().UnixNano())
		if done && err == nil {
			return nil
		}
		longest := int64(min(n, 8)+1) * int64(time.Millisecond)
		select {
		case <-time.After(time.Duration(rand.Int64N(longest))): //nolint:gosec // any will do
		case <-ctx.Done():
			return fmt.Errorf("logins: others change the same counters: %w", s.late(ctx, began))
		}
	}
}

// late returns why an attempt got no answer in time. If the database has
// answered others since it began, that is an overload, to which [Limits].FailOpen does not
// apply: a client that asks for more than the database can answer would have
// its passwords tested uncounted.
func (s *DatabaseStore) late(ctx context.Context, began time.Time) error {
	cause := context.Cause(ctx)
	if errors.Is(cause, context.DeadlineExceeded) && time.Unix(0, s.answered.Load()).After(began) {
		return Busy{}
	}
	return cause
}

// again reports whether PostgreSQL asks for a statement to be repeated: after a
// failure to serialize, or a deadlock.
func again(err error) bool {
	var failure interface{ SQLState() string }
	return errors.As(err, &failure) && (failure.SQLState() == "40001" || failure.SQLState() == "40P01")
}

// load reads the counters of an attempt. If there is no room, shared counters
// take the place of missing ones.
func (s *DatabaseStore) load(ctx context.Context, attempt Attempt) (*snapshot, error) {
	own, err := s.read(ctx, attempt, 0)
	rows := s.rows.Load()
	if err != nil || rows < s.max/2 {
		return own, err
	}
	noTurn := own.versions[0] == 0 // as in a [MemoryStore]
	if own.state.noTurn = noTurn; rows < s.max {
		return own, nil
	}
	absent := 0
	for i := range 3 {
		if exempt := i == 0 && own.state.known > own.now; own.versions[i] == 0 && !exempt {
			absent |= 1 << i
		}
	}
	if absent == 0 {
		return own, nil
	}
	shared, err := s.read(ctx, attempt, absent)
	if err == nil {
		shared.state.noTurn = noTurn
	}
	return shared, err
}
