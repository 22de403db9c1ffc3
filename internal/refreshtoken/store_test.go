package refreshtoken_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/refreshtoken"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
)

func countTokens(t *testing.T, db *gorm.DB) (outstanding, blacklisted int64) {
	t.Helper()
	for table, n := range map[string]*int64{"outstandingtoken": &outstanding, "blacklistedtoken": &blacklisted} {
		if err := db.Table("token_blacklist_" + table).Count(n).Error; err != nil {
			t.Fatal(err)
		}
	}
	return outstanding, blacklisted
}

func TestStore(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		tokens := modeltest.RefreshTokens(t, db)
		if exists, err := tokens.Exists(t.Context()); exists || err != nil {
			t.Fatalf("before Migrate: %v, %v", exists, err)
		}
		modeltest.Migrate(t, db)
		if exists, err := tokens.Exists(t.Context()); !exists || err != nil {
			t.Fatalf("after Migrate: %v, %v", exists, err)
		}
		if err := tokens.Issue(t.Context(), modeltest.Outstanding("recorded")); err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			id     string
			before bool // revoked before the call
			ended  refreshtoken.Result
		}{
			{"recorded", false, refreshtoken.Rotated},
			{"recorded", true, refreshtoken.Revoked},
			{"foreign", false, refreshtoken.Rotated},
			{"foreign", true, refreshtoken.Revoked},
			{strings.Repeat("ж", 255), false, refreshtoken.Rotated},
			{strings.Repeat("ж", 255), true, refreshtoken.Revoked},
		} {
			if found, err := tokens.Contains(t.Context(), step.id); found != step.before || err != nil {
				t.Errorf("%.9s: contained %v, %v", step.id, found, err)
			}
			if out, err := tokens.End(t.Context(), modeltest.Outstanding(step.id), time.Now()); out.Result != step.ended || err != nil {
				t.Errorf("%.9s: ended %v, %v", step.id, out, err)
			}
		}
		if o, b := countTokens(t, db); o != 3 || b != 3 {
			t.Errorf("%d outstanding, %d blacklisted", o, b)
		}
		for _, id := range []string{"", "a\x00b", "\xff", strings.Repeat("x", 256)} {
			if found, err := tokens.Contains(t.Context(), id); tokens.Storable(id) || found || err != nil {
				t.Errorf("%q: %v, %v", id, found, err)
			}
		}
	})
}

// TestRotateIsDoneOnce: of 16 concurrent calls on two servers exactly one
// succeeds, and the others leave nothing behind.
func TestRotateIsDoneOnce(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		servers := []*gorm.DB{dbtest.Open(t, url), dbtest.Open(t, url)}
		modeltest.Migrate(t, servers[0])
		stores := []*refreshtoken.Store{modeltest.RefreshTokens(t, servers[0]), modeltest.RefreshTokens(t, servers[1])}
		for round := range 10 {
			var group sync.WaitGroup
			var successes atomic.Int64
			start := make(chan struct{})
			for i := range 16 {
				group.Go(func() {
					<-start
					old, next := modeltest.Outstanding(fmt.Sprintf("old%d", round)), modeltest.Outstanding(fmt.Sprintf("new%d.%d", round, i))
					out, err := stores[i%2].Rotate(t.Context(), refreshtoken.Rotation{Token: old, Successor: next, Now: time.Now()})
					if out.Result == refreshtoken.Rotated {
						successes.Add(1)
					}
					if err != nil {
						t.Error(err)
					}
				})
			}
			close(start)
			group.Wait()
			if o, b := countTokens(t, servers[0]); successes.Load() != 1 || int(o) != 2*(round+1) || int(b) != round+1 {
				t.Fatalf("round %d: %d successes, %d outstanding, %d blacklisted", round, successes.Load(), o, b)
			}
		}
	})
}

// TestRotateIsAllOrNothing: nothing is stored if the successor cannot be
// recorded, or if the context is cancelled.
func TestRotateIsAllOrNothing(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrate(t, db)
		tokens := modeltest.RefreshTokens(t, db)
		if err := tokens.Issue(t.Context(), modeltest.Outstanding("taken")); err != nil {
			t.Fatal(err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		rotate := func(ctx context.Context, successor string) (refreshtoken.Outcome, error) {
			return tokens.Rotate(ctx, refreshtoken.Rotation{
				Token: modeltest.Outstanding("old"), Successor: modeltest.Outstanding(successor), Now: time.Now(),
			})
		}
		if out, err := rotate(t.Context(), "taken"); out != (refreshtoken.Outcome{}) || err == nil {
			t.Errorf("a successor twice: %v, %v", out, err)
		}
		if out, err := rotate(gone, "new"); out != (refreshtoken.Outcome{}) || err == nil {
			t.Errorf("cancelled: %v, %v", out, err)
		}
		if o, b := countTokens(t, db); o != 1 || b != 0 {
			t.Errorf("%d outstanding, %d blacklisted", o, b)
		}
		if out, err := rotate(t.Context(), "new"); out.Result != refreshtoken.Rotated || err != nil {
			t.Errorf("afterwards: %v, %v", out, err)
		}
	})
}
