package accesstoken_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
)

// failing is a connection pool, or a transaction of one, that lets some
// statements fail.
type failing struct {
	gorm.ConnPool
	fail func(query string) bool // nil: no statement fails
}

var errDown = errors.New("the database went away")

func (f *failing) fails(query string) bool { return f.fail != nil && f.fail(query) }

func (f *failing) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if f.fails(query) {
		return nil, errDown
	}
	return f.ConnPool.ExecContext(ctx, query, args...)
}

func (f *failing) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if f.fails(query) {
		return nil, errDown
	}
	return f.ConnPool.QueryContext(ctx, query, args...)
}

func (f *failing) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if f.fails(query) {
		return f.ConnPool.QueryRowContext(ctx, "SELECT nonesuch")
	}
	return f.ConnPool.QueryRowContext(ctx, query, args...)
}

// withFailures returns a handle of db, which may be a transaction, whose
// statements can be made to fail.
func withFailures(db *gorm.DB) (*gorm.DB, *failing) {
	pool := &failing{ConnPool: db.Statement.ConnPool}
	handle := db.Session(&gorm.Session{NewDB: true, SkipDefaultTransaction: true})
	handle.ConnPool = pool
	handle.Statement = &gorm.Statement{DB: handle, ConnPool: pool, Context: context.Background(), Clauses: db.Statement.Clauses}
	return handle, pool
}

// nested is a pool that poses as a transaction, so that statements inside a
// real one can be made to fail too.
type nested struct{ *failing }

func (nested) Commit() error   { return nil }
func (nested) Rollback() error { return nil }

func loggerTo(b *bytes.Buffer) logger.Interface {
	return logger.New(log.New(b, "", 0), logger.Config{LogLevel: logger.Info})
}

// tokenRows returns all rows as text.
func tokenRows(t *testing.T, db *gorm.DB) []string {
	t.Helper()
	var rows []map[string]any
	if err := db.Table("ginauth_access_token").Order("id").Find(&rows).Error; err != nil {
		t.Fatal(err)
	}
	var keys []string
	if err := db.Raw("SELECT key FROM authtoken_token ORDER BY key").Scan(&keys).Error; err != nil {
		t.Fatal(err)
	}
	lines := []string{strings.Join(keys, " ")}
	for _, row := range rows {
		lines = append(lines, fmt.Sprint(row))
	}
	return lines
}

// TestEveryStatementMayFail lets the n-th statement of each operation fail, for
// every n. The operation then returns an error and changes nothing.
func TestEveryStatementMayFail(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		w := newTokensWorld(t, db)
		token, secret := w.create(t, w.alice, draft("notes:read"))
		_, through, err := w.tokens.Verify(t.Context(), secret)
		if err != nil {
			t.Fatal(err)
		}
		child := draft("notes:read")
		child.Through, child.Limit = through, 10
		w.create(t, w.alice, child)
		modeltest.Execute(t, db, "INSERT INTO authtoken_token (key, created, user_id) "+
			"SELECT 'key-of-' || username, date_joined, id FROM auth_user")
		operations := map[string]func(ctx context.Context, a *accesstoken.Store) error{
			"verify": func(ctx context.Context, a *accesstoken.Store) error {
				owner, _, err := a.Verify(ctx, secret)
				if err != nil && (owner != nil || errors.Is(err, models.ErrNotFound)) {
					t.Errorf("a failure is a decision: %v, %v", owner, err)
				}
				return err
			},
			"allows": func(ctx context.Context, a *accesstoken.Store) error {
				_, credential, err := a.Verify(ctx, secret)
				if err == nil {
					_, err = credential.Allows(ctx, "notes:read")
				}
				return err
			},
			"list": func(ctx context.Context, a *accesstoken.Store) error { _, err := a.List(ctx, w.alice); return err },
			"create": func(ctx context.Context, a *accesstoken.Store) error {
				_, key, err := a.Create(ctx, w.user(t, "alice"), child)
				if err != nil && key != "" {
					t.Error("a secret of a token that is not there")
				}
				return err
			},
			"rotate": func(ctx context.Context, a *accesstoken.Store) error {
				_, key, err := a.Rotate(ctx, w.alice, token.ID, accesstoken.Rotation{Through: through})
				if err != nil && key != "" {
					t.Error("a secret that is not good")
				}
				return err
			},
			"import": func(ctx context.Context, a *accesstoken.Store) error {
				_, err := a.ImportDRF(ctx, accesstoken.Import{Scopes: []string{"*"}, Expiry: accesstoken.NeverExpires})
				return err
			},
			"revoke": func(ctx context.Context, a *accesstoken.Store) error { return a.Revoke(ctx, w.alice, token.ID) },
			"revoke all": func(ctx context.Context, a *accesstoken.Store) error {
				_, err := a.RevokeAll(ctx, w.alice)
				return err
			},
			"create service": func(ctx context.Context, a *accesstoken.Store) error {
				_, err := a.CreateService(ctx, "x", []string{"*"})
				return err
			},
			"services": func(ctx context.Context, a *accesstoken.Store) error { _, err := a.Services(ctx); return err },
			"disable service": func(ctx context.Context, a *accesstoken.Store) error {
				return a.SetServiceActive(ctx, w.service, true)
			},
		}
		errEnough := errors.New("enough")
		for name, operate := range operations {
			for n := 1; ; n++ {
				before, failed := tokenRows(t, db), false
				// Everything happens in a transaction of the test, which is
				// rolled back unless the operation fails.
				err := db.Transaction(func(tx *gorm.DB) error {
					handle, pool := withFailures(tx)
					handle.Statement.ConnPool, handle.ConnPool = nested{pool}, nested{pool}
					a, err := accesstoken.Of(handle)
					if err != nil {
						t.Fatal(err)
					}
					count := 0
					pool.fail = func(query string) bool {
						if strings.Contains(query, "SAVEPOINT") || strings.Contains(query, "pg_notify") { // which fails alone
							return false
						}
						count++
						failed = failed || count == n
						return count == n
					}
					err = operate(t.Context(), a)
					pool.fail = nil
					if failed != (err != nil) {
						t.Errorf("%s: statement %d fails: %v, error %v", name, n, failed, err)
					}
					if failed {
						if diff := gocmp.Diff(before, tokenRows(t, tx)); diff != "" {
							t.Errorf("%s: statement %d fails, and changes the table: %s", name, n, diff)
						}
					}
					return errEnough
				})
				if !errors.Is(err, errEnough) {
					t.Fatal(name, err)
				}
				if !failed {
					if n == 1 {
						t.Errorf("%s: no statement", name)
					}
					break
				}
			}
		}
	})
}
