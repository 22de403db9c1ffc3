package models_test

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/dbtest"
	"github.com/ginauth/ginauth/models"
)

//go:embed testdata/django_sqlite.sql
var djangoSQLite string

// made are the tables that Migrate makes.
var made = []string{
	"auth_group", "auth_group_permissions", "auth_permission", "auth_user", "auth_user_groups", "auth_user_user_permissions",
	"authtoken_token", "django_content_type", "django_migrations",
}

// catalog returns what a database knows of these tables: columns, constraints and indexes, a line each.
func catalog(t *testing.T, db *gorm.DB, tables []string) (lines []string) {
	t.Helper()
	queries := []string{
		`SELECT concat_ws(' ', table_name, column_name, data_type, character_maximum_length, is_nullable)
		   FROM information_schema.columns WHERE table_schema = 'public' AND table_name IN ?`,
		`SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid))
		   FROM pg_constraint WHERE contype IN ('p', 'u', 'f') AND conrelid::regclass::text IN ?`,
		`SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename IN ?`,
	}
	if db.Name() == "sqlite" {
		queries = []string{
			`SELECT m.name || ' ' || c.name || ' ' || c.type || ' ' || c."notnull" || ' ' || c.pk
			   FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name IN ?`,
			`SELECT m.name || ' ' || f."from" || ' ' || f."table" || ' ' || f."to"
			   FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.name IN ?`,
			`SELECT m.name || ' ' || i.name || ' ' || i."unique" || ' ' || (SELECT group_concat(c.name) FROM pragma_index_info(i.name) c)
			   FROM sqlite_master m, pragma_index_list(m.name) i WHERE m.name IN ?`,
		}
	}
	for _, query := range queries {
		var part []string
		if err := db.Raw(query, tables).Scan(&part).Error; err != nil || len(part) == 0 {
			t.Fatal(len(part), err)
		}
		slices.Sort(part)
		lines = append(lines, part...)
	}
	return lines
}

// fillAsDjango fills an empty database as Django does.
func fillAsDjango(t *testing.T, db *gorm.DB) {
	t.Helper()
	if db.Name() == "postgres" {
		dbtest.Fixture(t, db)
	} else if err := db.Exec(djangoSQLite).Error; err != nil {
		t.Fatal(err)
	}
}

func TestMigrateMakesWhatDjangoMakes(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := dbtest.Open(t, url)
		fillAsDjango(t, db)
		want := catalog(t, db, made)
		var other *gorm.DB
		if db.Name() == "postgres" {
			other = dbtest.Open(t, dbtest.Postgres(t))
		} else {
			other = dbtest.Open(t, dbtest.SQLite(t))
		}
		if err := models.Migrate(other); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, catalog(t, other, made)); diff != "" {
			t.Errorf("Django (-) and Migrate (+) differ:\n%s", diff)
		}
	})
}

func TestMigrateChangesNothingThatDjangoMade(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		fillAsDjango(t, db)
		all, err := db.Migrator().GetTables()
		if err != nil {
			t.Fatal(err)
		}
		state := func() []string {
			lines := catalog(t, db, all)
			for _, table := range all {
				var n int64
				db.Table(table).Count(&n)
				lines = append(lines, fmt.Sprint(table, " ", n))
			}
			return lines
		}
		before := state()
		if err := models.Migrate(db); err != nil {
			t.Fatal(err)
		}
		now, err := db.Migrator().GetTables()
		if err != nil || len(now) != len(all) {
			t.Errorf("tables: %v, before: %v, %v", now, all, err)
		}
		if diff := cmp.Diff(before, state()); diff != "" {
			t.Errorf("changed:\n%s", diff)
		}
	})
}

func TestMigrateTwice(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		for range 2 {
			if err := models.Migrate(db); err != nil {
				t.Fatal(err)
			}
		}
		var n int64
		if db.Table("django_migrations").Count(&n); n != 17 {
			t.Errorf("%d migrations are recorded", n)
		}
	})
}

func TestServersMigrateAtTheSameTime(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		var wg sync.WaitGroup
		for range 8 {
			server := dbtest.Open(t, url)
			wg.Go(func() {
				if err := models.Migrate(server); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		var n int64
		if dbtest.Open(t, url).Table("django_migrations").Count(&n); n != 17 {
			t.Errorf("%d migrations are recorded", n)
		}
	})
}

func TestMigrateAddsWhatDjangoHasNot(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) { // a Django project without authtoken
		fillAsDjango(t, db)
		db.Exec("DROP TABLE authtoken_token")
		db.Exec("DELETE FROM django_migrations WHERE app = 'authtoken'")
		if err := models.Migrate(db); err != nil || !db.Migrator().HasTable("authtoken_token") {
			t.Error(err)
		}
	})
}

func TestMigrateRefusesHalfAnApplication(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		db.Exec("CREATE TABLE auth_group (id integer)")
		err := models.Migrate(db)
		if err == nil || !strings.Contains(err.Error(), "the application auth has the tables auth_group, but not auth_permission") {
			t.Error(err)
		}
		if db.Migrator().HasTable("django_content_type") {
			t.Error("something was made all the same")
		}
	})
}

// TestDjangoTakesOver points a real Django at a database that Migrate has made: it finds nothing to do, and works.
func TestDjangoTakesOver(t *testing.T) {
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import django, rest_framework, psycopg2").Run(); err != nil {
		t.Skip("SKIPPED: install Django to run this test: apt-get install python3-djangorestframework python3-psycopg2")
	}
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := dbtest.Open(t, url)
		users := migrated(t, db)
		user := create(t, db, "alice", "alice-pw")
		token, err := users.GetOrCreateToken(t.Context(), user)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), python, "testdata/takeover.py")
		cmd.Env = append(os.Environ(), "DATABASE_URL="+url, "ALICE_TOKEN="+string(token.Key))
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "all is well") {
			t.Fatalf("%v\n%s", err, out)
		}
		if _, err := users.Authenticate(t.Context(), "bob", "bob-pw"); err != nil {
			t.Error("the user that Django made cannot log in here:", err)
		}
		bob, err := users.ByUsername(t.Context(), "bob")
		if err != nil {
			t.Fatal(err)
		}
		if in, err := bob.(*models.User).InGroup(t.Context(), "editors"); !in || err != nil {
			t.Error("the group that Django put him into is not seen here:", err)
		}
	})
}
