package jwt_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/password"
	"github.com/ginauth/ginauth/policies/jwt"
)

const (
	storedPassword = "pbkdf2_sha256$1$salt$hash"

	// hashlib.md5(storedPassword.encode()).hexdigest().upper()
	itsDigest = "BC95F864A6EFB05AC2AC3A2490463C9A"
)

// TestCheckRevokeToken checks that, as in simplejwt 5.3, tokens end when the
// password that they were made for changes, whatever program changes it.
func TestCheckRevokeToken(t *testing.T) {
	t.Parallel()
	changed := `{"detail":"The user's password has been changed."}`
	changedForRequests := `{"detail":"The user's password has been changed.","code":"password_changed"}`
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		load(t, db) // created by Django alone, so that no epoch ends
		for _, claim := range []string{"", "pw"} {
			s := newStage(t, db, withoutGrace, func(c *jwt.Config) {
				c.CheckRevokeToken, c.RevokeTokenClaim, c.Accept = true, claim, []jwt.Type{jwt.Access, jwt.Sliding}
			})
			name := map[string]string{"": "hash_password"}[claim]
			if name == "" {
				name = claim
			}
			issuer := jwt.NewIssuer(db, s.config)
			s.exec("UPDATE auth_user SET password = ? WHERE username = 'alice'", storedPassword)
			_, alice := s.user()
			pair, err := issuer.Pair(t.Context(), alice)
			if err != nil {
				t.Fatal(err)
			}
			sliding, err := issuer.Sliding(t.Context(), alice)
			if err != nil {
				t.Fatal(err)
			}
			next := s.good("before", pair.Refresh)
			renewed := post(s, "/sliding/refresh", "token", sliding)
			for i, token := range []string{pair.Access, pair.Refresh, sliding, next.Access, next.Refresh, renewed.Token} {
				if got := payload(t, token)[name]; got != itsDigest {
					t.Errorf("token %d: %s is %v", i, name, got)
				}
			}
			for what, row := range map[string]struct {
				change string
				status int
			}{
				"of the password":  {`x:1,"` + name + `":"` + itsDigest + `"`, 200},
				"in small letters": {`x:1,"` + name + `":"` + strings.ToLower(itsDigest) + `"`, 401},
				"of no password":   {`x:1`, 401},
				"of an empty one":  {`x:1,"` + name + `":""`, 401},
				"of null":          {`x:1,"` + name + `":null`, 401},
				"of another":       {`x:1,"` + name + `":"D41D8CD98F00B204E9800998ECF8427E"`, 401},
				"in another claim": {`x:1,"other":"` + itsDigest + `"`, 401},
				"of a list":        {`x:1,"` + name + `":["` + itsDigest + `"]`, 401},
			} {
				if status, body := me(s, signed(hs256, claims(row.change))); status != row.status || status == 401 && body != changedForRequests {
					t.Errorf("%s: %d %s", what, status, body)
				}
			}
			// This is how Django changes it.
			s.exec("UPDATE auth_user SET password = password || 'x' WHERE username = 'alice'")
			s.access("after the change", next.Access, changedForRequests)
			s.access("after the change", renewed.Token, changedForRequests)
			for range 2 { // the first refusal adds it to the blacklist
				s.refused("after the change", next.Refresh, changed)
				changed = blacklisted
			}
			changed = `{"detail":"The user's password has been changed."}`
			if a := post(s, "/sliding/refresh", "token", renewed.Token); a.status != 401 || a.body != changed {
				t.Errorf("%d %s", a.status, a.body)
			}
			// Like simplejwt's view it does not look at the user.
			if a := post(s, "/verify", "token", next.Access); a.status != 200 {
				t.Errorf("%d %s", a.status, a.body)
			}
		}
	})
}

// TestAnUpgradedHashEndsTokens checks that an upgraded hash ends tokens, as in
// simplejwt, but not those of the login that upgraded it.
func TestAnUpgradedHashEndsTokens(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	old, err := password.Hashers{password.PBKDF2SHA1{Iterations: 1}}.MakePassword("alice-pw")
	if err := errors.Join(err, db.Use(models.Passwords{Hashers: password.Hashers{password.PBKDF2SHA256{Iterations: 1}, password.PBKDF2SHA1{Iterations: 1}}})); err != nil {
		t.Fatal(err)
	}
	dbtest.Fixture(t, db)
	s := newStage(t, db, withoutGrace, func(c *jwt.Config) { c.CheckRevokeToken = true })
	s.exec("UPDATE auth_user SET password = ? WHERE username = 'alice'", old)
	_, alice := s.user()
	before, err := jwt.NewIssuer(db, s.config).Pair(t.Context(), alice)
	if err != nil {
		t.Fatal(err)
	}
	s.access("before the login", before.Access, "")
	pair := logIn(s, "/pair", "alice")
	if status, _ := me(s, before.Access); status != 401 {
		t.Errorf("made before the login: %d", status)
	}
	s.access("made by the login", pair.Access, "")
}

// TestClaimsOfOurOwn checks that the application cannot write claims that
// ginauth writes.
func TestClaimsOfOurOwn(t *testing.T) {
	db := migrated(t, dbtest.Open(t, dbtest.SQLite(t)))
	for _, row := range []struct {
		claim  string
		change func(*jwt.Config)
		status int
	}{
		{"ginauth_epoch", withoutGrace, 503},
		{"sid", withoutGrace, 200},
		{"sid", func(*jwt.Config) {}, 503},
		{"hash_password", func(*jwt.Config) {}, 200},
		{"hash_password", func(c *jwt.Config) { c.CheckRevokeToken = true }, 503},
	} {
		s := newStage(t, db, row.change, func(c *jwt.Config) {
			c.Claims = func(context.Context, models.UserModel) (any, error) {
				return map[string]string{row.claim: "forged"}, nil
			}
		})
		if a := logIn(s, "/pair", "alice"); a.status != row.status || a.status == 200 && payload(t, a.Access)[row.claim] != "forged" {
			t.Errorf("%s: %d %s", row.claim, a.status, a.body)
		}
	}
}
