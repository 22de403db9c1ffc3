package prune_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/refreshtoken"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/prune"
)

// TestRevokedMeanwhile checks that tokens can be put onto the blacklist while a
// prune is about to delete them there, and that neither fails.
func TestRevokedMeanwhile(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t)
	db, wire := dbtest.WithOutage(t, url)
	other := dbtest.Open(t, url)
	people.Create(t, db)
	people.Configure(t, other)
	users := modeltest.UsersOf(t, other)
	alice := modeltest.Lookup(t, users, "alice")
	plain := modeltest.RefreshTokens(t, other)
	families := modeltest.RefreshTokens(t, other, refreshtoken.Config{Grace: time.Second})
	token := modeltest.InFamily("family", modeltest.Outstanding("jti"))
	token.User = alice
	for name, revoke := range map[string]func(context.Context) error{
		"log out everywhere": func(ctx context.Context) error { return users.RevokeAll(ctx, alice) },
		"a token":            func(ctx context.Context) error { _, err := plain.End(ctx, token, time.Now()); return err },
		"a family":           func(ctx context.Context) error { _, err := families.End(ctx, token, time.Now()); return err },
	} {
		for _, table := range []string{"token_blacklist_blacklistedtoken", "token_blacklist_outstandingtoken", "ginauth_refresh_token", "ginauth_token_family"} {
			execute(t, db, "DELETE FROM "+table)
		}
		epoch := modeltest.EpochOf(t, users, alice)
		token.Epoch = epoch
		if err := families.Issue(t.Context(), token); err != nil {
			t.Fatal(name, err)
		}
		execute(t, db, "UPDATE token_blacklist_outstandingtoken SET expires_at = ?", time.Now().Add(-48*time.Hour).UTC())
		done := make(chan error, 1)
		deleting, asked := false, false
		wire.Before(func(statement string) {
			switch {
			case strings.HasPrefix(statement, `DELETE FROM "token_blacklist_outstandingtoken"`):
				deleting = true
			case statement == "COMMIT" && deleting && !asked:
				asked = true
				go func() { done <- revoke(t.Context()) }()
				time.Sleep(100 * time.Millisecond) // it waits for the prune, or has failed
			}
		})
		deleted, err := prune.Expired(t.Context(), db)
		wire.Before(nil)
		if !asked {
			t.Fatalf("%s: %+v, %v", name, deleted, err)
		}
		if revoked := <-done; deleted.JWTs != 1 || err != nil || revoked != nil {
			t.Errorf("%s: %+v, %v; revoked: %v", name, deleted, err, revoked)
		}
	}
}

// TestRevokedFirst checks that a prune leaves tokens that are about to be put
// onto the blacklist.
func TestRevokedFirst(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t)
	db, other := dbtest.Open(t, url), dbtest.Open(t, url)
	people.Create(t, db)
	people.Configure(t, other)
	users := modeltest.UsersOf(t, other)
	alice := modeltest.Lookup(t, users, "alice")
	execute(t, db, `INSERT INTO token_blacklist_outstandingtoken (jti, token, expires_at, user_id) SELECT 'jti', 'a.b.c', '2020-01-01', id
		FROM auth_user WHERE username = 'alice'`)
	err := users.Transaction(t.Context(), func(tx *models.Users) error {
		if err := tx.RevokeAll(t.Context(), alice); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		deleted, err := prune.Expired(ctx, db)
		if deleted.JWTs != 0 {
			t.Errorf("%+v", deleted)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if deleted, err := prune.Expired(t.Context(), db); deleted.JWTs != 1 || err != nil || blacklisted(t, db) != 0 {
		t.Errorf("%+v, %v", deleted, err)
	}
}

func blacklisted(t *testing.T, db *gorm.DB) int64 {
	return rows(t, db, "token_blacklist_blacklistedtoken")
}
