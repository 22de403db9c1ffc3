package sqlkit

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/pooler"
)

// cause is the reason why a statement failed.
type cause int

const (
	final    cause = iota // it would fail again, or the reason is unknown
	stale                 // the connection's plan belongs to an earlier schema
	conflict              // another transaction was in the way
)

// causeOf reads the SQLSTATE. An error that ends the connection is final:
// PgBouncer has 08P01 for its own, such as a server that it cannot reach or a
// full queue, and would be asked for dozens of connections more by each
// request.
func causeOf(err error) cause {
	refused, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err)
	if !ok || strings.Contains(refused.Error(), "FATAL: ") {
		return final
	}
	switch refused.SQLState() {
	case "0A000", "08P01":
		return stale
	case "40001", "40P01":
		return conflict
	}
	return final
}

const (
	maxConflicts = 20
	maxWait      = 64 * time.Millisecond
	fewPlans     = 32 // stale plans of one transaction, or of a pool whose size is unknown
)

// again calls f until it succeeds or fails for good. before tells f why it
// failed the previous time. Conflicts are repeated after a short random wait.
// Stale plans are repeated at once, as often as the pool has connections, since
// each failure removes one of them.
func again(ctx context.Context, db *gorm.DB, f func(before cause) error) error {
	err := f(final)
	for conflicts, plans, most := 0, 0, 0; err != nil; {
		why := causeOf(err)
		switch {
		case why == stale && plans == 0:
			plans, most = 1, fewPlans+connections(db)
		case why == stale && plans < most:
			plans++
		case why == conflict && conflicts < maxConflicts && wait(ctx, conflicts):
			conflicts++
		default:
			return pooler.Explain(err)
		}
		err = f(why)
	}
	return nil
}

// wait waits before the next attempt. It returns false if the context ends
// first.
func wait(ctx context.Context, conflicts int) bool {
	most := min(time.Millisecond<<conflicts, maxWait)
	timer := time.NewTimer(rand.N(most)) //nolint:gosec // not a secret
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// connections returns how many connections the pool of db holds.
func connections(db *gorm.DB) int {
	pool, err := db.DB()
	if err != nil {
		return 0
	}
	return pool.Stats().OpenConnections
}
