package jwt_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/userkit"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/jwt"
)

// endings returns the events that end all credentials of a user at once.
func endings(users *models.Users) map[string]func(t *testing.T, user models.UserModel) error {
	return map[string]func(t *testing.T, user models.UserModel) error{
		"log out everywhere": func(t *testing.T, user models.UserModel) error { return users.RevokeAll(t.Context(), user) },
		"change of password": func(t *testing.T, user models.UserModel) error {
			return users.SetPassword(t.Context(), user, "alice-pw")
		},
		"deactivated and activated": func(t *testing.T, user models.UserModel) error {
			return errors.Join(users.SetActive(t.Context(), user, false), users.SetActive(t.Context(), user, true))
		},
	}
}

// TestEpochs checks that these events end the user's tokens of every type, in
// every use, of the first epoch and of later ones, including tokens of Django.
// Tokens that the user gets afterwards are valid, and so are those of other
// users.
func TestEpochs(t *testing.T) {
	t.Parallel()
	configs := map[string]func(*jwt.Config){"strict": withoutGrace, "grace": func(*jwt.Config) {}, "reusable": reusable}
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		migrated(t, db)
		for name, change := range configs {
			s := newStage(t, db, change, func(c *jwt.Config) { c.Accept = []jwt.Type{jwt.Access, jwt.Sliding} })
			users, alice := s.user()
			s.exec("DELETE FROM ginauth_epoch")
			for what, end := range endings(users) {
				what = name + ", " + what
				before := tokensOf(t, s, what)
				if err := end(t, alice); err != nil {
					t.Fatal(err)
				}
				for kind, token := range before {
					ended(t, s, what+", "+kind, token)
				}
				// For tokens that name no epoch, the second counts.
				time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second)))
				for kind, token := range tokensOf(t, s, what) {
					if status, body := use(s, token); status != 200 {
						t.Errorf("%s, afterwards, %s: %d %s", what, kind, status, body)
					}
				}
			}
		}
	})
}

// tokensOf returns tokens of every type for alice, some made here, some by
// Django.
func tokensOf(t *testing.T, s *stage, what string) map[string]string {
	t.Helper()
	pair, sliding := logIn(s, "/pair", "alice"), logIn(s, "/sliding", "alice")
	next := s.refresh(logIn(s, "/pair", "alice").Refresh)
	if pair.status != 200 || sliding.status != 200 || next.status != 200 {
		t.Fatalf("%s: %s %s %s", what, pair.body, sliding.body, next.body)
	}
	now := fmt.Sprint(time.Now().Unix())
	djangos := func(kind, more string) string {
		text := strings.Replace(claims(`iat:`+now+more), `"access"`, `"`+kind+`"`, 1)
		return signed(hs256, strings.Replace(text, "0123456789abcdef", kind+what+now, 1))
	}
	tokens := map[string]string{
		"access": pair.Access, "refresh": pair.Refresh, "sliding": sliding.Token, "refreshed access": next.Access,
		"access of Django": djangos("access", ""), "refresh of Django": djangos("refresh", ""),
		"sliding of Django": djangos("sliding", `,"refresh_exp":4102444800`),
	}
	if next.Refresh != "" {
		tokens["refreshed"] = next.Refresh
	}
	return tokens
}

// use uses a token for its purpose.
func use(s *stage, token string) (status int, body string) {
	if payload(s.t, token)["token_type"] == "refresh" {
		a := s.refresh(token)
		return a.status, a.body
	}
	return me(s, token)
}

// ended fails the test if a token is accepted anywhere.
func ended(t *testing.T, s *stage, what, token string) {
	t.Helper()
	kind := payload(t, token)["token_type"]
	if status, body := use(s, token); status != 401 || body != revokedAnswer && (kind != "refresh" || body != blacklisted) &&
		(kind != "sliding" || !strings.Contains(body, "Token is blacklisted")) {
		t.Errorf("%s: %d %s", what, status, body)
	}
	if a := post(s, "/verify", "token", token); a.body != revokedAnswer && a.body != `{"non_field_errors":["Token is blacklisted"]}` {
		t.Errorf("%s: verify: %d %s", what, a.status, a.body)
	}
	if kind != "sliding" {
		return
	}
	if a := post(s, "/sliding/refresh", "token", token); a.status != 401 || a.body != revokedAnswer && a.body != blacklisted {
		t.Errorf("%s: refresh: %d %s", what, a.status, a.body)
	}
}

// TestTheEpochInTokens checks that tokens, and all tokens made from them,
// contain the epoch only if it is not the first, and that the exact value
// decides.
func TestTheEpochInTokens(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newStage(t, migrated(t, db), withoutGrace)
		made := func() (list []string) {
			pair, sliding := logIn(s, "/pair", "alice"), logIn(s, "/sliding", "alice")
			next := s.good("refresh", pair.Refresh)
			renewed := post(s, "/sliding/refresh", "token", sliding.Token)
			return []string{pair.Access, pair.Refresh, sliding.Token, next.Access, next.Refresh, renewed.Token}
		}
		for i, token := range made() {
			if got := payload(t, token); got["ginauth_epoch"] != nil || got["sid"] != nil || got["hash_password"] != nil {
				t.Errorf("token %d is not simplejwt's: %v", i, got)
			}
		}
		users, alice := s.user()
		if err := users.RevokeAll(t.Context(), alice); err != nil {
			t.Fatal(err)
		}
		epoch, err := userkit.Of(users).Epoch(t.Context(), alice)
		if err != nil {
			t.Fatal(err)
		}
		for i, token := range made() {
			if got := payload(t, token)["ginauth_epoch"]; got != float64(epoch) {
				t.Errorf("token %d is of epoch %v, want %d", i, got, epoch)
			}
		}
		config := s.config
		config.Now = at(4102444300)
		later := newServer(t, db, config) // where the time of issue would be enough
		for claim, want := range map[string]int{
			fmt.Sprint(int64(epoch)):           200,
			fmt.Sprint(int64(epoch) + 1):       401,
			fmt.Sprint(int64(epoch) - 1):       401,
			fmt.Sprintf("%d.0", epoch):         401,
			fmt.Sprintf(`"%d"`, epoch):         401,
			"0":                                401,
			"-1":                               401,
			"null":                             401,
			"true":                             401,
			"[]":                               401,
			"1e400":                            401,
			"99999999999999999999999999999999": 401,
		} {
			if status, body := me(later, signed(hs256, claims(`iat:4102444000,"ginauth_epoch":`+claim))); status != want {
				t.Errorf("epoch %s: %d %s, want %d", claim, status, body, want)
			}
		}
		if status, _ := me(s, signed(hs256, claims("iat"))); status != 401 {
			t.Error("a token that says neither its epoch nor its time is accepted")
		}
	})
}

// TestWithoutEpochs uses a database that only Django has created, and checks
// that no missing table is queried.
func TestWithoutEpochs(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		load(t, db)
		h := newServer(t, db, rotating())
		next := post(h, "/refresh", "refresh", logIn(h, "/pair", "alice").Refresh)
		for _, token := range []string{next.Access, next.Refresh} {
			if a := post(h, "/verify", "token", token); a.status != 200 || a.body != "{}" {
				t.Errorf("%d %s", a.status, a.body)
			}
		}
		if status, _ := me(h, next.Access); status != 200 {
			t.Error(status)
		}
	})
}

// TestVerifyDoesNotAskWhoIsThere checks that, as in simplejwt's view, only the
// token matters.
func TestVerifyDoesNotAskWhoIsThere(t *testing.T) {
	h := newServer(t, migrated(t, dbtest.Open(t, dbtest.SQLite(t))), rotating())
	for _, change := range []string{"user_id:9999", "user_id:5", "user_id", "user_id:[]"} {
		if a := post(h, "/verify", "token", signed(hs256, claims(change))); a.status != 200 || a.body != "{}" {
			t.Errorf("%s: %d %s", change, a.status, a.body)
		}
	}
}

// TestNothingDeadlocks checks that simultaneous revocations, logouts and
// refreshes of one user are all answered.
func TestNothingDeadlocks(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, url string) {
		s := newStage(t, migrated(t, dbtest.Open(t, url)))
		db := dbtest.Open(t, url)
		people.Configure(t, db)
		strict := newStage(t, db, withoutGrace)
		users, _ := s.user()
		for round := range 10 {
			var tokens []string
			for range 3 {
				pair := logIn(s, "/pair", "alice")
				tokens = append(tokens, pair.Refresh, s.refresh(pair.Refresh).Refresh)
			}
			together(18, func(i int) {
				token := tokens[i%6]
				switch i % 3 {
				case 0:
					// Each goroutine needs its own value.
					alice, err := users.ByUsername(t.Context(), "alice")
					if err == nil {
						err = users.RevokeAll(t.Context(), alice)
					}
					if err != nil {
						t.Errorf("round %d: %v", round, err)
					}
					return
				case 1:
					token = tokens[(i+1)%6]
				}
				path, server := "/refresh", s
				if i%2 == 0 {
					path = "/blacklist"
				}
				if i%4 == 1 {
					server = strict
				}
				if a := post(server, path, "refresh", token); a.status != 200 && a.status != 401 {
					t.Errorf("round %d: %s: %d %s", round, path, a.status, a.body)
				}
			})
		}
	})
}
