package session_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/session"
)

func TestSessionsEndWithThePassword(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := modeltest.NewSessions(t, db, session.Config{})
		current, other := modeltest.LogIn(t, s, "", "alice"), modeltest.LogIn(t, s, "", "alice")
		alice, err := s.Users().ByUsername(t.Context(), "alice")
		if err := errors.Join(err, s.Users().SetPassword(t.Context(), alice, "new")); err != nil {
			t.Fatal(err)
		}
		fresh, err := s.UpdateAuthHash(t.Context(), current, alice)
		if err != nil {
			t.Fatal(err)
		}
		for key, want := range map[models.Secret]string{current.Key: "no session", other.Key: "stale", fresh.Key: "alice"} {
			if got := modeltest.Whose(t, s, key); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		if _, err := s.UpdateAuthHash(t.Context(), modeltest.LogIn(t, s, "", "bob"), alice); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("bob's session for alice: %v", err)
		}
	})
}

func TestSecretKeyFallbacks(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		before := modeltest.NewSessions(t, dbtest.Open(t, url), session.Config{})
		during := modeltest.SessionsOf(t, withKeys(t, url, "the next key, of many bytes", modeltest.DjangoKey), session.Config{})
		after := modeltest.SessionsOf(t, withKeys(t, url, "the next key, of many bytes"), session.Config{})
		old := modeltest.LogIn(t, before, "", "alice").Key
		fresh := modeltest.LogIn(t, during, "", "bob").Key
		for _, c := range []struct {
			name string
			s    *session.Store
			key  models.Secret
			want string
		}{
			{"old session, both keys", during, old, "alice"},
			{"old session, next key", after, old, "nobody"},
			{"new session, both keys", during, fresh, "bob"},
			{"new session, next key", after, fresh, "bob"},
			{"new session, old key", before, fresh, "nobody"},
		} {
			if got := modeltest.Whose(t, c.s, c.key); got != c.want {
				t.Errorf("%s: got %s, want %s", c.name, got, c.want)
			}
		}
		for name, write := range map[string]func(context.Context, *session.Session) error{"Save": during.Save, "Extend": during.Extend} {
			key := modeltest.LogIn(t, before, "", "alice").Key
			session, err := during.Find(t.Context(), string(key))
			if err != nil {
				t.Fatal(err)
			}
			if _, err = during.User(t.Context(), session); err != nil {
				t.Fatal(err)
			}
			if err := write(t.Context(), session); err != nil {
				t.Fatal(err)
			}
			if got := modeltest.Whose(t, after, key); got != "alice" {
				t.Errorf("old session after %s, next key: %s", name, got)
			}
		}
	})
}

func TestSessionsNeedAKey(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	if _, err := session.Of(db, session.Config{}); err == nil || !strings.Contains(err.Error(), "SecretKeys") {
		t.Error(err)
	}
	for _, keys := range []models.SecretKeys{{}, {""}, {"short"}, {modeltest.DjangoKey, "short"}} {
		if err := db.Use(keys); err == nil {
			t.Errorf("%d keys were accepted", len(keys))
		}
	}
	if err := db.Use(models.SecretKeys{modeltest.DjangoKey}); err != nil {
		t.Fatal(err)
	}
	if _, err := session.Of(db, session.Config{Age: -1}); err == nil {
		t.Error("a negative age was accepted")
	}
}

func TestSessionsPrintNoSecrets(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	s := modeltest.NewSessions(t, db, session.Config{})
	current := modeltest.LogIn(t, s, "", "alice")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		text := fmt.Sprintf(verb, *current) + fmt.Sprintf(verb, models.SecretKeys{modeltest.DjangoKey})
		if strings.Contains(text, string(current.Key)) || strings.Contains(text, string(current.Data)) ||
			strings.Contains(text, modeltest.DjangoKey) {
			t.Errorf("%s: %s", verb, text)
		}
	}
}
