package prune_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/batches"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models/prune"
)

// TestExpired checks what is deleted and what is kept of each kind, and how
// long after its end.
func TestExpired(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		people.Create(t, db)
		for _, kind := range kinds {
			for _, row := range []struct {
				name string
				end  time.Duration // from now, beside the time that it is kept
				left int64
			}{
				{"ended long ago", -1000 * day, 0},
				{"just ended", -time.Minute, 0},
				{"about to end", time.Minute, 10},
				{"far from its end", 1000 * day, 10},
			} {
				execute(t, db, "DELETE FROM token_blacklist_blacklistedtoken")
				execute(t, db, "DELETE FROM "+kind.table)
				kind.insert(t, db, 1, 10, time.Now().Add(row.end-kind.kept))
				deleted, err := prune.Expired(t.Context(), db)
				if left := rows(t, db, kind.table); left != row.left || err != nil {
					t.Errorf("%s, %s: %d left, %v", kind.name, row.name, left, err)
				}
				if kind.deleted != nil && kind.deleted(deleted) != 10-row.left {
					t.Errorf("%s, %s: %+v", kind.name, row.name, deleted)
				}
				if n := rows(t, db, "token_blacklist_blacklistedtoken"); kind.name == "JWT" && n != row.left/2 {
					t.Errorf("%s, %s: %d in the blacklist", kind.name, row.name, n)
				}
			}
		}
	})
}

// TestKeep checks the config.
func TestKeep(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		people.Create(t, db)
		for _, row := range []struct {
			name   string
			config prune.Config
			left   map[string]int64
		}{
			{"the defaults", prune.Config{}, map[string]int64{"django_session": 1, "token_blacklist_outstandingtoken": 1, "ginauth_access_token": 1}},
			{"everything", prune.Config{Keep: time.Hour, KeepAccessTokens: time.Hour}, map[string]int64{}},
			{"all but access tokens", prune.Config{Keep: 1}, map[string]int64{"ginauth_access_token": 1}},
		} {
			for _, k := range []kind{kinds[0], kinds[4], kinds[5]} {
				execute(t, db, "DELETE FROM token_blacklist_blacklistedtoken")
				execute(t, db, "DELETE FROM "+k.table)
				k.insert(t, db, 1, 1, time.Now().Add(-2*time.Hour))
			}
			if _, err := prune.Expired(t.Context(), db, row.config); err != nil {
				t.Error(err)
			}
			for _, k := range []kind{kinds[0], kinds[4], kinds[5]} {
				if n := rows(t, db, k.table); n != row.left[k.table] {
					t.Errorf("%s: %d of %s are left", row.name, n, k.table)
				}
			}
		}
		for _, config := range []prune.Config{{Keep: -1}, {KeepAccessTokens: -1}} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%+v is accepted", config)
					}
				}()
				_, _ = prune.Expired(t.Context(), db, config)
			}()
		}
	})
}

// TestExtendedMeanwhile checks that rows stay that get a later end between the
// moment when a prune finds them and that when it deletes them.
func TestExtendedMeanwhile(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db, wire := dbtest.WithOutage(t, url)
		people.Create(t, db)
		other := dbtest.Open(t, url)
		for _, kind := range kinds {
			execute(t, db, "DELETE FROM "+kind.table)
			kind.insert(t, db, 1, 10, time.Now().Add(-100*day))
			extended := false
			wire.Before(func(statement string) {
				if !extended && strings.HasPrefix(statement, kind.begin) {
					extended = true
					execute(t, other, kind.extend, kind.end(time.Now().Add(time.Hour)))
				}
			})
			deleted, err := prune.Expired(t.Context(), db)
			wire.Before(nil)
			if left := rows(t, db, kind.table); left != 10 || deleted != (prune.Deleted{}) || err != nil || !extended {
				t.Errorf("%s: extended %v, but %d left, %+v, %v", kind.name, extended, left, deleted, err)
			}
			execute(t, db, "DELETE FROM token_blacklist_blacklistedtoken")
			execute(t, db, "DELETE FROM "+kind.table)
		}
	})
}

// TestHeldMeanwhile checks that a prune does not wait for rows that another
// transaction holds, and finds them later if they have not changed.
func TestHeldMeanwhile(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t)
	db, other := dbtest.Open(t, url), dbtest.Open(t, url)
	people.Create(t, db)
	for _, kind := range kinds {
		kind.insert(t, db, 1, 2500, time.Now().Add(-100*day))
		tx := other.Begin()
		execute(t, tx, kind.extend, kind.end(time.Now().Add(time.Hour)))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		deleted, err := prune.Expired(ctx, db)
		cancel()
		if deleted != (prune.Deleted{}) || err != nil {
			t.Errorf("%s: held: %+v, %v", kind.name, deleted, err)
		}
		tx.Rollback()
		if _, err := prune.Expired(t.Context(), db); err != nil || rows(t, db, kind.table) != 0 {
			t.Errorf("%s: %d are left, %v", kind.name, rows(t, db, kind.table), err)
		}
	}
}

// TestBatches checks that no transaction deletes more than a batch, whether
// rows end one after the other or all at once, and that little else is done.
func TestBatches(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db, wire := dbtest.WithOutage(t, url)
		people.Create(t, db)
		other := dbtest.Open(t, url)
		for _, kind := range kinds {
			for _, together := range []bool{true, false} {
				const expired, valid = 3*batches.Size + 500, 500
				if together {
					kind.insert(t, db, 1, expired, time.Now().Add(-100*day))
				} else {
					for i := range expired / 250 {
						kind.insert(t, db, 1+i*250, 250, time.Now().Add(-100*day-time.Duration(i)*time.Minute))
					}
				}
				kind.insert(t, db, 100_000, valid, time.Now().Add(time.Hour))
				before, begun, statements := rows(t, other, kind.table), 0, 0
				wire.Before(func(statement string) {
					if !strings.Contains(statement, kind.table) && !strings.HasPrefix(statement, "BEGIN") {
						return
					}
					statements++
					if strings.HasPrefix(statement, kind.begin) {
						begun++
					}
					if now := rows(t, other, kind.table); before-now > batches.Size {
						t.Errorf("%s: %d rows at once", kind.name, before-now)
					} else {
						before = now
					}
				})
				_, err := prune.Expired(t.Context(), db)
				wire.Before(nil)
				if n := rows(t, db, kind.table); n != valid || err != nil {
					t.Errorf("%s: %d rows are left, %v", kind.name, n, err)
				}
				if begun < 4 || begun > 8 || statements > 40 {
					t.Errorf("%s: %d batches, %d statements", kind.name, begun, statements)
				}
				execute(t, db, "DELETE FROM token_blacklist_blacklistedtoken")
				execute(t, db, "DELETE FROM "+kind.table)
			}
		}
	})
}

// TestPrunesAtOnce checks that two prunes share the work.
func TestPrunesAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db, other := dbtest.Open(t, url), dbtest.Open(t, url)
		people.Create(t, db)
		const n = 5500
		for _, k := range kinds {
			if !strings.HasPrefix(k.name, "access token") || strings.HasSuffix(k.name, "revoked") {
				k.insert(t, db, 1, n, time.Now().Add(-100*day))
			}
		}
		var mu sync.Mutex
		var all prune.Deleted
		var wg sync.WaitGroup
		for _, handle := range []*gorm.DB{db, other, db} {
			wg.Go(func() {
				d, err := prune.Expired(t.Context(), handle)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				all.Sessions += d.Sessions
				all.JWTs += d.JWTs
				all.Families += d.Families
				all.AccessTokens += d.AccessTokens
				all.LoginFailures += d.LoginFailures
			})
		}
		wg.Wait()
		if want := (prune.Deleted{Sessions: n, JWTs: n, Families: n, AccessTokens: n, LoginFailures: n}); all != want {
			t.Errorf("%+v", all)
		}
	})
}

// TestWhatIsMissing checks that a prune leaves out tables that a database
// lacks, goes on after a failure, and stops with its context.
func TestWhatIsMissing(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db, wire := dbtest.WithOutage(t, url)
		if d, err := prune.Expired(t.Context(), dbtest.Open(t, url)); d != (prune.Deleted{}) || err != nil {
			t.Errorf("an empty database: %+v, %v", d, err)
		}
		people.Create(t, db)
		for _, k := range kinds {
			if !strings.HasPrefix(k.name, "access token") {
				k.insert(t, db, 1, 10, time.Now().Add(-100*day))
			}
		}
		err := db.Transaction(func(tx *gorm.DB) error {
			_, err := prune.Expired(t.Context(), tx)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "transaction") {
			t.Error("in a transaction:", err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if d, err := prune.Expired(gone, db); d != (prune.Deleted{}) || !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %+v, %v", d, err)
		}
		wire.Fail("django_session")
		d, err := prune.Expired(t.Context(), db)
		wire.Fail("")
		if d != (prune.Deleted{JWTs: 10, Families: 10, LoginFailures: 10}) || !errors.Is(err, dbtest.ErrGone) || !strings.Contains(err.Error(), "prune django_session") {
			t.Errorf("%+v, %v", d, err)
		}
	})
}
