package prune

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/djangoschema"
	"github.com/ginauth/ginauth/internal/random"
	"github.com/ginauth/ginauth/internal/sqlkit"
)

// lease is the right to do something that one process at a time does for all
// that use the database. It is a row, not a lock: a lock of a session does not
// pass through PgBouncer's transaction mode, and one of a transaction would
// keep that open. The holder of the lease decides when it is free again. The
// time is PostgreSQL's, or on SQLite that of the process.
type lease struct {
	db           *gorm.DB
	name, holder string
}

func newLease(db *gorm.DB, name string) lease {
	return lease{db, name, random.Alphanumeric(djangoschema.MaxLease / 2)}
}

// microseconds returns the SQL for the time in microseconds since 1970.
func (l lease) microseconds() string {
	if l.db.Name() == "sqlite" {
		return `CAST((julianday('now') - 2440587.5) * 86400000000.0 AS bigint)`
	}
	return `CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS bigint)`
}

// take takes the lease for a time, and reports whether it was free. If not, it
// returns how long until it is.
func (l lease) take(ctx context.Context, d time.Duration) (taken bool, wait time.Duration, err error) {
	statement := fmt.Sprintf(`INSERT INTO "ginauth_lease" AS l ("name", "holder", "until") VALUES (?, ?, %[1]s + ?) `+
		`ON CONFLICT ("name") DO UPDATE SET "holder" = excluded."holder", "until" = excluded."until" `+
		`WHERE l."until" <= %[1]s`, l.microseconds())
	n, err := l.exec(ctx, statement, l.name, l.holder, d.Microseconds())
	if err != nil || n > 0 {
		return n > 0, 0, err
	}
	var left int64
	query := numbered(l.db, `SELECT "until" - `+l.microseconds()+` FROM "ginauth_lease" WHERE "name" = ?`)
	_, err = sqlkit.Row(ctx, sqlkit.Pool(l.db), query, []any{l.name}, &left)
	return false, time.Duration(left) * time.Microsecond, err
}

// keep holds the lease from now on for a time, and reports whether this process
// still had it.
func (l lease) keep(ctx context.Context, d time.Duration) (held bool, err error) {
	statement := `UPDATE "ginauth_lease" SET "until" = ` + l.microseconds() + ` + ? WHERE "name" = ? AND "holder" = ?`
	n, err := l.exec(ctx, statement, d.Microseconds(), l.name, l.holder)
	return n > 0, err
}

func (l lease) exec(ctx context.Context, statement string, args ...any) (int64, error) {
	there, err := sqlkit.PresenceOf(l.db).Has(ctx, l.db, djangoschema.LeaseTable)
	switch {
	case err != nil:
		return 0, err
	case !there:
		return 0, djangoschema.Missing(djangoschema.LeaseTable)
	}
	return sqlkit.Exec(ctx, sqlkit.Pool(l.db), numbered(l.db, statement), args...)
}
