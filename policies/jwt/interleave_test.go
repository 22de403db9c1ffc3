package jwt_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/refreshtoken"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/jwt"
)

// TestRevocationInTheMiddle interrupts everything that makes tokens, at each
// statement: "log out everywhere" runs as soon as it can. Afterwards none of
// the tokens is valid, neither here nor for a Django that checks the blacklist.
// The clock advances once the revocation is done or waits, so that a token that
// states no epoch is never refused merely by chance, for its time of issue.
func TestRevocationInTheMiddle(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*jwt.Config){"strict": withoutGrace, "grace": func(*jwt.Config) {}, "reusable": reusable} {
		t.Run(name, func(t *testing.T) {
			dbtest.RunURL(t, func(t *testing.T, url string) {
				db, outage := withOutages(t, url)
				s := newStage(t, db, change)
				plain := newStage(t, dbtest.Open(t, url), change)
				users, alice := plain.user()
				for _, path := range []string{"/pair", "/refresh", "replay", "/sliding/refresh"} {
					// Tokens do not name the first epoch.
					for _, first := range []bool{true, false} {
						interleave(t, s, plain, outage, path, first, func() error { return users.RevokeAll(t.Context(), alice) })
					}
				}
			})
		})
	}
}

func reusable(c *jwt.Config) { *c = jwt.Config{Key: c.Key, Now: c.Now} }

// interleave calls an endpoint with revoke at its first statement, then at its
// second, and so on.
func interleave(t *testing.T, s, plain *stage, outage *dbtest.Outage, path string, first bool, revoke func() error) {
	t.Helper()
	for n := 0; n < 50; n++ {
		if s.exec("DELETE FROM ginauth_epoch"); !first {
			if err := revoke(); err != nil {
				t.Fatal(err)
			}
		}
		s.offset.Store(-int64(5 * time.Second)) // epochs are counted by real time
		plain.offset.Store(int64(3 * time.Second))
		token := logIn(s, "/pair", "alice").Refresh
		switch path {
		case "/sliding/refresh":
			token = logIn(s, "/sliding", "alice").Token
		case "replay":
			s.refresh(token)
		}
		done, count, reached := make(chan error, 1), 0, false
		outage.Before(func(string) {
			if count++; count == n+1 {
				reached = true
				go func() { done <- revoke() }()
				select { // it waits for the transaction that we are in
				case err := <-done:
					done <- err
				case <-time.After(50 * time.Millisecond):
				}
				s.offset.Store(int64(2 * time.Second))
			}
		})
		a := s.send(strings.Replace(path, "replay", "/refresh", 1), token)
		outage.Before(nil)
		if !reached {
			return
		}
		if err := <-done; err != nil {
			t.Fatal(path, n, err)
		}
		what := fmt.Sprintf("%s, first epoch %v, revoked at statement %d, answered %d", path, first, n, a.status)
		if path == "/pair" && a.status == 200 && n == 0 {
			continue // the login came afterwards
		}
		for _, made := range []string{a.Access, a.Refresh, a.Token} {
			if made != "" {
				dead(t, plain, what, made)
			}
		}
	}
	t.Error(path, "does not end")
}

// dead fails the test if a token is accepted anywhere, or if a Django would
// refresh it.
func dead(t *testing.T, s *stage, what, token string) {
	t.Helper()
	claims := payload(t, token)
	if a := post(s, "/verify", "token", token); a.status == 200 {
		t.Errorf("%s: the %v token is verified", what, claims["token_type"])
	}
	switch claims["token_type"] {
	case "access":
		if status, _ := me(s, token); status != 401 {
			t.Errorf("%s: the access token: %d", what, status)
		}
	case "sliding":
		if a := post(s, "/sliding/refresh", "token", token); a.status != 401 {
			t.Errorf("%s: the sliding token: %d %s", what, a.status, a.body)
		}
	case "refresh":
		list, err := refreshtoken.Of(s.db)
		if err != nil {
			t.Fatal(err)
		}
		found, err := list.Contains(t.Context(), claims["jti"].(string))
		if err != nil || !found {
			t.Errorf("%s: the refresh token is not on the blacklist, %v", what, err)
		}
		if a := post(s, "/refresh", "refresh", token); a.status != 401 {
			t.Errorf("%s: the refresh token: %d %s", what, a.status, a.body)
		}
	}
}

// TestTokensInTheMiddleOfARevocation calls everything that makes tokens, with a
// clock that is ahead, while "log out everywhere" is at each of its statements
// after it has read the time. The calls wait for the revocation, and make no
// valid token.
func TestTokensInTheMiddleOfARevocation(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*jwt.Config){"strict": withoutGrace, "grace": func(*jwt.Config) {}, "reusable": reusable} {
		t.Run(name, func(t *testing.T) {
			dbtest.RunURL(t, func(t *testing.T, url string) {
				slow, outage := withOutages(t, url)
				db := dbtest.Open(t, url)
				people.Configure(t, db)
				s := newStage(t, db, change)
				users, err := models.UsersOf(slow)
				if err != nil {
					t.Fatal(err)
				}
				_, alice := s.user()
				for n := range 3 { // the epoch, the blacklist, the commit
					s.exec("DELETE FROM ginauth_epoch")
					s.offset.Store(-int64(5 * time.Second))
					calls := everyCall(s)
					var group sync.WaitGroup
					var mu sync.Mutex
					answers := map[string]answer{}
					outage.Before(atStatement(n, func() {
						s.offset.Store(int64(2 * time.Second))
						for what, call := range calls {
							group.Go(func() {
								a := call()
								mu.Lock()
								defer mu.Unlock()
								answers[what] = a
							})
						}
						time.Sleep(300 * time.Millisecond)
					}))
					err := users.RevokeAll(t.Context(), alice)
					outage.Before(nil)
					group.Wait()
					if err != nil || len(answers) != len(calls) {
						t.Fatalf("statement %d: %v, %d answers", n, err, len(answers))
					}
					s.offset.Store(int64(3 * time.Second))
					for what, a := range answers {
						for _, made := range []string{a.Access, a.Refresh, a.Token} {
							if made != "" {
								dead(t, s, what, made)
							}
						}
					}
				}
			})
		})
	}
}

// everyCall returns every call that makes tokens for alice.
func everyCall(s *stage) map[string]func() answer {
	fresh, used, sliding := logIn(s, "/pair", "alice").Refresh, logIn(s, "/pair", "alice").Refresh, logIn(s, "/sliding", "alice").Token
	s.refresh(used)
	return map[string]func() answer{
		"pair":            func() answer { return logIn(s, "/pair", "alice") },
		"sliding":         func() answer { return logIn(s, "/sliding", "alice") },
		"refresh":         func() answer { return s.refresh(fresh) },
		"replay":          func() answer { return s.refresh(used) },
		"sliding refresh": func() answer { return post(s, "/sliding/refresh", "token", sliding) },
	}
}

// atStatement calls f once: when the epoch is ended, or at the n-th statement
// after that.
func atStatement(n int, f func()) func(query string) {
	seen := -1
	return func(query string) {
		if seen >= 0 || strings.HasPrefix(query, `INSERT INTO "ginauth_epoch"`) {
			seen++
		}
		if seen == n {
			n = -2
			f()
		}
	}
}
