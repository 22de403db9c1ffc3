package models_test

import (
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
)

func TestReplicaSetting(t *testing.T) {
	url := dbtest.Postgres(t)
	postgres := func() *gorm.DB { return dbtest.Open(t, url) }
	sqlite := func() *gorm.DB { return dbtest.Open(t, dbtest.SQLite(t)) }
	same, used := postgres(), postgres()
	if _, err := models.UsersOf(used); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name    string
		db      *gorm.DB
		replica models.Replica
		want    string // what the error says; "": none
	}{
		{"a second", postgres(), models.Replica{DB: postgres(), MaxLag: time.Second}, ""},
		{"the shortest", postgres(), models.Replica{DB: postgres(), MaxLag: 100 * time.Millisecond}, ""},
		{"no replica", postgres(), models.Replica{MaxLag: time.Second}, "no DB"},
		{"no lag", postgres(), models.Replica{DB: postgres()}, "MaxLag is 0s"},
		{"too short a lag", postgres(), models.Replica{DB: postgres(), MaxLag: time.Millisecond}, "100ms or more"},
		{"a negative lag", postgres(), models.Replica{DB: postgres(), MaxLag: -time.Second}, "MaxLag is -1s"},
		{"the database itself", same, models.Replica{DB: same.Debug(), MaxLag: time.Second}, "itself"},
		{"a replica in SQLite", postgres(), models.Replica{DB: sqlite(), MaxLag: time.Second}, "for PostgreSQL"},
		{"a primary in SQLite", sqlite(), models.Replica{DB: postgres(), MaxLag: time.Second}, "for PostgreSQL"},
		{"too late", used, models.Replica{DB: postgres(), MaxLag: time.Second}, "must be set before"},
	} {
		err := row.db.Use(row.replica)
		if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", row.name, err, row.want)
		}
	}
}
