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

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models/refreshtoken"
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

func TestBlacklist(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		list := modeltest.Blacklist(t, db)
		if exists, err := list.Exists(t.Context()); exists || err != nil {
			t.Fatalf("before Migrate: %v, %v", exists, err)
		}
		modeltest.Migrate(t, db)
		if exists, err := list.Exists(t.Context()); !exists || err != nil {
			t.Fatalf("after Migrate: %v, %v", exists, err)
		}
		if err := list.Record(t.Context(), modeltest.Outstanding("recorded")); err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			id     string
			before bool // revoked before the call
			first  bool // Revoke reports that it did so
		}{
			{"recorded", false, true},
			{"recorded", true, false},
			{"foreign", false, true},
			{"foreign", true, false},
			{strings.Repeat("ж", 255), false, true},
			{strings.Repeat("ж", 255), true, false},
		} {
			if found, err := list.Contains(t.Context(), step.id); found != step.before || err != nil {
				t.Errorf("%.9s: contained %v, %v", step.id, found, err)
			}
			if first, err := list.Revoke(t.Context(), modeltest.Outstanding(step.id)); first != step.first || err != nil {
				t.Errorf("%.9s: revoked %v, %v", step.id, first, err)
			}
		}
		if o, b := countTokens(t, db); o != 3 || b != 3 {
			t.Errorf("%d outstanding, %d blacklisted", o, b)
		}
		for _, id := range []string{"", "a\x00b", "\xff", strings.Repeat("x", 256)} {
			if found, err := list.Contains(t.Context(), id); list.Storable(id) || found || err != nil {
				t.Errorf("%q: %v, %v", id, found, err)
			}
		}
	})
}

// TestReplaceIsDoneOnce: of 16 concurrent calls on two servers exactly one
// succeeds, and the others leave nothing behind.
func TestReplaceIsDoneOnce(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		servers := []*gorm.DB{dbtest.Open(t, url), dbtest.Open(t, url)}
		modeltest.Migrate(t, servers[0])
		lists := []*refreshtoken.Blacklist{modeltest.Blacklist(t, servers[0]), modeltest.Blacklist(t, servers[1])}
		for round := range 10 {
			var group sync.WaitGroup
			var successes atomic.Int64
			start := make(chan struct{})
			for i := range 16 {
				group.Go(func() {
					<-start
					old, next := modeltest.Outstanding(fmt.Sprintf("old%d", round)), modeltest.Outstanding(fmt.Sprintf("new%d.%d", round, i))
					first, err := lists[i%2].Replace(t.Context(), old, next)
					if first {
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

// TestReplaceIsAllOrNothing: nothing is stored if the successor cannot be
// recorded, or if the context is cancelled.
func TestReplaceIsAllOrNothing(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrate(t, db)
		list := modeltest.Blacklist(t, db)
		if err := list.Record(t.Context(), modeltest.Outstanding("taken")); err != nil {
			t.Fatal(err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if first, err := list.Replace(t.Context(), modeltest.Outstanding("old"), modeltest.Outstanding("taken")); first || err == nil {
			t.Errorf("a successor twice: %v, %v", first, err)
		}
		if first, err := list.Replace(gone, modeltest.Outstanding("old"), modeltest.Outstanding("new")); first || err == nil {
			t.Errorf("cancelled: %v, %v", first, err)
		}
		if o, b := countTokens(t, db); o != 1 || b != 0 {
			t.Errorf("%d outstanding, %d blacklisted", o, b)
		}
		if first, err := list.Replace(t.Context(), modeltest.Outstanding("old"), modeltest.Outstanding("new")); !first || err != nil {
			t.Errorf("afterwards: %v, %v", first, err)
		}
	})
}

func TestFlushExpired(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrate(t, db)
		list := modeltest.Blacklist(t, db)
		for i, ends := range []time.Duration{-time.Hour, -time.Second, time.Hour, 2 * time.Hour} {
			token := modeltest.Outstanding(fmt.Sprint(i))
			token.ExpiresAt = time.Now().Add(ends)
			if err := list.Record(t.Context(), token); err != nil {
				t.Fatal(err)
			}
			if i%2 == 0 {
				if _, err := list.Revoke(t.Context(), token); err != nil {
					t.Fatal(err)
				}
			}
		}
		if n, err := list.FlushExpired(t.Context(), 0); n != 2 || err != nil {
			t.Errorf("%d flushed, %v", n, err)
		}
		if o, b := countTokens(t, db); o != 2 || b != 1 {
			t.Errorf("%d outstanding, %d blacklisted", o, b)
		}
		if found, err := list.Contains(t.Context(), "2"); !found || err != nil {
			t.Errorf("a token that lives: %v, %v", found, err)
		}
	})
}
