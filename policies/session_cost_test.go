//go:build !race

package policies_test

import (
	"context"
	"runtime"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies"
)

// TestCostOfASession holds a request with a session to allocations and bytes;
// TestStatementsOfASession holds it to its statement. It reads the session and
// the user, checks two HMACs, and decompresses. Three quarters of the
// allocations are those of database/sql and the driver for one row.
func TestCostOfASession(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		newSite(t, db)
		class := policies.Session(db)
		ctx, cancel := context.WithCancel(t.Context()) // net/http's contexts can be cancelled
		defer cancel()
		c := contextWith("")
		c.Request = c.Request.WithContext(ctx)
		c.Request.Header.Set("Cookie", "sessionid="+keyOf(t, class.Sessions(), "alice"))
		allocs, bytes := cost(func() {
			if _, err := class.Authenticate(c); err != nil {
				t.Fatal(err)
			}
		})
		mostAllocs, mostBytes := 90.0, 5600.0
		if db.Name() == "sqlite" {
			mostAllocs, mostBytes = 113, 6800
		}
		if allocs > mostAllocs || bytes > mostBytes {
			t.Errorf("%.0f allocations of %.0f bytes, want at most %.0f of %.0f", allocs, bytes, mostAllocs, mostBytes)
		}
	})
}

// cost returns the allocations and bytes of a call, on average.
func cost(f func()) (allocs, bytes float64) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const n = 100
	f()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range n {
		f()
	}
	runtime.ReadMemStats(&after)
	return float64((after.Mallocs - before.Mallocs) / n), float64((after.TotalAlloc - before.TotalAlloc) / n)
}
