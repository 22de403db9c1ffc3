package models_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"gorm.io/gorm"
	"gorm.io/gorm/utils/tests"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
)

// recorded returns the contents of django_migrations as app.name.
func recorded(t *testing.T, db *gorm.DB) []string {
	t.Helper()
	var list []string
	if err := db.Raw("SELECT app || '.' || name FROM django_migrations ORDER BY id").Scan(&list).Error; err != nil {
		t.Fatal(err)
	}
	return list
}

// djangoMigrations are the Django migrations that Migrate records, in its
// order.
var djangoMigrations = []string{
	"contenttypes.0001_initial",
	"contenttypes.0002_remove_content_type_name",
	"auth.0001_initial",
	"auth.0002_alter_permission_name_max_length",
	"auth.0003_alter_user_email_max_length",
	"auth.0004_alter_user_username_opts",
	"auth.0005_alter_user_last_login_null",
	"auth.0006_require_contenttypes_0002",
	"auth.0007_alter_validators_add_error_messages",
	"auth.0008_alter_user_username_max_length",
	"auth.0009_alter_user_last_name_max_length",
	"auth.0010_alter_group_name_max_length",
	"auth.0011_update_proxy_permissions",
	"auth.0012_alter_user_first_name_max_length",
	"authtoken.0001_initial",
	"authtoken.0002_auto_20160226_1747",
	"authtoken.0003_tokenproxy",
	"authtoken.0004_alter_tokenproxy_options",
	"guardian.0001_initial",
	"guardian.0002_generic_permissions_index",
	"rest_framework_api_key.0001_initial",
	"rest_framework_api_key.0002_auto_20190529_2243",
	"rest_framework_api_key.0003_auto_20190623_1952",
	"rest_framework_api_key.0004_prefix_hashed_key",
	"rest_framework_api_key.0005_auto_20220110_1102",
	"token_blacklist.0001_initial",
	"token_blacklist.0002_outstandingtoken_jti_hex",
	"token_blacklist.0003_auto_20171017_2007",
	"token_blacklist.0004_auto_20171017_2013",
	"token_blacklist.0005_remove_outstandingtoken_jti",
	"token_blacklist.0006_auto_20171017_2113",
	"token_blacklist.0007_auto_20171017_2214",
	"token_blacklist.0008_migrate_to_bigautofield",
	"token_blacklist.0010_fix_migrate_to_bigautofield",
	"token_blacklist.0011_linearizes_history",
	"token_blacklist.0012_alter_outstandingtoken_user",
	"sessions.0001_initial",
}

// ownMigrations are the migrations of ginauth's own tables.
var ownMigrations = []string{"ginauth.0001_epoch", "ginauth.0002_access_token", "ginauth.0004_refresh_token",
	"ginauth.0005_login_failure_principal", "ginauth.0006_prune", "ginauth.0007_audit",
	"ginauth.0008_session", "ginauth.0009_api_key"}

func TestMigrateRecordsDjangosMigrations(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrate(t, db)
		if diff := gocmp.Diff(slices.Concat(djangoMigrations, ownMigrations), recorded(t, db)); diff != "" {
			t.Error(diff)
		}
	})
}

// TestMigrateAddsOwnTables checks that Migrate adds them to a database that
// Django made, without changing anything of Django's, and to one that an
// earlier version made.
func TestMigrateAddsOwnTables(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*testing.T, *gorm.DB){
		"that Django made": func(t *testing.T, db *gorm.DB) { dbtest.Fixture(t, db) },
		"of an earlier version": func(t *testing.T, db *gorm.DB) {
			modeltest.Migrate(t, db)
			modeltest.Execute(t, db, "DROP TABLE ginauth_epoch", "DROP TABLE ginauth_login_failure", "DROP TABLE ginauth_lease", "DROP TABLE ginauth_audit", "DROP TABLE ginauth_session",
				"DROP TABLE ginauth_api_key", "DROP TABLE ginauth_refresh_token", "DROP TABLE ginauth_token_family",
				"DROP TABLE ginauth_access_token", "DROP TABLE ginauth_service", "DELETE FROM django_migrations WHERE app = 'ginauth'")
		},
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
				prepare(t, db)
				schema, rows := catalog(t, db), recorded(t, db)
				modeltest.Migrate(t, db)
				own := slices.DeleteFunc(catalog(t, db), func(o object) bool { return !isOwn(o) })
				if len(own) == 0 {
					t.Error("there are no tables of ginauth's own")
				}
				if diff := gocmp.Diff(schema, slices.DeleteFunc(catalog(t, db), isOwn)); diff != "" {
					t.Error(diff)
				}
				if diff := gocmp.Diff(slices.Concat(rows, ownMigrations), recorded(t, db)); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// TestMigrateReplacesTheCounters checks that Migrate replaces the counters of
// an earlier version, whose table has other columns, and nothing else.
func TestMigrateReplacesTheCounters(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrate(t, db)
		want := catalog(t, db)
		modeltest.Execute(t, db, "DROP TABLE ginauth_login_failure",
			`CREATE TABLE ginauth_login_failure (account varchar(64) NOT NULL, known bigint NOT NULL)`,
			"INSERT INTO ginauth_login_failure VALUES ('', 1)", "INSERT INTO ginauth_epoch VALUES (1, 7)",
			"UPDATE django_migrations SET name = '0003_login_failure' WHERE name = '0005_login_failure_principal'")
		for range 2 {
			modeltest.Migrate(t, db)
			if diff := gocmp.Diff(want, catalog(t, db)); diff != "" {
				t.Error(diff)
			}
		}
		var epochs, failures int64
		if err := errors.Join(db.Table("ginauth_epoch").Count(&epochs).Error,
			db.Table("ginauth_login_failure").Count(&failures).Error); err != nil || epochs != 1 || failures != 0 {
			t.Errorf("%d epochs and %d failures, %v", epochs, failures, err)
		}
	})
}

// TestMigrateAddsIndexes checks that Migrate adds to the tables of an earlier
// version what it lacks, and leaves their rows alone.
func TestMigrateAddsIndexes(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrate(t, db)
		want := catalog(t, db)
		modeltest.Execute(t, db, "DROP TABLE ginauth_lease", "DROP INDEX ginauth_token_family_expires", "DROP INDEX ginauth_refresh_token_expires",
			"DELETE FROM django_migrations WHERE name = '0006_prune'",
			"INSERT INTO ginauth_token_family (id, expires_at) VALUES ('family', '2030-01-01 00:00:00+00:00')")
		for range 2 {
			modeltest.Migrate(t, db)
			if diff := gocmp.Diff(want, catalog(t, db)); diff != "" {
				t.Error(diff)
			}
		}
		var families int64
		if err := db.Table("ginauth_token_family").Count(&families).Error; err != nil || families != 1 {
			t.Errorf("%d families, %v", families, err)
		}
	})
}

// TestMigrateChangesNothing covers databases that already have all tables.
func TestMigrateChangesNothing(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*testing.T, *gorm.DB){
		"that Django made and Migrate has seen": func(t *testing.T, db *gorm.DB) {
			dbtest.Fixture(t, db)
			modeltest.Migrate(t, db)
		},
		"that Migrate made": modeltest.Migrate,
		"that is unrecorded": func(t *testing.T, db *gorm.DB) {
			modeltest.Migrate(t, db)
			modeltest.Execute(t, db, "DELETE FROM django_migrations")
		},
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
				prepare(t, db)
				schema, rows := catalog(t, db), recorded(t, db)
				modeltest.Migrate(t, db)
				if diff := gocmp.Diff(schema, catalog(t, db)); diff != "" {
					t.Error(diff)
				}
				if diff := gocmp.Diff(rows, recorded(t, db)); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestMigrateDoesNotWriteIfThereIsNothingToDo(t *testing.T) {
	t.Parallel()
	readOnly := map[string]string{"sqlite": "?_query_only=1", "postgres": "?default_transaction_read_only=on"}
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := dbtest.Open(t, url)
		modeltest.Migrate(t, db)
		if db.Name() == "sqlite" {
			url = "file:" + url
		}
		modeltest.Migrate(t, dbtest.Open(t, url+readOnly[db.Name()]))
	})
}

func TestMigrateRefusesHalfAnApp(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Execute(t, db, "CREATE TABLE auth_group (id integer)")
		err := models.Migrate(db)
		if err == nil {
			t.Fatal("no error")
		}
		for _, want := range []string{"models: migrate: ",
			"auth has the tables auth_group but not auth_permission, auth_group_permissions, auth_user, "} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
		}
		if tables, err := db.Migrator().GetTables(); err != nil || !slices.Equal(tables, []string{"auth_group"}) {
			t.Errorf("tables %q, %v", tables, err)
		}
	})
}

// TestMigrateIsAllOrNothing runs Migrate where the name of the last index is
// taken.
func TestMigrateIsAllOrNothing(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Execute(t, db, "CREATE TABLE other (id integer)",
			"CREATE INDEX auth_user_user_permissions_permission_id_1fbb5f2c ON other (id)")
		if err := models.Migrate(db); err == nil || !strings.Contains(err.Error(), "create auth_user_user_permissions") {
			t.Errorf("error: %v", err)
		}
		if tables, err := db.Migrator().GetTables(); err != nil || !slices.Equal(tables, []string{"other"}) {
			t.Errorf("tables %q, %v", tables, err)
		}
		modeltest.Execute(t, db, "DROP INDEX auth_user_user_permissions_permission_id_1fbb5f2c")
		modeltest.Migrate(t, db)
	})
}

func TestMigrateInATransaction(t *testing.T) {
	t.Parallel()
	cancel := errors.New("cancel")
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		err := db.Transaction(func(tx *gorm.DB) error {
			modeltest.Migrate(t, tx)
			if len(recorded(t, tx)) == 0 {
				t.Error("nothing was recorded")
			}
			return cancel
		})
		if !errors.Is(err, cancel) {
			t.Error(err)
		}
		if tables, err := db.Migrator().GetTables(); err != nil || len(tables) > 0 {
			t.Errorf("tables %q, %v", tables, err)
		}
	})
}

func TestMigrateIgnoresTheConditionsOfItsHandle(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) { modeltest.Migrate(t, db.Where("1 = 0").Limit(1)) })
}

func TestMigrateRefusesOtherDatabases(t *testing.T) {
	t.Parallel()
	db, err := gorm.Open(tests.DummyDialector{}, &gorm.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := models.Migrate(db); err == nil || !strings.Contains(err.Error(), "must be SQLite or PostgreSQL") {
		t.Errorf("error: %v", err)
	}
}

// TestMigrateBySeveralProcesses starts several migrations at once on an empty
// database, each with connections of its own.
func TestMigrateBySeveralProcesses(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		const processes = 8
		var dbs []*gorm.DB
		for range processes {
			dbs = append(dbs, dbtest.Open(t, url))
		}
		start, results := make(chan struct{}), make(chan error)
		for _, db := range dbs {
			go func() {
				<-start
				results <- models.Migrate(db)
			}()
		}
		close(start)
		for range processes {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if n := len(recorded(t, dbs[0])); n != len(djangoMigrations)+len(ownMigrations) {
			t.Errorf("%d migrations are recorded", n)
		}
	})
}
