package accesstoken_test

import (
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
)

// forever is an import that changes nothing for clients.
var forever = accesstoken.Import{Scopes: []string{models.AllScopes}, Expiry: accesstoken.NeverExpires}

func TestImportDRF(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		w := newTokensWorld(t, db)
		keys := map[string]string{}
		for _, name := range []string{"alice", "bob"} {
			token, err := w.users.GetOrCreateToken(t.Context(), w.user(t, name))
			if err != nil {
				t.Fatal(err)
			}
			keys[name] = string(token.Key)
		}
		if err := w.users.RevokeAll(t.Context(), w.user(t, "bob")); err != nil { // DRF's token survives this
			t.Fatal(err)
		}
		for _, how := range []accesstoken.Import{{}, {Scopes: []string{"*"}}, {Expiry: accesstoken.NeverExpires},
			{Scopes: []string{"nonesuch"}, Expiry: accesstoken.NeverExpires}} {
			if _, err := w.tokens.ImportDRF(t.Context(), how); err == nil {
				t.Errorf("%+v is not written out", how)
			}
		}
		keep := forever
		keep.Keep = true
		for i, want := range []int64{2, 0} {
			if n, err := w.tokens.ImportDRF(t.Context(), keep); n != want || err != nil {
				t.Errorf("import %d: %d, %v", i+1, n, err)
			}
		}
		for name, key := range keys {
			if owner, _, err := w.users.ByToken(t.Context(), key); err != nil || fmt.Sprint(owner) != name || w.imported(t, key) != name {
				t.Errorf("%s: %v, %v, imported %s", name, owner, err, w.imported(t, key))
			}
			if got := w.whose(t, key); got != "-" {
				t.Errorf("%s: a key of DRF's is a token of ours: %s", name, got)
			}
		}
		if n, err := w.tokens.ImportDRF(t.Context(), forever); n != 0 || err != nil {
			t.Error(n, err)
		}
		for name, key := range keys {
			if _, _, err := w.users.ByToken(t.Context(), key); !errors.Is(err, models.ErrNotFound) || w.imported(t, key) != name {
				t.Errorf("%s: %v, imported %s", name, err, w.imported(t, key))
			}
		}
		for _, text := range []string{"", " ", "\x00", strings.Repeat("0", 40), keys["alice"] + "0",
			strings.ToUpper(keys["alice"]), strings.Repeat("x", 1<<20)} {
			if got := w.imported(t, text); got != "-" {
				t.Errorf("%.50q is %s's", text, got)
			}
		}
		list, err := w.tokens.List(t.Context(), w.user(t, "bob"))
		if err != nil || len(list) != 1 || list[0].Status != "active" || list[0].Limited() {
			t.Fatal(list, err)
		}
		_, fresh, err := w.tokens.Rotate(t.Context(), w.user(t, "bob"), list[0].ID, accesstoken.Rotation{})
		if err != nil || w.imported(t, keys["bob"]) != "-" || w.whose(t, string(fresh)) != "bob" {
			t.Error("rotated", err)
		}
		if err := w.users.RevokeAll(t.Context(), w.user(t, "alice")); err != nil || w.imported(t, keys["alice"]) != "-" {
			t.Error("an imported token outlives the others", err)
		}
	})
}

func TestImportManyOfDRFs(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		w := newTokensWorld(t, db)
		for i := range 1100 {
			modeltest.Execute(t, db, fmt.Sprintf("INSERT INTO auth_user "+
				"(username, password, is_superuser, first_name, last_name, email, is_staff, is_active, date_joined) "+
				"SELECT 'u%d', '', false, '', '', '', false, true, date_joined FROM auth_user WHERE username = 'bob'", i))
		}
		modeltest.Execute(t, db, "INSERT INTO authtoken_token (key, created, user_id) SELECT 'key-' || username, date_joined, id FROM auth_user")
		if n, err := w.tokens.ImportDRF(t.Context(), forever); n != 1105 || err != nil || w.imported(t, "key-u1099") != "u1099" {
			t.Error(n, err)
		}
	})
}

// makeKnox creates the table of knox 5 and a token for each of its two digests:
// of the text, and of the bytes that the text encodes.
func makeKnox(t *testing.T, db *gorm.DB) (text, bytes string) {
	t.Helper()
	timestamp := map[string]string{"sqlite": "datetime", "postgres": "timestamp with time zone"}[db.Name()]
	modeltest.Execute(t, db, fmt.Sprintf(`CREATE TABLE "knox_authtoken" ("digest" varchar(128) NOT NULL PRIMARY KEY, "created" %s NOT NULL, `+
		`"user_id" integer NOT NULL, "expiry" %s NULL, "token_key" varchar(25) NOT NULL)`, timestamp, timestamp))
	text, bytes = strings.Repeat("7a", 32), strings.Repeat("b3", 32)
	digest := func(b []byte) string { sum := sha512.Sum512(b); return hex.EncodeToString(sum[:]) }
	raw, _ := hex.DecodeString(bytes)
	for _, row := range []struct {
		digest string
		user   string
		expiry any
	}{
		{digest([]byte(text)), "alice", nil},
		{digest(raw), "bob", time.Now().UTC().Add(time.Hour)},
		{digest([]byte("expired")), "bob", time.Now().UTC().Add(-time.Hour)},
	} {
		err := db.Exec(`INSERT INTO knox_authtoken (digest, created, user_id, expiry, token_key)
			SELECT ?, date_joined, id, ?, 'x' FROM auth_user WHERE username = ?`,
			row.digest, row.expiry, row.user).Error
		if err != nil {
			t.Fatal(err)
		}
	}
	return text, bytes
}

func TestImportKnox(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		w := newTokensWorld(t, db)
		if _, err := w.tokens.ImportKnox(t.Context(), forever); err == nil {
			t.Error("there is no table")
		}
		text, bytes := makeKnox(t, db)
		for i, want := range []int64{2, 0} {
			if n, err := w.tokens.ImportKnox(t.Context(), accesstoken.Import{Scopes: []string{models.AllScopes}}); n != want || err != nil {
				t.Errorf("import %d: %d, %v", i+1, n, err)
			}
		}
		for key, want := range map[string]string{text: "alice", bytes: "bob", strings.ToUpper(text): "-", "expired": "-", text[:62]: "-"} {
			if got := w.imported(t, key); got != want {
				t.Errorf("%s is %s's, want %s", key, got, want)
			}
		}
		list, err := w.tokens.List(t.Context(), w.user(t, "bob"))
		if err != nil || len(list) != 1 || list[0].Expires == nil || time.Until(*list[0].Expires) > time.Hour {
			t.Error(list, err)
		}
		modeltest.Execute(t, db, "UPDATE knox_authtoken SET digest = 'short' WHERE token_key = 'x' AND expiry IS NULL")
		if _, err := w.tokens.ImportKnox(t.Context(), forever); err == nil {
			t.Error("a digest of another algorithm")
		}
		modeltest.Execute(t, db, "ALTER TABLE knox_authtoken ADD COLUMN salt varchar(16)")
		if _, err := w.tokens.ImportKnox(t.Context(), forever); err == nil || !strings.Contains(err.Error(), "salt") {
			t.Error(err)
		}
	})
}
