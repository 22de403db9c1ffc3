package logins

import (
	"database/sql"
	"errors"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/loginstore"
	"github.com/ginauth/ginauth/internal/wiring"
)

// Store keeps the counters of failed logins. There are three:
// [NewMemoryStore] for one process, [NewDatabaseStore], and New of package
// policies/redislogins. All count by the same rules, those of [Curve], to the
// microsecond. A store is for [Limits], and for nothing else that an
// application calls. It is safe for concurrent use.
type Store interface{ loginstore.Store }

// MemoryConfig configures [NewMemoryStore].
type MemoryConfig struct {
	// MaxCounters bounds how many counters are kept, and MaxKnown in how many
	// networks users are known. Each takes about 0.3 KiB. A failed login makes
	// at most three counters. Users have a counter of their own where they are
	// known. Defaults: 100,000 each.
	MaxCounters, MaxKnown int
}

// NewMemoryStore returns an empty store in the memory of this process: other
// processes count separately, and a restart forgets the counts. It panics if a
// bound is negative.
//
// No counter that still matters is dropped. When the store is full, new
// counters are shared: all accounts of a network share one, and accounts and
// networks share 1,024 places. Filling it costs an attacker a password hash for
// every few counters of its second half, and slows the attacker down earlier.
// Users are not hindered where they are known; the latest networks are kept, at
// least half of MaxKnown.
//
// The store starts no goroutine, and allocates nothing for a counter that
// exists.
func NewMemoryStore(config ...MemoryConfig) Store {
	c := wiring.Config("logins: NewMemoryStore", config)
	if c.MaxCounters < 0 || c.MaxKnown < 0 {
		panic("logins: NewMemoryStore: MaxCounters and MaxKnown must not be negative; 0 stands for 100,000")
	}
	return loginstore.NewMemoryStore(c.MaxCounters, c.MaxKnown, nil)
}

// DatabaseConfig configures [NewDatabaseStore].
type DatabaseConfig struct {
	// MaxCounters is about how many counters the table holds before new ones
	// are shared. Each takes about 0.3 KiB. Default: 100,000.
	MaxCounters int

	// Connections bounds how many connections of the pool the store uses at
	// once, so that guessing passwords leaves the others to other requests.
	// Default: a quarter of the pool's, from 1 to 4. On SQLite it is always 1.
	Connections int
}

// NewDatabaseStore returns the store in the table ginauth_login_failure, which
// [models.Migrate] creates: all processes that use the database count together,
// and a restart forgets nothing. The database may be another than that of the
// users. NewDatabaseStore does not connect. It panics if the database is
// neither PostgreSQL nor SQLite, if it has no *sql.DB below it, or if a number
// is negative.
//
// Time is PostgreSQL's, or on SQLite that of the process. A refusal is one
// query. An attempt that is admitted is a query and one statement that writes.
// The statement has a transaction of its own if it writes more than one row, so
// that the count survives a rollback of the caller's transaction. No lock is
// held in between: what has changed meanwhile is read again. On SQLite, where
// one transaction writes at a time, a login within a transaction that has
// written waits for itself in vain: it fails, and is not let in.
//
// A counter is a row that holds no user name. When the table is full, new
// counters are shared, as those of [NewMemoryStore] are. A user has counters of
// its own where it is known, which is in at most 100 networks, the latest ones.
// Rows that no longer matter are deleted once a minute while there are any.
func NewDatabaseStore(db *gorm.DB, config ...DatabaseConfig) Store {
	if db == nil {
		panic("logins: NewDatabaseStore was given a nil database")
	}
	if name := db.Name(); name != "postgres" && name != "sqlite" {
		panic("logins: NewDatabaseStore: the database is " + name + "; it must be postgres or sqlite")
	}
	c := wiring.Config("logins: NewDatabaseStore", config)
	if c.MaxCounters < 0 || c.Connections < 0 {
		panic("logins: NewDatabaseStore: MaxCounters and Connections must not be negative; " +
			"leave them out for their defaults")
	}
	pool, err := rootPool(db)
	wiring.Check("logins: NewDatabaseStore", err)
	return loginstore.NewDatabaseStore(pool, db.Name(), c.MaxCounters, c.Connections)
}

// rootPool returns the pool of the database, whatever transaction db is in.
func rootPool(db *gorm.DB) (*sql.DB, error) {
	switch pool := db.Config.ConnPool.(type) {
	case *sql.DB:
		return pool, nil
	case gorm.GetDBConnector:
		return pool.GetDBConn()
	}
	return nil, errors.New("the *gorm.DB has no pool of connections; pass the one that gorm.Open has returned")
}
