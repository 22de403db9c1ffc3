package audit_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/ginauth/ginauth/audit"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
)

const day = 24 * time.Hour

// write writes one event of each age.
func write(t *testing.T, db *gorm.DB, ages ...time.Duration) {
	t.Helper()
	trail := audit.New(db, audit.Config{Logger: silent})
	for _, age := range ages {
		trail.Observe(t.Context(), ginauth.Event{Kind: ginauth.LoginFailed, Time: time.Now().Add(-age), Subject: age.String()})
	}
	end(t, trail)
}

// TestAppendOnly checks what the database refuses.
func TestAppendOnly(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrate(t, db)
		write(t, db, 0, 29*day, 31*day)
		quiet := db.Session(&gorm.Session{Logger: logger.Discard})
		for _, row := range []struct {
			name, statement string
			dialects        string
			changed         int64 // -1: refused
		}{
			{"change a row", "UPDATE ginauth_audit SET subject = 'mallory'", "postgres sqlite", -1},
			{"make a row old", "UPDATE ginauth_audit SET time = '2001-01-01 00:00:00+00:00'", "postgres sqlite", -1},
			{"change an old row", "UPDATE ginauth_audit SET kind = kind WHERE subject = '" + (31 * day).String() + "'", "postgres sqlite", -1},
			{"delete all", "DELETE FROM ginauth_audit", "postgres sqlite", -1},
			{"delete a row of 29 days", "DELETE FROM ginauth_audit WHERE subject = '" + (29 * day).String() + "'", "postgres sqlite", -1},
			{"empty the table", "TRUNCATE ginauth_audit", "postgres", -1},
			{"replace all", "INSERT OR REPLACE INTO ginauth_audit SELECT * FROM ginauth_audit", "sqlite", 0},
			{"delete a row of 31 days", "DELETE FROM ginauth_audit WHERE subject = '" + (31 * day).String() + "'", "postgres sqlite", 1},
		} {
			if !strings.Contains(row.dialects, db.Name()) {
				continue
			}
			result := quiet.Exec(row.statement)
			switch {
			case row.changed < 0 && (result.Error == nil || !strings.Contains(result.Error.Error(), "ginauth_audit is append-only")):
				t.Errorf("%s: %v", row.name, result.Error)
			case row.changed >= 0 && (result.Error != nil || result.RowsAffected != row.changed):
				t.Errorf("%s: %d, %v", row.name, result.RowsAffected, result.Error)
			}
		}
		if all := entries(t, db, audit.Filter{}); len(all) != 2 {
			t.Errorf("%d rows", len(all))
		}
	})
}

// TestLeastRights checks that a role that may insert and read, and nothing
// else, is enough for a trail.
func TestLeastRights(t *testing.T) {
	t.Parallel()
	address := dbtest.Postgres(t)
	db := dbtest.Open(t, address)
	modeltest.Migrate(t, db)
	role := "audit_" + strings.TrimPrefix(db.Migrator().CurrentDatabase(), "dbtest_")
	modeltest.Execute(t, db, "CREATE ROLE "+role, "GRANT INSERT, SELECT ON ginauth_audit TO "+role)
	defer modeltest.Execute(t, db, "DROP OWNED BY "+role, "DROP ROLE "+role)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Set("options", "-c role="+role)
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	app := dbtest.Open(t, u.String())
	write(t, app, 0)
	if all := entries(t, app, audit.Filter{}); len(all) != 1 {
		t.Errorf("%d rows", len(all))
	}
	quiet := app.Session(&gorm.Session{Logger: logger.Discard})
	for _, statement := range []string{"DELETE FROM ginauth_audit", "ALTER TABLE ginauth_audit DISABLE TRIGGER ALL", "DROP TABLE ginauth_audit"} {
		if err := quiet.Exec(statement).Error; err == nil || !strings.Contains(err.Error(), "42501") {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

// TestList checks what a filter selects.
func TestList(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrate(t, db)
		trail := audit.New(db)
		now := time.Now()
		for _, e := range []ginauth.Event{
			{Kind: ginauth.LoginFailed, Subject: "anonymous", Family: "1", Time: now.Add(-3 * day)},
			{Kind: ginauth.LoginSucceeded, Subject: "alice", Family: "2", Time: now.Add(-2 * day)},
			{Kind: ginauth.CredentialRevoked, Subject: "root", Owner: "alice", Family: "3", Time: now.Add(-time.Hour)},
			{Kind: ginauth.LoginSucceeded, Subject: "root", Family: "4", Time: now},
		} {
			trail.Observe(t.Context(), e)
		}
		end(t, trail)
		for _, row := range []struct {
			filter audit.Filter
			want   string
		}{
			{audit.Filter{}, "1 2 3 4"},
			{audit.Filter{Since: now.Add(-2 * day)}, "2 3 4"},
			{audit.Filter{Since: now.Add(-2*day + time.Millisecond)}, "3 4"},
			{audit.Filter{Since: now.Add(time.Hour)}, ""},
			{audit.Filter{Subject: "alice"}, "2 3"},
			{audit.Filter{Subject: "al%"}, ""},
			{audit.Filter{Kind: ginauth.LoginSucceeded}, "2 4"},
			{audit.Filter{Kind: ginauth.LoginSucceeded, Subject: "root", Since: now.Add(-day)}, "4"},
		} {
			var got []string
			for _, entry := range entries(t, db, row.filter) {
				got = append(got, entry.Family)
			}
			if strings.Join(got, " ") != row.want {
				t.Errorf("%+v: %q, want %s", row.filter, got, row.want)
			}
		}
		for range audit.List(t.Context(), db, audit.Filter{}) {
			break // closes the result
		}
		if ids := entries(t, db, audit.Filter{}); !slices.IsSortedFunc(ids, func(a, b audit.Entry) int { return strings.Compare(a.ID, b.ID) }) {
			t.Error("rows are not in the order of their ids")
		}
	})
}
