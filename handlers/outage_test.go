package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
)

// TestTheDatabaseGoesAway checks that a request during which the database goes
// away, at any point, is answered with 503 and without a cookie or a token.
// Either nothing has happened or all of it. If nothing has, the same request
// succeeds later.
func TestTheDatabaseGoesAway(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		s := newOutageSite(t, url)
		for name, prepare := range map[string]func(t *testing.T) func() *http.Request{
			"Basic":           s.way("Basic"),
			"token endpoint":  s.way("token endpoint"),
			"session login":   s.way("session login"),
			"JWT pair":        s.way("JWT pair"),
			"sliding JWT":     s.way("sliding JWT"),
			"a second login":  s.inSession(func() *http.Request { return waysIn["session login"]("alice", "alice-pw") }),
			"token":           s.withToken,
			"session":         s.inSession(func() *http.Request { return httptest.NewRequest("GET", "/session", nil) }),
			"session write":   s.inSession(func() *http.Request { return httptest.NewRequest("GET", "/write", nil) }),
			"session renewal": s.inSession(func() *http.Request { return httptest.NewRequest("GET", "/renew", nil) }),
			"logout":          s.inSession(func() *http.Request { return httptest.NewRequest("POST", "/session/logout", nil) }),
			"access token":    s.withPair("GET", "/jwt", "access"),
			"refresh":         s.withPair("POST", "/jwt/refresh", "refresh"),
			"blacklist":       s.withPair("POST", "/jwt/blacklist", "refresh"),
			"sliding refresh": s.withSliding("/jwt/sliding/refresh"),
			"verify":          s.withSliding("/jwt/verify"),
		} {
			t.Run(name, func(t *testing.T) {
				for _, unanswered := range []bool{false, true} {
					s.goesAway(t, prepare, unanswered)
				}
			})
		}
	})
}

// goesAway makes the database go away after each number of steps in turn, until
// the request completes without needing more.
func (s *outageSite) goesAway(t *testing.T, prepare func(t *testing.T) func() *http.Request, unanswered bool) {
	t.Helper()
	s.reset(t)
	request := prepare(t)
	if w := s.send(request()); w.Code != http.StatusOK {
		t.Fatalf("without an outage: %s", w)
	}
	all := s.state(t)
	for n := 0; ; n++ {
		s.reset(t)
		request := prepare(t)
		nothing := s.state(t)
		s.outage.Begin(n, unanswered)
		w := s.send(request())
		if !s.outage.End() {
			if w.Code != http.StatusOK || n == 0 {
				t.Errorf("after %d steps, which are all: %s", n, w)
			}
			return
		}
		const unavailable = `{"detail":"Service temporarily unavailable, try again later."}`
		if w.Code != http.StatusServiceUnavailable || w.Body.String() != unavailable || w.Header()["Set-Cookie"] != nil {
			t.Errorf("after %d steps: %s, %v", n, w, w.Header())
		}
		switch state := s.state(t); state {
		case all: // the last answer, or the rest of a result, was lost
		case nothing:
			if w := s.send(request()); w.Code != http.StatusOK || s.state(t) != all {
				t.Errorf("again after %d steps: %s, and is\n%s\nnot\n%s", n, w, s.state(t), all)
			}
		default:
			t.Errorf("after %d steps it is half done:\n%s\nof\n%s\nto\n%s", n, state, nothing, all)
		}
	}
}

// TestAnExtensionThroughAnOutage checks that a request whose session is due to
// be extended is 503 if the session cannot be read. If it cannot be extended,
// it keeps its original lifetime and the request succeeds, without a cookie
// that says otherwise.
func TestAnExtensionThroughAnOutage(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		s := newOutageSite(t, url)
		for _, unanswered := range []bool{false, true} {
			without := 0 // requests that have succeeded without an extension
			for n, happened := 0, true; happened; n++ {
				s.reset(t)
				request := s.inSession(func() *http.Request { return httptest.NewRequest("GET", "/extended", nil) })(t)
				before := s.state(t)
				s.outage.Begin(n, unanswered)
				w := s.send(request())
				happened = s.outage.End()
				if w.Code != http.StatusOK && (w.Code != http.StatusServiceUnavailable || !happened || s.state(t) != before) {
					t.Errorf("after %d steps: %s, %s", n, w, s.state(t))
				}
				if told := w.Header()["Set-Cookie"] != nil; told == happened || !happened && s.state(t) == before {
					t.Errorf("after %d steps: %d, %v, %s", n, w.Code, w.Header(), s.state(t))
				}
				if w.Code == http.StatusOK && happened {
					without++
				}
			}
			if without == 0 {
				t.Error("no extension has failed")
			}
		}
	})
}

// TestAnUpgradeThroughAnOutage checks that a login that would replace the hash
// either succeeds or is 503, and that the password stays valid.
func TestAnUpgradeThroughAnOutage(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		s := newOutageSite(t, url)
		for way, request := range waysIn {
			t.Run(way, func(t *testing.T) {
				for n, happened := 0, true; happened; n++ {
					s.reset(t)
					before := s.outdate(t)
					s.outage.Begin(n, n%2 == 1)
					w := s.send(request("alice", "alice-pw"))
					happened = s.outage.End()
					if w.Code != http.StatusServiceUnavailable && w.Code != http.StatusOK || n == 0 && w.Code == http.StatusOK {
						t.Errorf("after %d steps: %s", n, w)
					}
					after := s.hash(t)
					if after != before && !strings.HasPrefix(after, "pbkdf2_sha256$1$") || !happened && after == before {
						t.Errorf("after %d steps the hash is %s", n, after)
					}
					if w := s.send(request("alice", "alice-pw")); w.Code != http.StatusOK {
						t.Errorf("later: %s", w)
					}
				}
			})
		}
	})
}
