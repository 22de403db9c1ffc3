package audit_test

import (
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/audit"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
)

// BenchmarkTrail measures how fast events get into the table, and thereby how
// many a second a trail can take for long.
func BenchmarkTrail(b *testing.B) {
	dbtest.Bench(b, func(b *testing.B, db *gorm.DB) {
		if err := models.Migrate(db); err != nil {
			b.Fatal(err)
		}
		b.ResetTimer()
		trail := audit.New(db, audit.Config{MaxWaiting: b.N + 1, Logger: silent})
		for range b.N {
			trail.Observe(b.Context(), ginauth.Event{Kind: ginauth.LoginFailed, Subject: "alice", Route: "/login", Method: "POST"})
		}
		if err := trail.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
	})
}
