package apikey_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/djangotest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/apikey"
	"github.com/ginauth/ginauth/models/password"
)

func apiKeysOf(t *testing.T, db *gorm.DB) *apikey.Store {
	t.Helper()
	keys, err := apikey.Of(db)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func createAPIKey(t *testing.T, db *gorm.DB, row *apikey.Key) string {
	t.Helper()
	key, err := apikey.Create(t.Context(), db, row)
	if err != nil {
		t.Fatal(err)
	}
	return string(key)
}

func storedAPIKey(t *testing.T, db *gorm.DB, key string) (hash string) {
	t.Helper()
	prefix, _, _ := strings.Cut(key, ".")
	if err := db.Raw("SELECT hashed_key FROM rest_framework_api_key_apikey WHERE prefix = ?", prefix).Scan(&hash).Error; err != nil {
		t.Fatal(err)
	}
	return hash
}

func TestAPIKeys(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrated(t, db)
		keys := apiKeysOf(t, db)
		day := func(n int) *time.Time { at := time.Now().AddDate(0, 0, n); return &at }
		row := &apikey.Key{Name: "good"}
		good, other := createAPIKey(t, db, row), createAPIKey(t, db, &apikey.Key{Name: "good"})
		expired := createAPIKey(t, db, &apikey.Key{Name: "expired", ExpiryDate: day(-1)})
		future := createAPIKey(t, db, &apikey.Key{Name: "future", ExpiryDate: day(1)})
		revoked := createAPIKey(t, db, &apikey.Key{Name: "revoked"})
		if err := keys.Revoke(t.Context(), revoked[:8]); err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`^[A-Za-z0-9]{8}\.[A-Za-z0-9]{32}$`).MatchString(good) || !strings.HasPrefix(good, row.Prefix) {
			t.Errorf("the key is %s", good)
		}
		if hash := storedAPIKey(t, db, good); !strings.HasPrefix(hash, "pbkdf2_sha256$1$") || len(row.ID) > 100 {
			t.Errorf("stored as %s, id %s", hash, string(row.ID))
		}
		for _, c := range []struct{ name, key, want string }{
			{"good", good, "good"},
			{"not expired yet", future, "future"},
			{"expired", expired, ""},
			{"revoked", revoked, ""},
			{"empty", "", ""},
			{"prefix", good[:8], ""},
			{"prefix and dot", good[:9], ""},
			{"wrong secret", good[:40] + "!", ""},
			{"too long by one", good + "x", ""},
			{"secret of another key", good[:9] + other[9:], ""},
			{"other case", strings.ToUpper(good), ""},
			{"no prefix", good[8:], ""},
			{"stored hash", good[:9] + storedAPIKey(t, db, good), ""},
			{"NUL", "goodgoo\x00.x", ""},
			{"no UTF-8", "goodgoo\xff.x", ""},
			{"SQL", "x' OR '1'='1", ""},
			{"megabyte", good[:9] + strings.Repeat("x", 1<<20), ""},
			{"dots", strings.Repeat(".", 1000), ""},
		} {
			got, err := keys.Verify(t.Context(), c.key)
			if c.want == "" && !errors.Is(err, models.ErrNotFound) || c.want != "" && (err != nil || got.Name != c.want) {
				t.Errorf("%s: %v, %v", c.name, got, err)
			}
		}
	})
}

func TestAPIKeyList(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrated(t, db)
		keys := apiKeysOf(t, db)
		for i, name := range []string{"first", "second"} {
			prefix, _, _ := strings.Cut(createAPIKey(t, db, &apikey.Key{Name: name}), ".")
			at := time.Date(2024, 1, 1+i, 0, 0, 0, 0, time.UTC)
			if err := db.Exec("UPDATE rest_framework_api_key_apikey SET created = ? WHERE prefix = ?", at, prefix).Error; err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		for key, err := range keys.All(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprintf("%s %s %v", key, key.Created.UTC().Format(time.DateOnly), key.Revoked))
			if text := fmt.Sprintf("%+v", *key); strings.Contains(text, "pbkdf2") {
				t.Errorf("the hash is printed: %s", text)
			}
		}
		if want := "[second 2024-01-02 false first 2024-01-01 false]"; fmt.Sprint(got) != want {
			t.Errorf("%s, want %s", got, want)
		}
		if err := keys.Revoke(t.Context(), "nonesuch"); !errors.Is(err, models.ErrNotFound) {
			t.Error(err)
		}
	})
}

func TestCreateAPIKeyRefuses(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrated(t, db)
		for _, name := range []string{"", strings.Repeat("x", 51), "a\x00b", "\xff"} {
			if key, err := apikey.Create(t.Context(), db, &apikey.Key{Name: name}); err == nil || key != "" {
				t.Errorf("%q was accepted", name)
			}
		}
		createAPIKey(t, db, &apikey.Key{Name: strings.Repeat("é", 50)})
	})
}

// TestAPIKeyHashes verifies keys hashed by each version of the package. A slow
// hash is replaced by a fast one, once.
func TestAPIKeyHashes(t *testing.T) {
	slow := password.PBKDF2SHA1{Iterations: 2}
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		modeltest.Migrated(t, db)
		counted, counter := dbtest.Count(db)
		keys := apiKeysOf(t, counted)
		for _, c := range []struct {
			name       string
			hash       func(key string) string
			statements [2]int // of the first and the second use
			fast       bool   // afterwards
		}{
			{"2.0", func(key string) string { return modeltest.Encode(t, slow, key) }, [2]int{2, 1}, true},
			{"3.0", sha512Of, [2]int{1, 1}, false},
			{"ours", func(key string) string { return modeltest.Encode(t, password.PBKDF2SHA256{Iterations: 1}, key) }, [2]int{1, 1}, true},
		} {
			key := createAPIKey(t, db, &apikey.Key{Name: c.name})
			db.Exec("UPDATE rest_framework_api_key_apikey SET hashed_key = ? WHERE prefix = ?", c.hash(key), key[:8])
			for i, want := range c.statements {
				if _, err := keys.Verify(t.Context(), key[:40]+"!"); !errors.Is(err, models.ErrNotFound) {
					t.Errorf("%s: a wrong key: %v", c.name, err)
				}
				counter.Statements()
				if _, err := keys.Verify(t.Context(), key); err != nil {
					t.Errorf("%s: %v", c.name, err)
				}
				if n := counter.Statements(); n != want {
					t.Errorf("%s: use %d took %d statements, want %d", c.name, i+1, n, want)
				}
			}
			if fast := strings.HasPrefix(storedAPIKey(t, db, key), "pbkdf2_sha256$1$"); fast != c.fast {
				t.Errorf("%s: stored as %s", c.name, storedAPIKey(t, db, key))
			}
		}
		for _, hash := range []string{"", "!", "?", "sha512$$", "sha512$$zz", "pbkdf2_sha256$1$", "pbkdf2_sha256$1$$", "md5$a$b"} {
			key := createAPIKey(t, db, &apikey.Key{Name: "broken"})
			db.Exec("UPDATE rest_framework_api_key_apikey SET hashed_key = ? WHERE prefix = ?", hash, key[:8])
			if _, err := keys.Verify(t.Context(), key); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%q: %v", hash, err)
			}
		}
	})
}

// TestKeepHashesKeepsThoseOfAPIKeys checks that no use of a key replaces a hash
// that Django made.
func TestKeepHashesKeepsThoseOfAPIKeys(t *testing.T) {
	slow := password.PBKDF2SHA256{Iterations: 2}
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		if err := errors.Join(db.Use(models.Passwords{KeepHashes: true}), models.Migrate(db)); err != nil {
			t.Fatal(err)
		}
		key := createAPIKey(t, db, &apikey.Key{Name: "theirs"})
		hash := modeltest.Encode(t, slow, key)
		db.Exec("UPDATE rest_framework_api_key_apikey SET hashed_key = ?", hash)
		for range 2 {
			if _, err := apiKeysOf(t, db).Verify(t.Context(), key); err != nil {
				t.Error(err)
			}
			if _, err := apiKeysOf(t, db).Verify(t.Context(), key+"x"); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("a wrong key: %v", err)
			}
		}
		if stored := storedAPIKey(t, db, key); stored != hash {
			t.Errorf("stored as %s", stored)
		}
	})
}

// TestAPIKeysWithoutPBKDF2: a Django without PBKDF2 among its PASSWORD_HASHERS
// could not read fast hashes.
func TestAPIKeysWithoutPBKDF2(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		if err := errors.Join(db.Use(models.Passwords{Hashers: password.Hashers{password.BCryptSHA256{Cost: 4}}}), models.Migrate(db)); err != nil {
			t.Fatal(err)
		}
		key := createAPIKey(t, db, &apikey.Key{Name: "bcrypt"})
		for range 2 {
			if _, err := apiKeysOf(t, db).Verify(t.Context(), key); err != nil {
				t.Error(err)
			}
			if hash := storedAPIKey(t, db, key); !strings.HasPrefix(hash, "bcrypt_sha256$") {
				t.Errorf("stored as %s", hash)
			}
		}
	})
}

// TestDjangoReadsAPIKeys lets the real package verify ginauth's keys, and
// ginauth the package's.
func TestDjangoReadsAPIKeys(t *testing.T) {
	t.Parallel()
	djangotest.Need(t, "rest_framework_api_key", "guardian")
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := dbtest.Open(t, url)
		if err := db.Use(models.Passwords{Hashers: password.Hashers{password.PBKDF2SHA256{}, password.PBKDF2SHA1{}}}); err != nil {
			t.Fatal(err)
		}
		modeltest.Migrate(t, db)
		good, revoked := createAPIKey(t, db, &apikey.Key{Name: "good"}), createAPIKey(t, db, &apikey.Key{Name: "revoked"})
		keys := apiKeysOf(t, db)
		if err := keys.Revoke(t.Context(), revoked[:8]); err != nil {
			t.Fatal(err)
		}
		lines := strings.Fields(djangotest.Run(t, "", "testdata/apikeys_django.py", url, good, good+"x", revoked))
		if len(lines) != 5 || strings.Join(lines[:3], " ") != "True False False" {
			t.Fatalf("Django says %q", lines)
		}
		for _, key := range lines[3:] {
			for range 2 { // with Django's hash, then with ours
				if _, err := keys.Verify(t.Context(), key); err != nil {
					t.Errorf("%s: %v", key, err)
				}
			}
			if _, err := keys.Verify(t.Context(), key+"x"); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("a wrong key: %v", err)
			}
		}
		again := strings.Fields(djangotest.Run(t, "", "testdata/apikeys_django.py", append([]string{url}, lines[3:]...)...))
		for i := range lines[3:] {
			if again[i] != "True" {
				t.Errorf("Django does not believe its own key any more: %q", again)
			}
		}
	})
}

func TestDjangoUsesTheTableOfAPIKeys(t *testing.T) {
	t.Parallel()
	djangotest.Need(t, "rest_framework_api_key", "guardian")
	dbtest.RunURL(t, func(t *testing.T, url string) {
		modeltest.Migrate(t, dbtest.Open(t, url))
		djangotest.Run(t, "", "testdata/apikeys_migrate_django.py", url)
	})
}
