package database_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ginauth/ginauth/database"
	"github.com/ginauth/ginauth/internal/announcement"
	"github.com/ginauth/ginauth/internal/testing/bouncertest"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
)

func TestChannelsThatCannotBe(t *testing.T) {
	for url, want := range map[string]string{
		"":                                      "empty",
		"app.db":                                "redischannel",
		":memory:":                              "redischannel",
		"mysql://root:hexagone@127.0.0.1/db":    "MySQL",
		"postgres://u:hexa/gone@127.0.0.1/db":   "percent-encoded",
		"postgres://127.0.0.1/db?sslmode=maybe": "sslmode",
	} {
		_, err := database.NewChannel(url)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hexa") || strings.Contains(err.Error(), "gone") {
			t.Errorf("%q: %v, want %q", url, err, want)
		}
	}
}

// TestChannelBehindPgBouncer checks that announcements pass a pooler, and that
// listening behind one is refused with the mend.
func TestChannelBehindPgBouncer(t *testing.T) {
	url := dbtest.Postgres(t)
	through := bouncertest.Start(t, url)
	behind, err := database.NewChannel(through)
	if err != nil {
		t.Fatal(err)
	}
	err = behind.Listen(t.Context(), func() { t.Error("joined") }, nil)
	if err == nil || !strings.Contains(err.Error(), "the URL of the server itself") {
		t.Errorf("behind a pooler: %v", err)
	}
	direct, err := database.NewChannel(url)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	db, heard := mustOpen(t, through), ""
	err = direct.Listen(ctx, func() {
		if err := db.Exec("SELECT pg_notify(?, 'through')", announcement.Channel).Error; err != nil {
			t.Error(err)
		}
	}, func(message string) {
		heard = message
		cancel()
	})
	if heard != "through" || !errors.Is(err, context.Canceled) {
		t.Errorf("heard %q, %v", heard, err)
	}
}

// TestChannelToNowhere checks that the wait for a server has an end.
func TestChannelToNowhere(t *testing.T) {
	url, way := dbtest.WithFreeze(t, dbtest.Postgres(t))
	channel, err := database.NewChannel(url + "?connect_timeout=1")
	if err != nil {
		t.Fatal(err)
	}
	for name, set := range map[string]func(){"frozen": way.Freeze, "cut": way.Cut} {
		set()
		if err := channel.Listen(t.Context(), func() { t.Error("joined") }, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
