package prune_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/models/prune"
)

const day = 24 * time.Hour

// kind is one kind of rows that expire.
type kind struct {
	name, table     string
	key, prefix     string // the column that names row i, and what precedes the number there
	columns, values string // of row i; the ? is the time of its end
	after           string // a statement after the rows have been inserted
	extend          string // moves the end of all rows
	micros          bool   // times are in microseconds
	kept            time.Duration
	deleted         func(prune.Deleted) int64 // nil if they are not counted
	begin           string                    // what the statement that locks a batch, or the one before it, begins with
}

const tokenColumns = "id, digest, user_id, name, scopes, epoch, created, idle"

// kinds are all kinds. TIME stands for the dialect's type.
var kinds = []kind{
	{
		name: "session", key: "session_key", prefix: "session-", table: "django_session", kept: day, begin: "BEGIN",
		columns: "session_key, session_data, expire_date", values: "'session-' || i, 'data', CAST(? AS TIME)",
		extend:  "UPDATE django_session SET expire_date = ?",
		deleted: func(d prune.Deleted) int64 { return d.Sessions },
	},
	{
		name: "use of a session", key: "id", prefix: "use-", table: "ginauth_session", kept: day, begin: "BEGIN",
		columns: "id, user_id, sealed, device, address, created, last_used, expires_at",
		values:  "'use-' || i, 1, '', '', '', '2020-01-01 00:00:00+00:00', '2020-01-01 00:00:00+00:00', CAST(? AS TIME)",
		extend:  "UPDATE ginauth_session SET expires_at = ?",
	},
	{
		name: "token of a family", key: "jti", prefix: "jti-", table: "ginauth_refresh_token", kept: day, begin: "BEGIN",
		columns: "jti, family_id, expires_at", values: "'jti-' || i, 'family', CAST(? AS TIME)",
		extend: "UPDATE ginauth_refresh_token SET expires_at = ?",
	},
	{
		name: "family", key: "id", prefix: "family-", table: "ginauth_token_family", kept: day, begin: "BEGIN",
		columns: "id, expires_at", values: "'family-' || i, CAST(? AS TIME)",
		extend:  "UPDATE ginauth_token_family SET expires_at = ?",
		deleted: func(d prune.Deleted) int64 { return d.Families },
	},
	{
		name: "JWT", key: "jti", prefix: "jti-", table: "token_blacklist_outstandingtoken", kept: day, begin: "BEGIN",
		columns: "jti, token, expires_at", values: "'jti-' || i, 'a.b.c', CAST(? AS TIME)",
		after: "INSERT INTO token_blacklist_blacklistedtoken (token_id, blacklisted_at) " + // every other one is revoked
			"SELECT id, expires_at FROM token_blacklist_outstandingtoken WHERE id % 2 = 0 ON CONFLICT DO NOTHING",
		extend:  "UPDATE token_blacklist_outstandingtoken SET expires_at = ?",
		deleted: func(d prune.Deleted) int64 { return d.JWTs },
	},
	accessToken("revoked", 30*day, "'token-' || i, 'digest-' || i, 1, 'name', '*', 0, '2020-01-01 00:00:00+00:00', 0, CAST(? AS TIME)"),
	accessToken("expires", 30*day, "'token-' || i, 'digest-' || i, 1, 'name', '*', 0, '2020-01-01 00:00:00+00:00', 0, CAST(? AS TIME)"),
	accessToken("last_used", 31*day+time.Hour, "'token-' || i, 'digest-' || i, 1, 'name', '*', 0, '2020-01-01 00:00:00+00:00', 3600, CAST(? AS TIME)"),
	{
		name: "failed login", key: "account", prefix: "account-", table: "ginauth_login_failure", micros: true, begin: "WITH due",
		columns: "account, network, principal, failed, refused, next, last, turn, fresh, stale, rotated, known, version, expires",
		values:  "'account-' || i, '', '', 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, CAST(? AS bigint)",
		extend:  "UPDATE ginauth_login_failure SET expires = ?",
		deleted: func(d prune.Deleted) int64 { return d.LoginFailures },
	},
}

func accessToken(ended string, kept time.Duration, values string) kind {
	return kind{
		name: "access token by " + ended, key: "id", prefix: "token-", table: "ginauth_access_token", kept: kept, begin: "BEGIN",
		columns: tokenColumns + ", " + ended, values: values,
		extend:  "UPDATE ginauth_access_token SET " + ended + " = ?",
		deleted: func(d prune.Deleted) int64 { return d.AccessTokens },
	}
}

// end returns a time of a row's end as a parameter.
func (k kind) end(at time.Time) any {
	if k.micros {
		return at.UnixMicro()
	}
	return at.UTC()
}

// insert stores n rows, numbered from first on, that end at a time.
func (k kind) insert(t testing.TB, db *gorm.DB, first, n int, end time.Time) {
	t.Helper()
	statement := fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM (WITH RECURSIVE s(i) AS (SELECT %d UNION ALL SELECT i + 1 FROM s WHERE i < %d) SELECT i FROM s) s",
		k.table, k.columns, k.values, first, first+n-1)
	typ := map[string]string{"sqlite": "text", "postgres": "timestamp with time zone"}[db.Name()]
	execute(t, db, strings.ReplaceAll(statement, "TIME", typ), k.end(end))
	if k.after != "" {
		execute(t, db, k.after)
	}
}

func execute(t testing.TB, db *gorm.DB, statement string, args ...any) {
	t.Helper()
	if err := db.Exec(statement, args...).Error; err != nil {
		t.Fatal(err)
	}
}

// rows returns the number of rows in a table.
func rows(t testing.TB, db *gorm.DB, table string) (n int64) {
	t.Helper()
	if err := db.Table(table).Count(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}
