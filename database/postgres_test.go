package database_test

import (
	"strings"
	"testing"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
)

// TestOpenErrorsDoNotTellThePassword looks for hexa and gone, the parts of the
// password. 127.0.0.1:1 refuses connections.
func TestOpenErrorsDoNotTellThePassword(t *testing.T) {
	for _, url := range []string{
		"postgres://user:hexa-gone@127.0.0.1:1/db",
		"postgres://user:hexa%20gone@127.0.0.1:1/db",
		"postgres://user:hexa%zzgone@127.0.0.1:1/db",
		"postgres://user:hexa/gone@127.0.0.1:1/db",
		"postgres://user:5/hexa-gone@127.0.0.1:1/db",
		"postgres://user:hexa?gone@127.0.0.1:1/db",
		"postgres://user:5?hexa=gone@127.0.0.1:1/db",
		"postgres://user:hexa#gone@127.0.0.1:1/db",
		"postgres://user:hexa@gone@127.0.0.1:1/db",
		"postgres://user:hexa@gone/hexa@127.0.0.1:1/db",
		"postgres://user:hexa:gone@127.0.0.1:1/db",
		"postgres://user:hexa\tgone@127.0.0.1:1/db",
		"postgres://user:hexa-gone@127.0.0.1:port/db",
		"postgres://user:hexa-gone@127.0.0.1:1/db?sslmode=hexagone-is-no-mode&password=hexa-gone",
		"postgres://user:hexa-gone@127.0.0.1:1/db?connect_timeout=soon",
		"postgres://127.0.0.1:1/db?user=user&password=hexa-gone&connect_timeout=soon",
		"postgres://127.0.0.1:1/db?user=user&password=hexa%zzgone",
		"postgres://127.0.0.1:1/db?user=user&password=hexa-gone",
		"postgres://127.0.0.1:1/db?user=user&sslmode=wrong&password=hexa#gone",
		"postgres://127.0.0.1:1/db?user=user&sslmode=wrong&password=hexa&gone",
		"postgres://127.0.0.1:1/db?user=user&connect_timeout=soon&password=hexa&gone=`: ",
		"postgresql://user:hexa-gone@[::1/db",
	} {
		_, err := database.Open(url)
		if err == nil {
			t.Errorf("%s was opened", url)
			continue
		}
		text := strings.ReplaceAll(err.Error(), "hexagone-is-no-mode", "")
		if strings.Contains(text, "hexa") || strings.Contains(text, "gone") {
			t.Errorf("%s: the error tells the password: %v", url, err)
		}
	}
}

func TestOpenErrorsTellTheReason(t *testing.T) {
	for url, want := range map[string]string{
		"postgres://user:secret@127.0.0.1:1/db":                       "connection refused",
		"postgres://user:secret@127.0.0.1/db?sslmode=wrong":           "sslmode",
		"postgres://user:secret@127.0.0.1/db?connect_timeout=soon":    "connect_timeout",
		"postgres://user:sec/ret@127.0.0.1/db":                        "percent-encoded",
		"postgres://127.0.0.1/db?password=secret&connect_timeout=x@y": "percent-encoded",
	} {
		if _, err := database.Open(url); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", url, err, want)
		}
	}
}

func TestOpenPostgres(t *testing.T) {
	url := dbtest.Server(t)
	db := mustOpen(t, url)
	if db.Name() != "postgres" || query[int](t, db, "SELECT 1") != 1 {
		t.Error("this is not PostgreSQL")
	}
	if n := pool(t, db).Stats().MaxOpenConnections; n != 16 {
		t.Errorf("at most %d connections", n)
	}
}
