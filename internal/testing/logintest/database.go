package logintest

import (
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/models"
)

// Migrated returns the database once it has the tables.
func Migrated(t testing.TB, db *gorm.DB) *gorm.DB {
	t.Helper()
	if err := models.Migrate(db); err != nil {
		t.Fatal(err)
	}
	return db
}

// Careless returns the URL of a database that answers before it has written to
// the disk, for a test of many statements.
func Careless(url string) string {
	if strings.HasPrefix(url, "postgres") {
		url += "?synchronous_commit=off"
	}
	return url
}
