package accesstoken_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
)

// draft returns the draft of a token that has these scopes and never expires.
func draft(scopes ...string) accesstoken.Draft {
	return accesstoken.Draft{Name: "ci", Scopes: scopes, Expiry: accesstoken.NeverExpires}
}

func TestWhatEndsAnAccessToken(t *testing.T) {
	t.Parallel()
	ago := func(d time.Duration) time.Time { return time.Now().UTC().Add(-d) }
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		w := newTokensWorld(t, db)
		type row struct {
			name   string
			idle   time.Duration
			end    func(t *testing.T, token *accesstoken.Token) error
			whose  string
			status string
		}
		change := func(columns map[string]any) func(t *testing.T, token *accesstoken.Token) error {
			return func(t *testing.T, token *accesstoken.Token) error {
				for column, value := range columns {
					w.set(t, token.ID, column, value)
				}
				return nil
			}
		}
		rows := []row{
			{name: "nothing", whose: "alice", status: "active"},
			{name: "revoked", end: func(t *testing.T, token *accesstoken.Token) error {
				return w.tokens.Revoke(t.Context(), w.user(t, "alice"), token.ID)
			}, status: "revoked"},
			{name: "all revoked", end: func(t *testing.T, _ *accesstoken.Token) error {
				_, err := w.tokens.RevokeAll(t.Context(), w.user(t, "alice"))
				return err
			}, status: "revoked"},
			{name: "expired", end: change(map[string]any{"expires": ago(0)}), status: "expired"},
			{name: "expires in a minute", end: change(map[string]any{"expires": ago(-time.Minute)}), whose: "alice", status: "active"},
			{name: "idle since it was made", idle: time.Hour,
				end: change(map[string]any{"created": ago(61 * time.Minute)}), status: "idle"},
			{name: "idle since it was used", idle: time.Hour,
				end:    change(map[string]any{"created": ago(time.Hour * 24), "last_used": ago(61 * time.Minute)}),
				status: "idle"},
			{name: "idle, but others may have used it", idle: time.Hour,
				end: change(map[string]any{"created": ago(60*time.Minute + 30*time.Second)}), whose: "alice",
				status: "active"},
			{name: "idle, but rotated", idle: time.Hour,
				end:   change(map[string]any{"created": ago(24 * time.Hour), "rotated": ago(time.Minute)}),
				whose: "alice", status: "active"},
			{name: "an empty digest", end: change(map[string]any{"digest": ""}), status: "active"},
			{name: "its user is inactive", end: func(t *testing.T, _ *accesstoken.Token) error {
				return db.Exec("UPDATE auth_user SET is_active = ? WHERE username = 'alice'", false).Error
			}, status: "inactive"},
		}
		for name, end := range modeltest.Endings(w.users) {
			rows = append(rows, row{name: name, status: "ended",
				end: func(t *testing.T, _ *accesstoken.Token) error { return end(t, w.user(t, "alice")) }})
		}
		_, others := w.create(t, w.bob, draft(models.AllScopes))
		for _, row := range rows {
			d := draft(models.AllScopes)
			d.IdleTimeout = row.idle
			token, secret := w.create(t, w.user(t, "alice"), d)
			if row.end != nil {
				if err := row.end(t, token); err != nil {
					t.Fatal(row.name, err)
				}
			}
			if row.whose == "" {
				row.whose = "-"
			}
			if got := w.whose(t, secret); got != row.whose {
				t.Errorf("%s: the token is %s's, want %s", row.name, got, row.whose)
			}
			if got := w.status(t, w.user(t, "alice"), token.ID); got != row.status {
				t.Errorf("%s: listed as %s, want %s", row.name, got, row.status)
			}
			if err := db.Exec("UPDATE auth_user SET is_active = ?", true).Error; err != nil {
				t.Fatal(err)
			}
		}
		if got := w.whose(t, others); got != "bob" {
			t.Errorf("the token of another user is %s's", got)
		}
		_, gone := w.create(t, w.bob, draft(models.AllScopes))
		modeltest.Execute(t, db, "DELETE FROM auth_user WHERE username = 'bob'")
		if got := w.whose(t, gone); got != "-" {
			t.Errorf("the token of a user that is gone is %s's", got)
		}
	})
}

func TestNoOtherTextIsAnAccessToken(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		w := newTokensWorld(t, db)
		token, secret := w.create(t, w.alice, draft(models.AllScopes))
		var digest string
		if err := db.Raw("SELECT digest FROM ginauth_access_token").Scan(&digest).Error; err != nil {
			t.Fatal(err)
		}
		if strings.Contains(digest, secret[17:40]) || !strings.HasPrefix(digest, "sha256$") || len(digest) != 71 {
			t.Errorf("stored is %s", digest)
		}
		counted, counter := dbtest.Count(db)
		tokens, err := accesstoken.Of(counted)
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{
			"empty": "", "blank": " ", "NUL": "\x00", "its id": token.ID, "its digest": digest, "its hash": digest[7:],
			"a letter more": secret + "x", "a letter less": secret[:len(secret)-1], "upper case": strings.ToUpper(secret),
			"another version": "gat2" + secret[4:], "another prefix": "acme" + secret[3:], "wrong checksum": secret[:len(secret)-6] + "000000",
			"a blank behind": secret + " ", "a megabyte": secret + strings.Repeat("x", 1<<20), "no UTF-8": secret[:20] + "\xff" + secret[21:],
			"NUL inside": secret[:20] + "\x00" + secret[21:], "SQL": "gat1_' OR '1'='1",
		} {
			counter.Statements()
			if owner, _, err := tokens.Verify(t.Context(), text); !errors.Is(err, models.ErrNotFound) || owner != nil {
				t.Errorf("%s: %v, %v", name, owner, err)
			}
			if n := counter.Statements(); n != 0 {
				t.Errorf("%s: %d statements", name, n)
			}
		}
		if _, _, err := tokens.Verify(t.Context(), secret); err != nil {
			t.Error(err)
		}
		if n := counter.Statements(); n != 1 {
			t.Errorf("the token: %d statements", n)
		}
	})
}
