package sqlkit_test

import (
	"bytes"
	"errors"
	"log"
	"log/slog"
	"strings"
	"testing"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
)

// TestTidyingNamesNoHost checks that the failure of a write in passing is
// logged as others are: without hosts and users.
func TestTidyingNamesNoHost(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	var text bytes.Buffer
	config := logger.Config{LogLevel: logger.Error}
	for _, l := range []logger.Interface{
		logger.New(log.New(&text, "", 0), config),
		logger.NewSlogLogger(slog.New(slog.NewTextHandler(&text, nil)), config),
	} {
		text.Reset()
		checkTidying(t, db.Session(&gorm.Session{Logger: l}), &text)
	}
}

func checkTidying(t *testing.T, db *gorm.DB, text *bytes.Buffer) {
	t.Helper()
	var tidying sqlkit.Tidying
	tidying.Failed(t.Context(), db, "extend a session",
		errors.New("failed to connect to `user=app database=notes`: 10.0.0.5:5432 (db.internal): dial error: timeout"))
	got := text.String()
	if !strings.Contains(got, "extend a session: failed to connect: dial error: timeout; the request continues") {
		t.Error(got)
	}
	for _, secret := range []string{"user=", "database=", "10.0.0.5", "db.internal"} {
		if strings.Contains(got, secret) {
			t.Errorf("the log names %s: %s", secret, got)
		}
	}
}
