package session_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/djangotest"
	"github.com/ginauth/ginauth/internal/testing/modeltest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/session"
)

// startSessions starts session_django.py and returns a function that sends it
// requests.
func startSessions(t *testing.T, url string) func(function string, args ...any) any {
	t.Helper()
	script := djangotest.Serve(t, "testdata/session_django.py", url)
	return func(function string, args ...any) any {
		t.Helper()
		return script.Call(t, function, args...)
	}
}

// TestDjangoSharesSessions: a user who logs in here is logged in to Django and
// the other way round, and both read the values that the other's views store.
func TestDjangoSharesSessions(t *testing.T) {
	t.Parallel()
	djangotest.Need(t, "rest_framework", "guardian")
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := dbtest.Open(t, url)
		s := modeltest.NewSessions(t, db, session.Config{})
		django := startSessions(t, url)

		ours := modeltest.LogIn(t, s, "", "alice")
		long := strings.Repeat("long ", 1000) // long enough to be compressed
		values := map[string]any{"text": "ключ 𝄞 <&>", "long": long, "n": int64(12345678901234567), "none": nil, "list": []any{1, "x", 2.5}}
		for name, value := range values {
			if err := ours.Set(name, value); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Save(t.Context(), ours); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(ours.Data), ".") {
			t.Error("it is not compressed")
		}
		if got := django("user", string(ours.Key)); got != "alice" {
			t.Errorf("Django takes our session for %v", got)
		}
		read := django("read", string(ours.Key)).(map[string]any)
		if read["text"] != values["text"] || read["long"] != long || read["none"] != nil || len(read["list"].([]any)) != 3 {
			t.Errorf("Django reads %v", read)
		}

		theirs := models.Secret(django("login", "bob").(string))
		if got := modeltest.Whose(t, s, theirs); got != "bob" {
			t.Errorf("we take Django's session for %s", got)
		}
		user, err := s.Users().ByUsername(t.Context(), "bob")
		session, err2 := s.Find(t.Context(), string(theirs))
		if err := errors.Join(err, err2, s.Users().SetPassword(t.Context(), user, "new")); err != nil {
			t.Fatal(err)
		}
		if got := django("user", string(theirs)); got != nil {
			t.Errorf("after a change of password here Django's session is of %v", got)
		}
		fresh, err := s.UpdateAuthHash(t.Context(), session, user)
		if err != nil {
			t.Fatal(err)
		}
		if got := django("user", string(fresh.Key)); got != "bob" {
			t.Errorf("the session that was kept is of %v", got)
		}
	})
}

// TestDjangosValuesSurvive: a rewrite here keeps the values of Django's views
// as they were, even numbers that Go cannot represent.
func TestDjangosValuesSurvive(t *testing.T) {
	t.Parallel()
	djangotest.Need(t, "rest_framework", "guardian")
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := dbtest.Open(t, url)
		s := modeltest.NewSessions(t, db, session.Config{})
		django := startSessions(t, url)
		const key = "djangokey00000000000000000000000"
		django("write", key, map[string]any{
			"z": 1, "a": json.RawMessage("1.0"), "big": json.RawMessage("123456789012345678901234567890"), "exp": json.RawMessage("1e400"),
			"lone": json.RawMessage(`"\ud800"`), "deep": json.RawMessage(`{"b": [[], {}, "}]\\\""], "a": null}`), "ю": "я", "": true,
		})
		before := django("text", key)
		session, err := s.Find(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(session.Set("ours", "é"), s.Save(t.Context(), session)); err != nil {
			t.Fatal(err)
		}
		want := strings.TrimSuffix(before.(string), "}") + `,"ours":"\u00e9"}`
		if after := django("text", key); after != want || !strings.Contains(want, "Infinity") {
			t.Errorf("before %s\nafter  %s", before, after)
		}
		again, err := s.Find(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		again.Delete("ours")
		if err := s.Save(t.Context(), again); err != nil {
			t.Fatal(err)
		}
		if after := django("text", key); after != before {
			t.Errorf("before %s\nafter  %s", before, after)
		}
	})
}

// TestLegacySessions reads the older formats that Django 3.2 still reads: data
// and hashes signed with SHA-1. Django 4.0 reads them no longer, but one that is
// upgraded leaves them in the table.
func TestLegacySessions(t *testing.T) {
	t.Parallel()
	djangotest.Need(t, "rest_framework", "guardian")
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db := dbtest.Open(t, url)
		s := modeltest.NewSessions(t, db, session.Config{})
		django := startSessions(t, url)
		var theirs any // the user whom Django sees
		if !djangotest.Since(t, djangotest.ReleasesOf(t).Django, "4.0") {
			theirs = "alice"
		}
		for _, format := range []string{"before 3.1", "SHA-1 signature"} {
			key := models.Secret(django("legacy", "alice", format).(string))
			if got := modeltest.Whose(t, s, key); got != "alice" {
				t.Errorf("%s: %s", format, got)
			}
			session, err := s.Find(t.Context(), string(key))
			if err := errors.Join(err, s.Save(t.Context(), session)); err != nil {
				t.Fatal(err)
			}
			ours := modeltest.Whose(t, s, key) // before Django deletes a session that it cannot read
			if got := django("user", string(key)); got != theirs || ours != "alice" {
				t.Errorf("%s, written again: %v, %s", format, got, ours)
			}
		}
	})
}
