package models_test

import (
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
)

// TestADatabaseIsForgotten checks that what all sessions of a database share
// does not keep the database in memory.
func TestADatabaseIsForgotten(t *testing.T) {
	forgotten := func() func() bool {
		db, err := database.Open(":memory:")
		if err != nil {
			t.Fatal(err)
		}
		users, err := models.UsersOf(db)
		if err != nil {
			t.Fatal(err)
		}
		if err := userkit.Of(users).Preflight(t.Context()); err == nil {
			t.Error("an empty database has users")
		}
		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		if err := pool.Close(); err != nil {
			t.Fatal(err)
		}
		callbacks := weak.Make(db.Callback())
		return func() bool { return callbacks.Value() == nil }
	}()
	for range 200 {
		runtime.GC()
		if forgotten() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the database is still in memory")
}
