package apikey_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/apikey"
)

// back moves the last refill of all quotas into the past.
func back(t *testing.T, db *gorm.DB, by time.Duration) {
	t.Helper()
	modeltest.Execute(t, db, fmt.Sprintf("UPDATE ginauth_api_key SET refilled = refilled - %d", by.Microseconds()))
}

func verified(t *testing.T, db *gorm.DB, key string) *apikey.Key {
	t.Helper()
	row, err := apiKeysOf(t, db).Verify(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

// spend spends n requests, and returns how many were admitted, and the last
// balance.
func spend(t *testing.T, db *gorm.DB, key *apikey.Key, n int) (admitted int, last apikey.Balance) {
	t.Helper()
	keys := apiKeysOf(t, db)
	for range n {
		b, err := keys.Spend(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		if last = b; b.Admitted {
			admitted++
		}
	}
	return admitted, last
}

func TestRefill(t *testing.T) {
	const day = 24 * time.Hour
	hourly := apikey.Quota{Limit: 10, Refill: 3, Every: time.Hour}
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrated(t, db)
		for _, c := range []struct {
			name     string
			quota    apikey.Quota
			spent    int // at first, of 20
			after    time.Duration
			admitted int // of 20 more
			least    time.Duration
			most     time.Duration // of the wait at the end
		}{
			{"never", apikey.Quota{Limit: 5}, 5, 365 * day, 0, 0, 0},
			{"before a period has passed", hourly, 10, 59 * time.Minute, 0, 1, time.Minute},
			{"after one", hourly, 10, time.Hour, 3, 59 * time.Minute, time.Hour},
			{"after one and a half", hourly, 10, 90 * time.Minute, 3, 29 * time.Minute, 30 * time.Minute},
			{"after two", hourly, 10, 2 * time.Hour, 6, 59 * time.Minute, time.Hour},
			{"after many, up to the limit", hourly, 10, 400 * day, 10, 59 * time.Minute, time.Hour},
			{"a clock that is behind", hourly, 10, -time.Hour, 0, 119 * time.Minute, 2 * time.Hour},
			{"a second", apikey.Quota{Limit: 2, Every: time.Second}, 2, 3 * day, 2, time.Second, time.Second},
			{"the same month", apikey.Quota{Limit: 4, Monthly: true}, 4, 0, 0, 1, 31 * day},
			{"the next month", apikey.Quota{Limit: 4, Monthly: true}, 4, 32 * day, 4, 1, 31 * day},
			{"the greatest", apikey.Quota{Limit: 1_000_000_000, Every: 366 * day}, 20, 5000 * day, 20, 1, 366 * day},
		} {
			key := verified(t, db, createAPIKey(t, db, &apikey.Key{Name: c.name, Quota: &c.quota}))
			if key.Quota == nil || key.Quota.Left != c.quota.Limit {
				t.Fatalf("%s: begins with %+v", c.name, key.Quota)
			}
			if n, _ := spend(t, db, key, 20); n != c.spent {
				t.Errorf("%s: %d were admitted at first, want %d", c.name, n, c.spent)
			}
			back(t, db, c.after)
			before, err := apiKeysOf(t, db).Balance(t.Context(), key)
			if err != nil || c.admitted < 20 && before.Quota.Left != c.admitted {
				t.Errorf("%s: %+v are left, want %d, %v", c.name, before.Quota, c.admitted, err)
			}
			n, last := spend(t, db, key, 20)
			if n != c.admitted || last.Wait < c.least || last.Wait > c.most {
				t.Errorf("%s: %d were admitted, want %d; wait %s", c.name, n, c.admitted, last.Wait)
			}
			back(t, db, -c.after) // of the others
		}
	})
}

// TestQuotaIsExact checks that of many requests at once as many are admitted as
// are left, also while the quota is refilled.
func TestQuotaIsExact(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrated(t, db)
		key := verified(t, db, createAPIKey(t, db, &apikey.Key{Name: "busy", Quota: &apikey.Quota{Limit: 40, Refill: 17, Every: time.Hour}}))
		keys := apiKeysOf(t, db)
		for _, want := range []int64{40, 17, 0} {
			var admitted atomic.Int64
			var group sync.WaitGroup
			for range 100 {
				group.Go(func() {
					b, err := keys.Spend(t.Context(), key)
					if err != nil {
						t.Error(err)
					}
					if b.Admitted {
						admitted.Add(1)
					}
				})
			}
			group.Wait()
			if n := admitted.Load(); n != want {
				t.Errorf("%d of 100 at once were admitted, want %d", n, want)
			}
			if want == 40 {
				back(t, db, time.Hour)
			}
		}
	})
}

func TestStatementsOfAQuota(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrated(t, db)
		counted, counter := dbtest.Count(db)
		free := verified(t, db, createAPIKey(t, db, &apikey.Key{Name: "free"}))
		one := verified(t, db, createAPIKey(t, db, &apikey.Key{Name: "one", Quota: &apikey.Quota{Limit: 1}}))
		for _, c := range []struct {
			name string
			key  *apikey.Key
			want int
		}{{"no quota", free, 0}, {"one left", one, 1}, {"exhausted", one, 2}} {
			counter.Statements()
			spend(t, counted, c.key, 1)
			if n := counter.Statements(); n != c.want {
				t.Errorf("%s: %d statements, want %d", c.name, n, c.want)
			}
		}
	})
}

func TestLimitsOfAKey(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		if err := db.Use(models.Scopes{"notes:read": {"core.view_note"}, "notes:write": {}}); err != nil {
			t.Fatal(err)
		}
		modeltest.Migrated(t, db)
		keys := apiKeysOf(t, db)
		key := createAPIKey(t, db, &apikey.Key{Name: "partner"})
		state := func() string {
			row := verified(t, db, key)
			return fmt.Sprint(row.Scopes, row.Limited(), row.HasScope("notes:read"), row.HasScope("notes:write"), " ", row.Quota)
		}
		for _, c := range []struct {
			name   string
			change func() error
			want   string
		}{
			{"as Django makes it", func() error { return nil }, "[] false false false <nil>"},
			{"a scope", func() error { return keys.SetScopes(t.Context(), key[:8], []string{"notes:read", "notes:read"}) }, "[notes:read] true true false <nil>"},
			{"a quota too", func() error { return keys.SetQuota(t.Context(), key[:8], &apikey.Quota{Limit: 3}) }, "[notes:read] true true false 3 in all"},
			{"another", func() error {
				return keys.SetQuota(t.Context(), key[:8], &apikey.Quota{Limit: 3, Refill: 2, Every: time.Hour})
			}, "[notes:read] true true false 3, 2 more every 1h0m0s"},
			{"all scopes", func() error { return keys.SetScopes(t.Context(), key[:8], []string{"*"}) }, "[*] false true true 3, 2 more every 1h0m0s"},
			{"no scopes", func() error { return keys.SetScopes(t.Context(), key[:8], nil) }, "[] false false false 3, 2 more every 1h0m0s"},
			{"no quota", func() error { return keys.SetQuota(t.Context(), key[:8], nil) }, "[] false false false <nil>"},
		} {
			if err := c.change(); err != nil || state() != c.want {
				t.Errorf("%s: %s, want %s, %v", c.name, state(), c.want, err)
			}
		}
		for _, prefix := range []string{"nonesuch", "", "\x00", strings.Repeat("x", 9)} {
			if err := keys.SetQuota(t.Context(), prefix, nil); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("quota of %q: %v", prefix, err)
			}
			if err := keys.SetScopes(t.Context(), prefix, nil); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("scopes of %q: %v", prefix, err)
			}
		}
	})
}

// TestAKeyIsNeverWithoutItsLimits checks that a key whose limits cannot be
// stored is not stored either.
func TestAKeyIsNeverWithoutItsLimits(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrated(t, db)
		key := createAPIKey(t, db, &apikey.Key{Name: "free"})
		if _, err := apiKeysOf(t, db).Verify(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		modeltest.Execute(t, db, "DROP TABLE ginauth_api_key")
		if secret, err := apikey.Create(t.Context(), db, &apikey.Key{Name: "lost", Quota: &apikey.Quota{Limit: 1}}); err == nil || secret != "" {
			t.Error("it was created")
		}
		var n int64
		if err := db.Model(&apikey.Key{}).Count(&n).Error; err != nil || n != 1 {
			t.Errorf("%d keys, %v", n, err)
		}
		_, err := apiKeysOf(t, db).Verify(t.Context(), key)
		if err == nil || errors.Is(err, models.ErrNotFound) {
			t.Errorf("what a key is limited to is unknown, and yet: %v", err)
		}
	})
}

func TestCreateRefusesLimits(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	if err := db.Use(models.Scopes{"notes:read": {}}); err != nil {
		t.Fatal(err)
	}
	modeltest.Migrated(t, db)
	for _, c := range []struct {
		row  apikey.Key
		want string
	}{
		{apikey.Key{Scopes: []string{"notes:raed"}}, `"notes:raed" is not a valid choice`},
		{apikey.Key{Scopes: []string{""}}, "is not a valid choice"},
		{apikey.Key{Scopes: []string{}}, "may not be empty"},
		{apikey.Key{Scopes: []string{"notes:read notes:write"}}, "is not a valid choice"},
		{apikey.Key{Quota: &apikey.Quota{}}, "Limit of a quota is 1 to"},
		{apikey.Key{Quota: &apikey.Quota{Limit: -1}}, "Limit of a quota is 1 to"},
		{apikey.Key{Quota: &apikey.Quota{Limit: 1_000_000_001}}, "Limit of a quota is 1 to"},
		{apikey.Key{Quota: &apikey.Quota{Limit: 2, Refill: 1}}, "needs its period"},
		{apikey.Key{Quota: &apikey.Quota{Limit: 2, Refill: 3, Every: time.Hour}}, "1 to its Limit"},
		{apikey.Key{Quota: &apikey.Quota{Limit: 2, Refill: -1, Every: time.Hour}}, "1 to its Limit"},
		{apikey.Key{Quota: &apikey.Quota{Limit: 2, Every: time.Millisecond}}, "whole seconds"},
		{apikey.Key{Quota: &apikey.Quota{Limit: 2, Every: -time.Second}}, "whole seconds"},
		{apikey.Key{Quota: &apikey.Quota{Limit: 2, Every: 367 * 24 * time.Hour}}, "up to 366 days"},
		{apikey.Key{Quota: &apikey.Quota{Limit: 2, Every: time.Hour, Monthly: true}}, "leave out"},
	} {
		c.row.Name = "refused"
		if key, err := apikey.Create(t.Context(), db, &c.row); err == nil || key != "" || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %s", c.row, err, c.want)
		}
	}
}

// TestAnEmptyListOfScopesIsRefused checks that a list that has become empty,
// such as by a filter, does not lift the limits of a key, as nil does.
func TestAnEmptyListOfScopesIsRefused(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	if err := db.Use(models.Scopes{"notes:read": {}}); err != nil {
		t.Fatal(err)
	}
	modeltest.Migrated(t, db)
	key := createAPIKey(t, db, &apikey.Key{Name: "partner", Scopes: []string{"notes:read"}})
	if err := apiKeysOf(t, db).SetScopes(t.Context(), key[:8], []string{}); err == nil || !strings.Contains(err.Error(), "may not be empty") {
		t.Errorf("an empty list: %v", err)
	}
	if row := verified(t, db, key); !row.Limited() {
		t.Errorf("it is left with %v", row.Scopes)
	}
}

// TestBalance checks what is said of each kind of key. What is known to be
// limited is not admitted because its row is gone.
func TestBalance(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		if err := db.Use(models.Scopes{"notes:read": {}}); err != nil {
			t.Fatal(err)
		}
		modeltest.Migrated(t, db)
		free := verified(t, db, createAPIKey(t, db, &apikey.Key{Name: "free"}))
		scoped := verified(t, db, createAPIKey(t, db, &apikey.Key{Name: "scoped", Scopes: []string{"notes:read"}}))
		three := verified(t, db, createAPIKey(t, db, &apikey.Key{Name: "three", Quota: &apikey.Quota{Limit: 3}}))
		for _, c := range []struct {
			name string
			key  *apikey.Key
			want string
		}{
			{"no row", free, "true <nil> <nil>"},
			{"a row without a quota", scoped, "true <nil> <nil>"},
			{"a quota", three, "false 3 in all <nil>"},
			{"a quota whose row is gone", &apikey.Key{ID: "gone", Quota: three.Quota}, "false <nil> apikey: the limits of the key are gone"},
		} {
			b, err := apiKeysOf(t, db).Balance(t.Context(), c.key)
			if got := fmt.Sprint(b.Admitted, b.Quota, err); strings.Join(strings.Fields(got), " ") != c.want {
				t.Errorf("%s: %s, want %s", c.name, got, c.want)
			}
		}
	})
}

// TestQuotaBeforeItIsStored checks that a quota is described with its default.
func TestQuotaBeforeItIsStored(t *testing.T) {
	for _, c := range []struct {
		quota  apikey.Quota
		window time.Duration
		text   string
	}{
		{apikey.Quota{Limit: 1000}, 0, "1000 in all"},
		{apikey.Quota{Limit: 1000, Every: time.Hour}, time.Hour, "1000, 1000 more every 1h0m0s"},
		{apikey.Quota{Limit: 1000, Refill: 100, Every: time.Hour}, 10 * time.Hour, "1000, 100 more every 1h0m0s"},
		{apikey.Quota{Every: time.Hour}, 0, "0, 0 more every 1h0m0s"}, // which no key has
	} {
		if window, text := c.quota.Window(), c.quota.String(); window != c.window || text != c.text {
			t.Errorf("%+v: %s, %q, want %s, %q", c.quota, window, text, c.window, c.text)
		}
	}
}
