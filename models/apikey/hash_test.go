package apikey_test

import (
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/stack"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models/apikey"
	"github.com/ginauth/ginauth/models/password"
)

// sha512Of returns the hash that version 3 stores.
func sha512Of(key string) string {
	sum := sha512.Sum512([]byte(key))
	return "sha512$$" + hex.EncodeToString(sum[:])
}

// TestHashesOfAPIKeysSuitEveryVersion checks that, whatever version of the
// package is declared, a key is created and used with a hash that all of them
// read, and that fits into the columns of the oldest. A hash of version 3 is not
// replaced.
func TestHashesOfAPIKeysSuitEveryVersion(t *testing.T) {
	const fast, narrow = "pbkdf2_sha256$1$", 100
	slow := func(key string) string { return modeltest.Encode(t, password.PBKDF2SHA256{Iterations: 2}, key) }
	for _, declared := range []string{"", "2.0", "2.3", "3.0", "3.1"} {
		dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
			releases, err := stack.Declaration{APIKey: declared}.Releases()
			if err := errors.Join(err, db.Use(releases)); err != nil {
				t.Fatal(err)
			}
			modeltest.Migrate(t, db)
			for _, c := range []struct {
				name  string
				found func(key string) string // the hash before the first use; nil: as created
				left  string                  // the beginning of the hash after it
			}{
				{"new", nil, fast},
				{"slow", slow, fast},
				{"sha512", sha512Of, "sha512$$"},
			} {
				row := &apikey.Key{Name: c.name}
				key := createAPIKey(t, db, row)
				if stored := storedAPIKey(t, db, key); !strings.HasPrefix(stored, fast) || len(row.ID) > narrow {
					t.Errorf("%q, %s: created as %s", declared, c.name, stored)
				}
				if c.found != nil {
					db.Exec("UPDATE rest_framework_api_key_apikey SET hashed_key = ? WHERE prefix = ?", c.found(key), row.Prefix)
				}
				for use := range 2 {
					if _, err := apiKeysOf(t, db).Verify(t.Context(), key); err != nil {
						t.Errorf("%q, %s: %v", declared, c.name, err)
					}
					if stored := storedAPIKey(t, db, key); !strings.HasPrefix(stored, c.left) || c.left == fast && len(stored) > narrow {
						t.Errorf("%q, %s, after use %d: %s", declared, c.name, use+1, stored)
					}
				}
			}
		})
	}
}
