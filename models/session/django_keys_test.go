package session_test

import (
	"errors"
	"testing"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/djangotest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/session"
)

// TestDjangoRotatesSecretKeys: a session begun under the former key is valid on
// both sides while that is a fallback, and on both sides afterwards if either
// has written it. Django has fallbacks since 4.1.
func TestDjangoRotatesSecretKeys(t *testing.T) {
	t.Parallel()
	djangotest.Need(t, "rest_framework", "guardian")
	rotates := djangotest.Since(t, djangotest.ReleasesOf(t).Django, "4.1")
	const next = "the next key, of many bytes"
	dbtest.RunURL(t, func(t *testing.T, url string) {
		before := modeltest.NewSessions(t, dbtest.Open(t, url), session.Config{})
		during := modeltest.SessionsOf(t, withKeys(t, url, next, modeltest.DjangoKey), session.Config{})
		after := modeltest.SessionsOf(t, withKeys(t, url, next), session.Config{})
		django := startSessions(t, url)
		visits := map[string]func(key models.Secret) (user any, current models.Secret){
			"here": func(key models.Secret) (any, models.Secret) {
				user := modeltest.Whose(t, during, key)
				current, err := during.Find(t.Context(), string(key))
				if err == nil {
					_, err = during.User(t.Context(), current)
				}
				if err := errors.Join(err, during.Save(t.Context(), current)); err != nil {
					t.Fatal(err)
				}
				return user, current.Key
			},
			"there": func(key models.Secret) (any, models.Secret) {
				visit := django("visit", string(key)).([]any)
				return visit[0], models.Secret(visit[1].(string))
			},
		}
		for maker, begin := range map[string]func() string{
			"here":  func() string { return string(modeltest.LogIn(t, before, "", "alice").Key) },
			"there": func() string { return django("login", "alice").(string) },
		} {
			for visitor, visit := range visits {
				django("keys", modeltest.DjangoKey)
				begun := models.Secret(begin())
				django("keys", next, modeltest.DjangoKey)
				user, current := visit(begun)
				if visitor == "there" && !rotates {
					if user != nil {
						t.Errorf("begun %s: Django accepts another key: %v", maker, user)
					}
					continue
				}
				django("keys", next)
				if ours, theirs := modeltest.Whose(t, after, current), django("user", string(current)); user != "alice" || ours != "alice" || theirs != "alice" {
					t.Errorf("begun %s, visited %s: %v, with the next key %s here, %v there", maker, visitor, user, ours, theirs)
				}
			}
		}
	})
}
