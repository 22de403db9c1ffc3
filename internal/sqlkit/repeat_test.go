package sqlkit_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
)

// state is a PostgreSQL error.
type state string

func (s state) Error() string    { return "refused: " + string(s) }
func (s state) SQLState() string { return string(s) }

// ended is an error after which the connection is closed.
type ended struct{ state }

func (e ended) Error() string { return "FATAL: query_wait_timeout (SQLSTATE " + string(e.state) + ")" }

// refusing is a pool that fails a number of times.
type refusing struct {
	gorm.ConnPool
	err          error
	times, calls int
}

func (r *refusing) next() error {
	if r.calls++; r.calls <= r.times {
		return r.err
	}
	return nil
}

func (r *refusing) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := r.next(); err != nil {
		return nil, err
	}
	return r.ConnPool.QueryContext(ctx, query, args...)
}

func (r *refusing) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := r.next(); err != nil {
		return nil, err
	}
	return r.ConnPool.ExecContext(ctx, query, args...)
}

// begun is a refusing transaction.
type begun struct{ *refusing }

func (begun) Commit() error   { return nil }
func (begun) Rollback() error { return nil }

func with(db *gorm.DB, pool gorm.ConnPool) *gorm.DB {
	db = db.WithContext(db.Statement.Context)
	db.Statement.ConnPool = pool
	return db
}

const always = 1 << 20

// TestWhatIsRepeated counts the calls of a read for each way to query: outside
// a transaction, and within the caller's.
func TestWhatIsRepeated(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	stale, conflict := state("0A000"), state("40001")
	for _, row := range []struct {
		name        string
		err         error
		times       int
		least, most int // calls
		ok          bool
	}{
		{"nothing fails", nil, 0, 1, 1, true},
		{"a plan is stale", stale, 1, 2, 2, true},
		{"many plans are stale", stale, 30, 31, 31, true},
		{"the driver mends nothing", stale, always, 2, 100, false},
		{"a description is stale", state("08P01"), 1, 2, 2, true},
		{"a conflict", conflict, 2, 3, 3, true},
		{"a deadlock", state("40P01"), 1, 2, 2, true},
		{"conflicts without end", conflict, always, 2, 50, false},
		{"a state that does not pass", state("42P01"), 1, 1, 1, false},
		{"read only", state("25006"), 1, 1, 1, false},
		{"the connection ends", ended{state("08P01")}, always, 1, 1, false},
		{"no connection begins", fmt.Errorf("failed to connect: %w", ended{state("08P01")}), always, 1, 1, false},
		{"no state", errors.New("gone"), 1, 1, 1, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := &refusing{ConnPool: db.Statement.ConnPool, err: row.err, times: row.times}
			query := func(db *gorm.DB) error {
				_, err := sqlkit.Row(t.Context(), sqlkit.Pool(db), "SELECT 1", nil, new(int))
				return err
			}
			read := func(db *gorm.DB) error {
				return sqlkit.Read(t.Context(), db, func(db *gorm.DB) error { return db.Raw("SELECT 1").Scan(new(int)).Error })
			}
			for name, ask := range map[string]func(*gorm.DB) error{"Pool": query, "Read": read} {
				r.calls = 0
				if err := ask(with(db, r)); (err == nil) != row.ok || r.calls < row.least || r.calls > row.most {
					t.Errorf("%s: %d calls, %v", name, r.calls, err)
				}
				r.calls = 0
				if err := ask(with(db, begun{r})); (err == nil) != (row.times == 0) || r.calls != 1 {
					t.Errorf("%s in a transaction of the caller: %d calls, %v", name, r.calls, err)
				}
			}
			calls := 0
			err := sqlkit.Transaction(t.Context(), db, func(*gorm.DB) error {
				if calls++; calls <= row.times {
					return row.err
				}
				return nil
			})
			if (err == nil) != row.ok || calls < row.least || calls > row.most {
				t.Errorf("Transaction: %d calls, %v", calls, err)
			}
			calls = 0
			err = db.Transaction(func(tx *gorm.DB) error {
				return sqlkit.Transaction(t.Context(), tx, func(*gorm.DB) error {
					if calls++; calls <= row.times {
						return row.err
					}
					return nil
				})
			})
			if (err == nil) != (row.times == 0) || calls != 1 {
				t.Errorf("Transaction in one of the caller: %d calls, %v", calls, err)
			}
		})
	}
}

// TestARepetitionEndsWithItsContext checks that nothing is repeated for a
// request that has gone.
func TestARepetitionEndsWithItsContext(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	ctx, cancel := context.WithCancel(t.Context())
	calls, began := 0, time.Now()
	err := sqlkit.Transaction(ctx, db, func(*gorm.DB) error {
		if calls++; calls == 2 {
			cancel()
		}
		return state("40001")
	})
	if err == nil || calls > 2 || time.Since(began) > 5*time.Second {
		t.Errorf("%d calls in %v, %v", calls, time.Since(began), err)
	}
}

// TestTransactionsSayWhatTheyAre checks that transactions are read committed on
// PostgreSQL, whatever the default, including that of a repeated statement.
func TestTransactionsSayWhatTheyAre(t *testing.T) {
	db := dbtest.Open(t, dbtest.Postgres(t)+"?default_transaction_isolation=serializable")
	var level string
	show := func(tx *gorm.DB) error { return tx.Raw("SHOW transaction_isolation").Scan(&level).Error }
	if err := show(db); err != nil || level != "serializable" {
		t.Fatalf("the default is %q, %v", level, err)
	}
	if err := sqlkit.Transaction(t.Context(), db, show); err != nil || level != "read committed" {
		t.Errorf("%q, %v", level, err)
	}
	err := db.Transaction(func(tx *gorm.DB) error { return sqlkit.Transaction(t.Context(), tx, show) })
	if err != nil || level != "serializable" {
		t.Errorf("in the caller's: %q, %v", level, err)
	}
}

// TestOneConnection checks that a transaction can also begin on a connection of
// the caller's.
func TestOneConnection(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		err := db.Connection(func(conn *gorm.DB) error {
			return sqlkit.Transaction(t.Context(), conn, func(tx *gorm.DB) error { return tx.Exec("CREATE TABLE t (a integer)").Error })
		})
		if err == nil {
			err = db.Exec("INSERT INTO t VALUES (1)").Error
		}
		if err != nil {
			t.Error(err)
		}
	})
}
