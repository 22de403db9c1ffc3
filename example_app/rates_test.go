package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/redistest"
	"github.com/ginauth/ginauth/policies/redisrate"
)

// guess tries a password at the API's token endpoint.
func guess(h http.Handler, name string) int {
	r := httptest.NewRequest("POST", "/api-token-auth/", strings.NewReader("username="+name+"&password=guess"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// TestGuessesCountTogether checks that guesses at the API and on the page count
// together, and that the page says when the next is allowed.
func TestGuessesCountTogether(t *testing.T) {
	h, _ := site(t, dbtest.Open(t, dbtest.SQLite(t)))
	v := newVisitor(h)
	v.get("/login")
	for i := range 10 {
		name := fmt.Sprint("user", i)
		wrong := url.Values{"username": {name}, "password": {"guess"}}
		if api, page := guess(h, name), v.post("/login", wrong).Code; api != 400 || page != 400 {
			t.Fatalf("after %d each: %d %d", i, api, page)
		}
	}
	w := v.post("/login", url.Values{"username": {"alice"}, "password": {"alice-pw"}})
	if got := outcome(w); got != "429 Too Many Requests" || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "Expected available in") {
		t.Errorf("%s %v", got, w.Header())
	}
	if code := guess(h, "alice"); code != 429 {
		t.Errorf("at the API: %d", code)
	}
}

// TestGuessesAtOneAccount allows five, at the API and on the page together;
// then the right password has to wait too.
func TestGuessesAtOneAccount(t *testing.T) {
	h, _ := site(t, dbtest.Open(t, dbtest.SQLite(t)))
	v := newVisitor(h)
	v.get("/login")
	for range 3 {
		if code := guess(h, "alice"); code != 400 {
			t.Errorf("at the API: %d", code)
		}
	}
	for range 2 {
		if code := v.post("/login", url.Values{"username": {"Alice"}, "password": {"guess"}}).Code; code != 400 {
			t.Errorf("on the page: %d", code)
		}
	}
	w := v.post("/login", url.Values{"username": {"alice"}, "password": {"alice-pw"}})
	if got := outcome(w); got != "429 Too Many Requests" || w.Header().Get("Retry-After") != "1" || !strings.Contains(w.Body.String(), "Expected available in 1 second") {
		t.Errorf("%s %v", got, w.Header())
	}
	if code := guess(h, "alice"); code != 429 {
		t.Errorf("at the API: %d", code)
	}
}

func TestTheAPIIsThrottled(t *testing.T) {
	h, keys := site(t, dbtest.Open(t, dbtest.SQLite(t)))
	ask := func(path, user string) int {
		r := httptest.NewRequest("GET", path, nil)
		if user != "" {
			r.Header.Set("Authorization", "Token "+keys[user])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	for i := range 60 {
		if code := ask("/api/stats", ""); code != 200 {
			t.Fatalf("request %d: %d", i, code)
		}
	}
	for path, want := range map[string]int{"/api/stats": 429, "/login": 429, "/readyz": 200, "/assets/style.css": 200} {
		if code := ask(path, ""); code != want {
			t.Errorf("%s: %d, want %d", path, code, want)
		}
	}
	for i := range 1000 {
		if code := ask("/api/me", "bob"); code != 200 {
			t.Fatalf("request %d: %d", i, code)
		}
	}
	if bob, erin := ask("/api/me", "bob"), ask("/api/me", "erin"); bob != 429 || erin != 200 {
		t.Errorf("%d %d", bob, erin)
	}
}

// TestProcessesCountTogetherInRedis checks that each server knows which
// requests the other has let pass.
func TestProcessesCountTogetherInRedis(t *testing.T) {
	client, prefix := redistest.Open(t)
	db := dbtest.Open(t, dbtest.SQLite(t))
	site(t, db)
	config := engineConfig{InsecureCookies: true, Rates: redisrate.New(client, redisrate.Config{Prefix: prefix})}
	here, _, _ := newEngine(db, config, slog.New(slog.DiscardHandler))
	there, _, _ := newEngine(db, config, slog.New(slog.DiscardHandler))
	for i := range 10 {
		if a, b := guess(here, fmt.Sprint("user", i)), guess(there, fmt.Sprint("user", i)); a != 400 || b != 400 {
			t.Fatalf("after %d each: %d %d", i, a, b)
		}
	}
	if a, b := guess(here, "alice"), guess(there, "alice"); a != 429 || b != 429 {
		t.Errorf("%d %d", a, b)
	}
	if keys := redistest.Keys(t, client, prefix); len(keys) != 1 {
		t.Errorf("%v", keys)
	}
}
