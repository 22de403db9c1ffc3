package prune_test

import (
	"fmt"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/audit"
	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models/prune"
)

// TestAuditTrail checks that rows of the audit trail are deleted only on
// request, in batches, and never before the database allows it.
func TestAuditTrail(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrate(t, db)
		trail := audit.New(db)
		const old, young = 1200, 700
		for i := range old + young {
			age := 100 * day
			if i >= old {
				age = 40*day - time.Minute
			}
			trail.Observe(t.Context(), ginauth.Event{Kind: ginauth.LoginFailed, Time: time.Now().Add(-age + time.Duration(i)*time.Millisecond)})
		}
		if err := trail.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, row := range []struct {
			keep          time.Duration
			deleted, left int64
		}{
			{0, 0, old + young},
			{40 * day, old, young},
			{40 * day, 0, young},
			{31 * day, young, 0},
		} {
			d, err := prune.Expired(t.Context(), db, prune.Config{KeepAudit: row.keep})
			if d != (prune.Deleted{Audit: row.deleted}) || err != nil || rows(t, db, "ginauth_audit") != row.left {
				t.Errorf("%v: %+v, %v, %d left", row.keep, d, err, rows(t, db, "ginauth_audit"))
			}
		}
		for _, keep := range []time.Duration{-1, 1, 31*day - 1} {
			func() {
				defer func() {
					if got := fmt.Sprint(recover()); got != "prune: Expired: KeepAudit must be at least 31 days; 0 keeps all" {
						t.Errorf("%v: %s", keep, got)
					}
				}()
				_, _ = prune.Expired(t.Context(), db, prune.Config{KeepAudit: keep})
			}()
		}
	})
}
