package models_test

import (
	"context"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
)

// openForScripts opens a database on which Exec executes scripts, without
// logging them.
func openForScripts(t *testing.T, url string) *gorm.DB {
	t.Helper()
	if strings.HasPrefix(url, "postgres") {
		url += "?default_query_exec_mode=simple_protocol"
	}
	return dbtest.Open(t, url).Session(&gorm.Session{Logger: logger.Discard})
}

// migrationSQL returns the script for a database, which must not change.
func migrationSQL(t *testing.T, db *gorm.DB) string {
	t.Helper()
	before := catalog(t, db)
	script, err := models.MigrationSQL(db)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(before, catalog(t, db)); diff != "" {
		t.Error(diff)
	}
	return script
}

// TestMigrationSQLIsWhatMigrateRuns migrates one database by the script, and
// one by Migrate, from each state that a database may be in.
func TestMigrationSQLIsWhatMigrateRuns(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*testing.T, *gorm.DB){
		"empty":            func(*testing.T, *gorm.DB) {},
		"that Django made": func(t *testing.T, db *gorm.DB) { dbtest.Fixture(t, db) },
		"with a user model of its own": func(t *testing.T, db *gorm.DB) {
			modeltest.SwapUser(t, db, models.AuthUserModel[modeltest.Member]{UsernameField: "email"})
			modeltest.AutoMigrate(t, db, &modeltest.Member{})
		},
		"of an earlier version": func(t *testing.T, db *gorm.DB) {
			modeltest.Migrate(t, db)
			modeltest.Execute(t, db, "DROP TABLE ginauth_epoch", "DROP TABLE ginauth_login_failure",
				"CREATE TABLE ginauth_login_failure (account varchar(64) NOT NULL)",
				"DROP TABLE ginauth_lease", "DROP INDEX ginauth_refresh_token_expires", "DROP INDEX ginauth_token_family_expires",
				"DELETE FROM django_migrations WHERE name IN ('0001_epoch', '0006_prune')",
				"UPDATE django_migrations SET name = '0003_login_failure' WHERE name = '0005_login_failure_principal'")
		},
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.RunURL(t, func(t *testing.T, url string) {
				scripted := openForScripts(t, url)
				migrated := dbtest.Open(t, newDatabase[scripted.Name()](t))
				prepare(t, scripted)
				prepare(t, migrated)
				modeltest.Execute(t, scripted, migrationSQL(t, scripted))
				modeltest.Migrate(t, migrated)
				if diff := gocmp.Diff(catalog(t, migrated), catalog(t, scripted)); diff != "" {
					t.Error(diff)
				}
				if diff := gocmp.Diff(recorded(t, migrated), recorded(t, scripted)); diff != "" {
					t.Error(diff)
				}
				if script := migrationSQL(t, scripted); script != "" {
					t.Errorf("the script leaves something to do: %s", script)
				}
				format := map[string]string{"sqlite": "____-__-__ __:__:__.___", "postgres": "____-__-__ __:__:__%"}
				var other int64
				err := scripted.Raw("SELECT count(*) FROM django_migrations WHERE CAST(applied AS text) NOT LIKE ?", format[scripted.Name()]).
					Scan(&other).Error
				if err != nil || other > 0 && name != "that Django made" {
					t.Errorf("%d times in another format, %v", other, err)
				}
			})
		})
	}
}

// TestMigrationSQLIsAllOrNothing runs the script where the name of the last
// index is taken.
func TestMigrationSQLIsAllOrNothing(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := openForScripts(t, url)
		modeltest.Execute(t, db, "CREATE TABLE other (id integer)", "CREATE INDEX ginauth_login_failure_expires ON other (id)")
		script := migrationSQL(t, db)
		err := db.Connection(func(conn *gorm.DB) error {
			conn = conn.Session(&gorm.Session{NewDB: true})
			err := conn.Exec(script).Error
			modeltest.Execute(t, conn, "ROLLBACK") // psql and sqlite3 exit
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "ginauth_login_failure_expires") {
			t.Errorf("error: %v", err)
		}
		if tables, err := db.Migrator().GetTables(); err != nil || len(tables) != 1 {
			t.Errorf("tables %q, %v", tables, err)
		}
	})
}

// TestMigrationSQLExcludesMigrate checks that Migrate waits for a script that
// has begun.
func TestMigrationSQLExcludesMigrate(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := openForScripts(t, url)
		begin, _, _ := strings.Cut(migrationSQL(t, db), "CREATE TABLE")
		err := db.Connection(func(conn *gorm.DB) error {
			modeltest.Execute(t, conn, begin)
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			if err := models.Migrate(dbtest.Open(t, url).WithContext(ctx)); err == nil || !strings.Contains(err.Error(), "lock") {
				t.Errorf("Migrate did not wait: %v", err)
			}
			return conn.Exec("ROLLBACK").Error
		})
		if err != nil {
			t.Error(err)
		}
		modeltest.Migrate(t, db)
	})
}

func TestMigrationSQLRefusesWhatMigrateRefuses(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Execute(t, db, "CREATE TABLE auth_group (id integer)")
		want := models.Migrate(db)
		script, err := models.MigrationSQL(db)
		if script != "" || want == nil || err == nil || err.Error() != want.Error() {
			t.Errorf("%q, %v; Migrate: %v", script, err, want)
		}
	})
}

// TestMigrationPlan checks that the plan names what Migrate makes, and makes
// none of it.
func TestMigrationPlan(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		plan := func() string {
			t.Helper()
			lines, err := userkit.Of(modeltest.UsersOf(t, db)).MigrationPlan(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return strings.Join(lines, "\n")
		}
		first := plan()
		for _, want := range []string{"table django_migrations", "table auth_user", "table ginauth_epoch"} {
			if !strings.Contains(first+"\n", want+"\n") {
				t.Errorf("the plan lacks %s: %s", want, first)
			}
		}
		if again := plan(); again != first {
			t.Errorf("planning has made something: %s", again)
		}
		modeltest.Migrate(t, db)
		if got := plan(); got != "" {
			t.Errorf("after Migrate: %s", got)
		}
		modeltest.Execute(t, db, "DELETE FROM django_migrations WHERE app = 'ginauth' AND name = '0001_epoch'", "DROP TABLE ginauth_epoch")
		if got := plan(); got != "table ginauth_epoch" {
			t.Errorf("without a table: %s", got)
		}
	})
}
