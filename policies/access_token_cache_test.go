package policies_test

import (
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/authcache"
)

var _ ginauth.Cacheable = (*policies.AccessTokenAuth)(nil)

// TestCachedAccessTokens checks that a cached token costs no query, and that
// its use is recorded, its scopes apply, and its expiry is enforced
// nevertheless.
func TestCachedAccessTokens(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newTokenSite(t, db)
		counted, counter := dbtest.Count(db)
		access := policies.AccessToken(counted, policies.AccessTokenConfig{ImportedKeyword: "Token"})
		now := time.Now()
		cached := ginauth.AuthenticationClasses(authcache.New(access,
			authcache.Config{MaxStaleness: time.Hour, Now: func() time.Time { return now }}))
		s.route("/member", cached)
		s.route("/read", cached, ginauth.PermissionClasses(policies.HasScope("notes:read")))
		expires := time.Now().UTC().Add(time.Minute)
		if err := db.Exec("UPDATE ginauth_access_token SET expires = ? WHERE id = ?", expires, s.ids["all"]).Error; err != nil {
			t.Fatal(err)
		}
		counter.Statements()
		for i := range 3 {
			if got := s.get("/member", "Bearer "+s.secrets["all"]); got != "200 alice *accesstoken.Token" {
				t.Fatal(got)
			}
			if n, want := counter.Statements(), 0; i > 0 && n != want {
				t.Errorf("request %d: %d statements", i, n)
			}
			if i == 1 {
				if err := access.Tokens().Flush(t.Context()); err != nil || counter.Statements() != 1 {
					t.Error("the use was not noted", err)
				}
			}
		}
		if err := access.Tokens().Flush(t.Context()); err != nil || counter.Statements() != 1 {
			t.Error("the use of a token that was remembered was not noted", err)
		}
		for range 2 {
			if got := s.get("/read", "Bearer "+s.secrets["profile"]); !strings.HasPrefix(got, "403 The token does not have the scope") {
				t.Error(got)
			}
			if got := s.get("/member", "Token "+s.keys["alice"]); !strings.HasPrefix(got, "401 ") {
				t.Error(got)
			}
			if got := s.get("/member", "Bearer "+s.keys["alice"]); !strings.HasPrefix(got, "401 ") {
				t.Error(got)
			}
		}
		now = now.Add(2 * time.Minute)
		if err := db.Exec("UPDATE ginauth_access_token SET expires = ? WHERE id = ?", now.Add(-time.Hour), s.ids["all"]).Error; err != nil {
			t.Fatal(err)
		}
		if got := s.get("/member", "Bearer "+s.secrets["all"]); !strings.HasPrefix(got, "401 Invalid token.") {
			t.Error("remembered beyond its end:", got)
		}
	})
}
