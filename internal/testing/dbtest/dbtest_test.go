package dbtest_test

import (
	"path/filepath"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
)

func TestRun(t *testing.T) {
	var ran []string
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		ran = append(ran, db.Name())
		if filepath.Base(t.Name()) != db.Name() {
			t.Errorf("%s runs on %s", t.Name(), db.Name())
		}
		if tables, err := db.Migrator().GetTables(); err != nil || len(tables) > 0 {
			t.Errorf("the database is not empty: %q, %v", tables, err)
		}
		dbtest.Fixture(t, db)
		db.Exec("DELETE FROM core_note")
		if err := dbtest.Reset(db); err != nil {
			t.Error(err)
		}
		var notes int64
		if err := db.Table("core_note").Count(&notes).Error; err != nil || notes != 5 {
			t.Errorf("%d notes after a reset, %v", notes, err)
		}
	})
	if len(ran) == 0 || ran[0] != "sqlite" {
		t.Errorf("ran on %q", ran)
	}
}

func TestPostgresDropsItsDatabase(t *testing.T) {
	dbtest.Server(t) // or the test is skipped
	var url string
	t.Run("create", func(t *testing.T) {
		url = dbtest.Postgres(t)
		dbtest.Open(t, url) // left open
	})
	if name := filepath.Base(url); exists(t, name) {
		t.Errorf("%s is still there", name)
	}
}

func exists(t *testing.T, database string) bool {
	var n int64
	db := dbtest.Open(t, dbtest.Postgres(t))
	if err := db.Raw("SELECT count(*) FROM pg_database WHERE datname = ?", database).Scan(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n > 0
}
