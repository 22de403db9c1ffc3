package accesstoken_test

import (
	"errors"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
	"github.com/ginauth/ginauth/models/prune"
)

// TestWhatIsRotatedWithATokenEndsWithIt: a thief of the one token has also seen
// the new secret of the other.
func TestWhatIsRotatedWithATokenEndsWithIt(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		w := newTokensWorld(t, db)
		stolen, secret := w.create(t, w.alice, draft(models.AllScopes))
		other, _ := w.create(t, w.alice, draft("profile"))
		_, fresh, err := w.tokens.Rotate(t.Context(), w.alice, other.ID, accesstoken.Rotation{Through: w.verified(t, secret)})
		if err != nil {
			t.Fatal(err)
		}
		w.verified(t, string(fresh))
		if _, _, err := w.tokens.Rotate(t.Context(), w.alice, other.ID, accesstoken.Rotation{Expiry: accesstoken.ExpiresIn(0)}); err == nil {
			t.Error("a token that was to end at once keeps its end")
		}
		if err := w.tokens.Revoke(t.Context(), w.alice, stolen.ID); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.tokens.Verify(t.Context(), string(fresh)); !errors.Is(err, models.ErrNotFound) {
			t.Error("the new secret is good after the revocation:", err)
		}
	})
}

// TestPruneLeavesTheChain: tokens made with an idle token, and those made with
// them in turn, still end with the first.
func TestPruneLeavesTheChain(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		w := newTokensWorld(t, db)
		first, secret := w.create(t, w.alice, draft("profile"))
		idle := draft("profile")
		idle.Through, idle.IdleTimeout = w.verified(t, secret), 5*time.Minute
		middle, secret := w.create(t, w.alice, idle)
		idle.Through = w.verified(t, secret)
		_, last := w.create(t, w.alice, idle)
		if err := w.tokens.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.set(t, middle.ID, "created", time.Now().UTC().Add(-72*time.Hour))
		w.set(t, middle.ID, "last_used", time.Now().UTC().Add(-71*time.Hour))
		if d, err := prune.Expired(t.Context(), db, prune.Config{KeepAccessTokens: 1}); d.AccessTokens != 0 || err != nil {
			t.Errorf("%+v, %v", d, err)
		}
		w.verified(t, last)
		if err := w.tokens.Revoke(t.Context(), w.alice, first.ID); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.tokens.Verify(t.Context(), last); !errors.Is(err, models.ErrNotFound) {
			t.Error("it is good after the revocation of what it comes from:", err)
		}
	})
}

// TestImportedKeysEnd: VerifyImported tells a key that has ended from an
// unknown one, and does not take an access token for an imported key.
func TestImportedKeysEnd(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		w := newTokensWorld(t, db)
		key, err := modeltest.UsersOf(t, db).GetOrCreateToken(t.Context(), w.alice)
		if err != nil {
			t.Fatal(err)
		}
		how := accesstoken.Import{Scopes: []string{models.AllScopes}, Expiry: accesstoken.NeverExpires, Keep: true}
		if n, err := w.tokens.ImportDRF(t.Context(), how); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if _, _, err := w.tokens.VerifyImported(t.Context(), string(key.Key)); err != nil {
			t.Error(err)
		}
		if _, err := w.tokens.RevokeAll(t.Context(), w.alice); err != nil {
			t.Fatal(err)
		}
		_, _, err = w.tokens.VerifyImported(t.Context(), string(key.Key))
		if !errors.Is(err, models.ErrNotFound) || !errors.Is(err, accesstoken.ErrEnded) {
			t.Error("revoked:", err)
		}
		_, _, err = w.tokens.VerifyImported(t.Context(), "nobody's")
		if !errors.Is(err, models.ErrNotFound) || errors.Is(err, accesstoken.ErrEnded) {
			t.Error("unknown:", err)
		}
		_, secret := w.create(t, w.alice, draft("profile"))
		if _, _, err := w.tokens.VerifyImported(t.Context(), secret); !errors.Is(err, models.ErrNotFound) {
			t.Error("a token of ours was taken for an imported key:", err)
		}
	})
}
