package jwt_test

import (
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
)

// TestGrace checks that a token used again within the grace leads to the end of
// the chain, and that one used again later ends the family.
func TestGrace(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newStage(t, migrated(t, db))
		first := logIn(s, "/pair", "alice")
		other := logIn(s, "/pair", "alice")
		family := payload(t, first.Refresh)["sid"]
		second := s.good("the first use", first.Refresh)
		s.wait(grace - time.Second)
		again := s.good("a second use within the grace", first.Refresh)
		if again.Refresh != second.Refresh || again.Access == second.Access {
			t.Errorf("another successor: %s, %s", second.body, again.body)
		}
		third := s.good("the successor", second.Refresh)
		if late := s.good("a third use within the grace", first.Refresh); late.Refresh != third.Refresh {
			t.Errorf("not the end of the chain: %s", late.body)
		}
		for _, a := range []answer{first, second, third, again} {
			for _, token := range []string{a.Refresh, a.Access} {
				if got := payload(t, token)["sid"]; got != family || family == nil {
					t.Errorf("sid %v, want %v", got, family)
				}
			}
		}
		s.wait(2 * time.Second)
		if s.raised() > 0 {
			t.Errorf("raised too early: %v", s.events)
		}
		s.refused("a use after the grace", first.Refresh, blacklisted)
		if len(s.events) != 1 {
			t.Fatalf("events %v", s.events)
		}
		e := s.events[0]
		if e.Owner != "3" || e.Family != family || e.CredentialID != payload(t, first.Refresh)["jti"] || time.Until(e.Time).Abs() > time.Minute {
			t.Errorf("event %+v", e)
		}
		s.refused("the used one once more", first.Refresh, blacklisted)
		s.refused("one that was within its grace", second.Refresh, blacklisted)
		s.refused("the end of the chain", third.Refresh, blacklisted)
		s.access("of the family", third.Access, blacklisted)
		s.access("of the family, made at the login", first.Access, blacklisted)
		s.good("another family of the same user", other.Refresh)
		if s.raised() != 1 {
			t.Errorf("events %v", s.events)
		}
		for i, row := range outstanding(t, db) { // the rows that a Django on the same database sees
			if others := payload(t, row.Token)["sid"] != family; row.Revoked == others && row.Token != other.Refresh {
				t.Errorf("row %d: revoked %v", i, row.Revoked)
			}
		}
	})
}

// TestLogoutEndsTheFamily logs out with each token of a family, which ends for
// the very next request.
func TestLogoutEndsTheFamily(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newStage(t, migrated(t, db))
		for _, row := range []struct {
			name   string
			used   bool // whether the token of the logout had been used
			late   bool // whether that was longer ago than the grace
			status int
			events int
		}{
			{"the present token", false, false, 200, 0},
			{"a used one within the grace", true, false, 200, 0},
			{"a used one after the grace", true, true, 401, 1},
		} {
			s.events = nil
			first := logIn(s, "/pair", "alice")
			second := s.good(row.name, first.Refresh)
			token := second.Refresh
			if row.used {
				token = first.Refresh
			}
			if row.late {
				s.wait(2 * grace)
			}
			want := map[int]string{200: "{}", 401: blacklisted}[row.status]
			if a := post(s, "/blacklist", "refresh", token); a.status != row.status || a.body != want {
				t.Errorf("%s: %d %s", row.name, a.status, a.body)
			}
			if a := post(s, "/blacklist", "refresh", token); a.status != 401 || a.body != blacklisted {
				t.Errorf("%s, twice: %d %s", row.name, a.status, a.body)
			}
			s.refused(row.name+": a replay", first.Refresh, blacklisted)
			s.refused(row.name+": the successor", second.Refresh, blacklisted)
			s.access(row.name, first.Access, blacklisted)
			s.access(row.name, second.Access, blacklisted)
			for _, token := range []string{first.Access, second.Access, second.Refresh} {
				if a := post(s, "/verify", "token", token); a.status != 400 || a.body != `{"non_field_errors":["Token is blacklisted"]}` {
					t.Errorf("%s: verify: %d %s", row.name, a.status, a.body)
				}
			}
			if s.raised() != row.events {
				t.Errorf("%s: events %v", row.name, s.events)
			}
			s.good(row.name+": another login", logIn(s, "/pair", "alice").Refresh)
		}
	})
}

// TestTokensOfDjango checks three kinds of tokens. One that Django has made
// begins a family here. One that Django has made from ours stays in our family.
// One that Django has revoked or exchanged is revoked here, which does not
// count as reuse.
func TestTokensOfDjango(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newStage(t, migrated(t, db))
		theirs := func(jti, more string) string {
			return signed(hs256, strings.Replace(claims(`jti:"`+jti+`"`+more), `"access"`, `"refresh"`, 1))
		}
		made := theirs("made", "")
		first := s.good("made by Django", made)
		if again := s.good("made by Django, again", made); again.Refresh != first.Refresh {
			t.Errorf("two successors: %s %s", first.body, again.body)
		}
		family := payload(t, first.Refresh)["sid"].(string)
		if family == "" {
			t.Error("no family was begun")
		}
		exchanged := theirs("exchanged", `,"sid":"`+family+`"`)
		s.revokeThere(first.Refresh)
		s.refused("exchanged by Django", first.Refresh, blacklisted)
		s.refused("a replay whose successor Django has exchanged", made, blacklisted)
		s.access("of a family that goes on at Django", first.Access, "")
		next := s.good("what Django has made of ours", exchanged)
		if got := payload(t, next.Refresh)["sid"]; got != family {
			t.Errorf("in the family %v, want %v", got, family)
		}
		if a := post(s, "/blacklist", "refresh", theirs("exchanged too", `,"sid":"`+family+`"`)); a.status != 200 {
			t.Errorf("a logout with a token that was never here: %d %s", a.status, a.body)
		}
		s.access("after the logout", next.Access, blacklisted)
		s.refused("after the logout", next.Refresh, blacklisted)
		s.refused("after the logout, one of Django's", theirs("exchanged three", `,"sid":"`+family+`"`), blacklisted)
		s.refused("of a family that is not there, or no longer", theirs("foreign", `,"sid":"foreign"`), blacklisted)
		s.access("of a family that is not ours", signed(hs256, claims(`x:1,"sid":"foreign"`)), blacklisted)
		s.access("of a family that is not a text", signed(hs256, claims(`x:1,"sid":7`)), blacklisted)
		s.access("of no family", signed(hs256, claims("x:1")), "")
		alone := theirs("alone", "")
		if a := post(s, "/blacklist", "refresh", alone); a.status != 200 {
			t.Errorf("a logout with a token of no family: %d %s", a.status, a.body)
		}
		s.refused("after that", alone, blacklisted)
		if s.raised() > 0 {
			t.Errorf("events %v", s.events)
		}
	})
}

// TestReplayIsForTheLiving checks that events that end a user or their
// credentials end the grace.
func TestReplayIsForTheLiving(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newStage(t, migrated(t, db))
		used := func() string {
			token := logIn(s, "/pair", "alice").Refresh
			s.good("the first use", token)
			return token
		}
		token := used()
		s.exec("UPDATE auth_user SET is_active = false WHERE username = 'alice'")
		s.refused("deactivated", token, blacklisted)
		s.exec("UPDATE auth_user SET is_active = true WHERE username = 'alice'")
		s.good("activated by Django", token)
		users, alice := s.user()
		for range 2 { // tokens do not name the first epoch, but the second
			token = used()
			if err := users.RevokeAll(t.Context(), alice); err != nil {
				t.Fatal(err)
			}
			s.refused("after log out everywhere", token, blacklisted)
			s.wait(1100 * time.Millisecond)
		}
		if s.raised() > 0 {
			t.Errorf("events %v", s.events)
		}
	})
}

// TestWhatFamiliesRefuse checks that the answers are the same as without
// families.
func TestWhatFamiliesRefuse(t *testing.T) {
	db := migrated(t, dbtest.Open(t, dbtest.SQLite(t)))
	s, plain := newStage(t, db), newStage(t, db, withoutGrace)
	sliding := logIn(s, "/sliding", "alice").Token
	s.revokeThere(sliding)
	refresh := func(change string) string {
		return signed(hs256, strings.Replace(claims(change), `"access"`, `"refresh"`, 1))
	}
	for name, token := range map[string]string{
		"an access token":         logIn(s, "/pair", "alice").Access,
		"a revoked sliding token": sliding,
		"no token":                "x",
		"expired":                 refresh("exp:1704067201"),
		"without an id":           refresh("jti"),
		"without an expiry":       refresh("exp"),
		"of nobody":               refresh("user_id:9999"),
		"without a user":          refresh("user_id"),
		"of an inactive user":     refresh("user_id:5"),
		"with an id of NUL":       refresh(`jti:"a\u0000b"`),
	} {
		for _, path := range []string{"/refresh", "/blacklist"} {
			if path == "/blacklist" && strings.Contains(name, "user") || name == "of nobody" {
				continue // these are valid for a logout
			}
			want, got := post(plain, path, "refresh", token), post(s, path, "refresh", token)
			if got.status != want.status || got.body != want.body || got.status != 401 {
				t.Errorf("%s, %s: %d %s, want %d %s", path, name, got.status, got.body, want.status, want.body)
			}
		}
	}
}
