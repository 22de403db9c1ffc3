package jwt_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models/prune"
	"github.com/ginauth/ginauth/policies/jwt"
)

// TestReuseIsLogged checks that reuse is logged at level Warn, without the
// token.
func TestReuseIsLogged(t *testing.T) {
	db := migrated(t, dbtest.Open(t, dbtest.SQLite(t)))
	s := newStage(t, db)
	log := &s.Handler.(*sitetest.Site).Log
	first := logIn(s, "/pair", "alice")
	next := s.good("the first use", first.Refresh)
	s.good("a replay", first.Refresh)
	if strings.Contains(log.String(), "credential reused") {
		t.Errorf("logged too early: %s", log)
	}
	s.wait(2 * grace)
	s.refused("a late use", first.Refresh, blacklisted)
	s.refused("another", first.Refresh, blacklisted)
	claims := payload(t, first.Refresh)
	want := fmt.Sprintf(`subject=anonymous owner=3 credential=jwt credential_id=%s family=%s `, claims["jti"], claims["sid"])
	if text := log.String(); strings.Count(text, `level=WARN msg="credential reused"`) != 1 || strings.Count(text, want) != 1 {
		t.Errorf("the log lacks %s:\n%s", want, text)
	}
	for _, token := range []string{first.Refresh, first.Access, next.Refresh} {
		if strings.Contains(log.String(), token[strings.LastIndex(token, "."):]) {
			t.Errorf("a token is logged: %s", log)
		}
	}
}

// TestExpiredFamiliesAreForgotten checks that a family is deleted, but not
// before its last token has expired.
func TestExpiredFamiliesAreForgotten(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newStage(t, migrated(t, db), func(c *jwt.Config) { c.RefreshLifetime, c.AccessLifetime = time.Minute, time.Hour })
		count := func() (tokens, families int64) {
			db.Table("ginauth_refresh_token").Count(&tokens)
			db.Table("ginauth_token_family").Count(&families)
			return tokens, families
		}
		flush := func() {
			if _, err := prune.Expired(t.Context(), db, prune.Config{Keep: 1}); err != nil {
				t.Fatal(err)
			}
		}
		s.wait(-2 * time.Minute) // their refresh tokens have expired, their access tokens have not
		pair := logIn(s, "/pair", "alice")
		next := s.good("the first use", pair.Refresh)
		s.wait(2 * time.Minute)
		logIn(s, "/pair", "alice")
		flush()
		if tokens, families := count(); tokens != 1 || families != 2 {
			t.Errorf("%d tokens, %d families", tokens, families)
		}
		s.access("of a family whose refresh tokens have expired", next.Access, "")
		s.exec("UPDATE ginauth_token_family SET expires_at = ?", time.Now().Add(-time.Second).UTC())
		s.exec("UPDATE ginauth_refresh_token SET expires_at = ?", time.Now().Add(-time.Second).UTC())
		flush()
		if tokens, families := count(); tokens != 0 || families != 0 {
			t.Errorf("in the end %d tokens, %d families", tokens, families)
		}
	})
}

// TestFamiliesCostNoQuery checks that authenticated requests need no query of
// their own for a family: its state comes with the user.
func TestFamiliesCostNoQuery(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newStage(t, migrated(t, db))
		pair := logIn(s, "/pair", "alice")
		counted, counter := dbtest.Count(db)
		h := newServer(t, counted, s.config)
		me(h, pair.Access) // the first request looks at the tables
		counter.Statements()
		if status, who := me(h, pair.Access); status != 200 || who != "3" {
			t.Fatal(status, who)
		}
		if n := counter.Statements(); n != 1 {
			t.Errorf("%d statements", n)
		}
	})
}
