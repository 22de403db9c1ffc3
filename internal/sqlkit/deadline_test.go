package sqlkit_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
)

const (
	bound    = 100 * time.Millisecond
	patience = 10 * time.Second // on a slow machine
)

type thing struct{ ID int64 }

func (thing) TableName() string { return "thing" }

// endless returns a query that has no end, or not for a minute.
func endless(db *gorm.DB) string {
	if db.Name() == "sqlite" {
		return "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
	}
	return "SELECT 1 FROM pg_sleep(60)"
}

// ways are all ways to run a statement, here an endless one.
var ways = map[string]func(ctx context.Context, db *gorm.DB) error{
	"Row": func(ctx context.Context, db *gorm.DB) error {
		_, err := sqlkit.Row(ctx, sqlkit.Pool(db), endless(db), nil, new(int))
		return err
	},
	"Rows": func(ctx context.Context, db *gorm.DB) error {
		for _, err := range sqlkit.Rows(ctx, sqlkit.Pool(db), endless(db)) {
			return err
		}
		return nil
	},
	"Texts": func(ctx context.Context, db *gorm.DB) error {
		_, err := sqlkit.Texts(ctx, sqlkit.Pool(db), endless(db))
		return err
	},
	"Exec": func(ctx context.Context, db *gorm.DB) error {
		_, err := sqlkit.Exec(ctx, sqlkit.Pool(db), "INSERT INTO thing (id) "+endless(db))
		return err
	},
	"Read": func(ctx context.Context, db *gorm.DB) error {
		return sqlkit.Read(ctx, db, func(db *gorm.DB) error { return db.Raw(endless(db)).Scan(new(int)).Error })
	},
}

// TestEveryWaitEnds checks each way to run a statement: on its own, in a
// transaction of ours and of the caller's, and while the pool has no connection
// to spare.
func TestEveryWaitEnds(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		db.Logger = db.Logger.LogMode(logger.Silent)
		if err := errors.Join(db.Use(sqlkit.Timeout(bound)), db.AutoMigrate(&thing{})); err != nil {
			t.Fatal(err)
		}
		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		expect := func(name string, err error, took time.Duration) {
			t.Helper()
			if err == nil || err.Error() != "the database did not answer within 100ms" || !errors.Is(err, context.DeadlineExceeded) || took > patience {
				t.Errorf("%s: %v after %v", name, err, took)
			}
		}
		for name, run := range ways {
			began := time.Now()
			expect(name, run(t.Context(), db), time.Since(began))
			began = time.Now()
			err := sqlkit.Transaction(t.Context(), db, func(tx *gorm.DB) error { return run(t.Context(), tx) })
			expect(name+" in a transaction", err, time.Since(began))
			began = time.Now()
			err = db.Transaction(func(tx *gorm.DB) error { return run(t.Context(), tx) })
			expect(name+" in a transaction of the caller's", err, time.Since(began))
			gone, cancel := context.WithTimeoutCause(t.Context(), bound/4, errors.New("the client has gone"))
			if err := run(gone, db); err == nil || err.Error() == "the database did not answer within 100ms" {
				t.Errorf("%s for a client that has gone: %v", name, err)
			}
			cancel()
		}
		if db.Name() == "postgres" {
			expectNoSleeper(t, db)
		}
		conn, err := pool.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		pool.SetMaxOpenConns(1)
		for name, run := range ways {
			began := time.Now()
			expect(name+" without a connection", run(t.Context(), db), time.Since(began))
		}
		for name, run := range map[string]func() error{
			"Create":      func() error { return sqlkit.Create(t.Context(), db, &thing{}) },
			"Transaction": func() error { return sqlkit.Transaction(t.Context(), db, func(*gorm.DB) error { return nil }) },
		} {
			began := time.Now()
			expect(name+" without a connection", run(), time.Since(began))
		}
	})
}

// expectNoSleeper checks that the server does not go on with statements that
// nobody waits for.
func expectNoSleeper(t *testing.T, db *gorm.DB) {
	t.Helper()
	sleepers := -1
	for deadline := time.Now().Add(patience); sleepers != 0; time.Sleep(bound) {
		err := db.Raw(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
			AND query LIKE '%FROM pg_sleep(60)' AND pid <> pg_backend_pid()`).Scan(&sleepers).Error
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("%d statements are still running, %v", sleepers, err)
		}
	}
}

// TestWhatIsNotBounded checks that only the wait for the database counts, and
// that a clean-up has all the time it needs.
func TestWhatIsNotBounded(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		if err := errors.Join(db.Use(sqlkit.Timeout(bound)), db.AutoMigrate(&thing{}), db.Create([]thing{{1}, {2}, {3}}).Error); err != nil {
			t.Fatal(err)
		}
		rows := 0
		for _, err := range sqlkit.Rows(t.Context(), sqlkit.Pool(db), "SELECT id FROM thing") {
			if err != nil {
				t.Error(err)
			}
			rows++
			time.Sleep(bound * 3 / 2)
		}
		err := sqlkit.Transaction(t.Context(), db, func(tx *gorm.DB) error {
			time.Sleep(bound * 3 / 2)
			_, err := sqlkit.Exec(t.Context(), sqlkit.Pool(tx), "INSERT INTO thing (id) VALUES (4)")
			return err
		})
		if rows != 3 || err != nil {
			t.Errorf("%d rows, %v", rows, err)
		}
		decision := errors.New("no")
		err = sqlkit.Transaction(t.Context(), db, func(*gorm.DB) error { time.Sleep(bound * 3 / 2); return decision })
		if !errors.Is(err, decision) {
			t.Error(err)
		}
		if db.Name() == "postgres" {
			_, err := sqlkit.Row(sqlkit.Unbounded(t.Context()), sqlkit.Pool(db), "SELECT 1 FROM pg_sleep(0.3)", nil, new(int))
			if err != nil {
				t.Error(err)
			}
		}
	})
}

// BenchmarkRow measures the bound beside the statement.
func BenchmarkRow(b *testing.B) {
	dbtest.Bench(b, func(b *testing.B, db *gorm.DB) {
		for name, ctx := range map[string]context.Context{"bounded": b.Context(), "unbounded": sqlkit.Unbounded(b.Context())} {
			b.Run(name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := sqlkit.Row(ctx, sqlkit.Pool(db), "SELECT 1", nil, new(int)); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	})
}
