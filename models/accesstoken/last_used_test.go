package accesstoken_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/testing/people"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
)

func TestAUseIsWrittenLater(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		w := newTokensWorld(t, db)
		token, secret := w.create(t, w.alice, draft("profile"))
		other, _ := w.create(t, w.alice, draft("profile"))
		counted, counter := dbtest.Count(db)
		var err error
		if w.tokens, err = accesstoken.Of(counted); err != nil {
			t.Fatal(err)
		}
		counter.Statements()
		for range 10 {
			w.whose(t, secret)
		}
		if n := counter.Statements(); n != 10 {
			t.Errorf("%d statements for 10 requests", n)
		}
		if at := w.lastUsed(t, token.ID); !at.IsZero() {
			t.Errorf("written at once: %s", at)
		}
		counter.Statements()
		if err := w.tokens.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := counter.Statements(); n != 1 {
			t.Errorf("%d statements for a batch", n)
		}
		first := w.lastUsed(t, token.ID)
		if time.Since(first) > time.Minute || !w.lastUsed(t, other.ID).IsZero() {
			t.Errorf("last used %s, another %s", first, w.lastUsed(t, other.ID))
		}
		w.whose(t, secret) // the stored time is recent enough
		counter.Statements()
		if err := w.tokens.Flush(t.Context()); err != nil || counter.Statements() != 0 {
			t.Error("written again within the interval", err)
		}
		future := time.Now().UTC().Add(time.Hour).Truncate(time.Second)
		w.set(t, token.ID, "last_used", time.Now().UTC().Add(-time.Hour))
		w.whose(t, secret)
		w.set(t, token.ID, "last_used", future) // another server has written a later time
		if err := w.tokens.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := w.lastUsed(t, token.ID); !got.Equal(future) {
			t.Errorf("put back to %s", got)
		}
	})
}

// TestUsesAreWrittenByATimer until Close.
func TestUsesAreWrittenByATimer(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		w := newTokensWorld(t, db)
		tokens, err := accesstoken.Of(db, accesstoken.LastUsedConfig{Interval: 20 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		token, secret := w.create(t, w.alice, draft("profile"))
		verify := func() {
			t.Helper()
			if _, _, err := tokens.Verify(t.Context(), secret); err != nil {
				t.Fatal(err)
			}
		}
		verify()
		for deadline := time.Now().Add(20 * time.Second); w.lastUsed(t, token.ID).IsZero(); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("never written")
			}
		}
		w.set(t, token.ID, "last_used", nil)
		verify()
		if err := tokens.Close(t.Context()); err != nil || w.lastUsed(t, token.ID).IsZero() {
			t.Fatal("not written at the end", err)
		}
		w.set(t, token.ID, "last_used", nil)
		verify()
		time.Sleep(100 * time.Millisecond)
		if !w.lastUsed(t, token.ID).IsZero() {
			t.Error("written after the end")
		}
	})
}

func TestManyUsesInABatch(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		w := newTokensWorld(t, db)
		for range 300 {
			_, secret := w.create(t, w.alice, draft("profile"))
			w.whose(t, secret)
		}
		if err := w.tokens.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		var n int64
		if err := db.Table("ginauth_access_token").Where("last_used IS NOT NULL").Count(&n).Error; err != nil || n != 300 {
			t.Errorf("%d, %v", n, err)
		}
	})
}

// TestUsesOutliveAFailure of the database that they are written to. Meanwhile
// tokens are still verified, even those whose use only this process knows of.
func TestUsesOutliveAFailure(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		w := newTokensWorld(t, db)
		handle, pool := withFailures(db)
		var err error
		if w.tokens, err = accesstoken.Of(db, accesstoken.LastUsedConfig{DB: handle}); err != nil {
			t.Fatal(err)
		}
		d := draft("profile")
		d.IdleTimeout = time.Hour
		token, secret := w.create(t, w.alice, d)
		if got := w.whose(t, secret); got != "alice" {
			t.Fatal(got)
		}
		pool.fail = func(string) bool { return true }
		if err := w.tokens.Flush(t.Context()); !errors.Is(err, errDown) {
			t.Error(err)
		}
		w.set(t, token.ID, "created", time.Now().UTC().Add(-24*time.Hour))
		if got := w.whose(t, secret); got != "alice" {
			t.Error("a use that was not written is forgotten:", got)
		}
		pool.fail = nil
		if err := w.tokens.Flush(t.Context()); err != nil || w.lastUsed(t, token.ID).IsZero() {
			t.Error("not written later", err)
		}
		if _, err := accesstoken.Of(db, accesstoken.LastUsedConfig{Interval: -1}); err == nil {
			t.Error("a negative interval")
		}
		defer func() {
			if got := recover(); got != "accesstoken: Of takes one config" {
				t.Error("two configs:", got)
			}
		}()
		_, _ = accesstoken.Of(db, accesstoken.LastUsedConfig{}, accesstoken.LastUsedConfig{})
	})
}

// TestNobodyWaitsForEverForAUse lets requests, batches of two servers,
// rotations and revocations work on the same tokens.
func TestNobodyWaitsForEverForAUse(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		w := newTokensWorld(t, dbtest.Open(t, url))
		second := dbtest.Open(t, url)
		if err := errors.Join(second.Use(people.Passwords), second.Use(tokenScopes)); err != nil {
			t.Fatal(err)
		}
		servers := make([]*accesstoken.Store, 2)
		for i, db := range []*gorm.DB{w.db, second} {
			var err error
			if servers[i], err = accesstoken.Of(db, accesstoken.LastUsedConfig{Interval: time.Nanosecond}); err != nil {
				t.Fatal(err)
			}
		}
		var secrets, ids []string
		for range 20 {
			token, secret := w.create(t, w.alice, draft("profile"))
			secrets, ids = append(secrets, secret), append(ids, token.ID)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				server := servers[i%2]
				for j := range 5 {
					if _, _, err := server.Verify(ctx, secrets[(i+j)%len(secrets)]); err != nil && !errors.Is(err, models.ErrNotFound) {
						t.Error("verify:", err)
					}
				}
				err := server.Flush(ctx)
				if i%10 == 0 && err == nil {
					_, _, err = server.Rotate(ctx, w.alice, ids[i/10], accesstoken.Rotation{})
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if err := errors.Join(servers[0].Close(ctx), servers[1].Close(ctx)); err != nil {
			t.Error(err)
		}
		if w.lastUsed(t, ids[19]).IsZero() {
			t.Error("not written")
		}
	})
}

func TestTheLimitIsExact(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		w := newTokensWorld(t, db)
		d := draft("profile")
		d.Limit = 5
		expired, _ := w.create(t, w.alice, d)
		w.set(t, expired.ID, "expires", time.Now().UTC().Add(-time.Second))
		revoked, _ := w.create(t, w.alice, d)
		if err := w.tokens.Revoke(t.Context(), w.alice, revoked.ID); err != nil {
			t.Fatal(err)
		}
		made := make([]bool, 20)
		var wg sync.WaitGroup
		for i := range made {
			wg.Go(func() {
				_, _, err := w.tokens.Create(t.Context(), w.alice, d)
				if refusal, ok := errors.AsType[accesstoken.Error](err); err != nil && (!ok || !strings.Contains(refusal.Message, "You have 5")) {
					t.Error(err)
				}
				made[i] = err == nil
			})
		}
		wg.Wait()
		if got := strings.Count(fmt.Sprint(made), "true"); got != 5 {
			t.Errorf("%d tokens", got)
		}
		if _, _, err := w.tokens.Create(t.Context(), w.bob, d); err != nil {
			t.Error("another's tokens count:", err)
		}
	})
}
