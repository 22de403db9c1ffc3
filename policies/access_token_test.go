package policies_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/accesstoken"
	"github.com/ginauth/ginauth/policies"
)

// tokenSite is a site on which alice may view notes, with access tokens by
// name.
type tokenSite struct {
	*site
	db      *gorm.DB
	users   *models.Users
	tokens  *accesstoken.Store
	secrets map[string]string
	ids     map[string]string
}

func newTokenSite(t testing.TB, db *gorm.DB) *tokenSite {
	t.Helper()
	if err := db.Use(models.Scopes{"notes:read": {"core.view_note"}, "notes:write": {"core.add_note"}, "profile": {}}); err != nil {
		t.Fatal(err)
	}
	s := &tokenSite{site: newSite(t, db), db: db, secrets: map[string]string{}, ids: map[string]string{}}
	people.Permit(t, db, "alice", "core.view_note")
	var err error
	if s.tokens, err = accesstoken.Of(db); err != nil {
		t.Fatal(err)
	}
	if s.users, err = models.UsersOf(db); err != nil {
		t.Fatal(err)
	}
	service, err := s.tokens.CreateService(t.Context(), "nightly", []string{"notes:read"})
	if err != nil {
		t.Fatal(err)
	}
	full, err := s.tokens.CreateService(t.Context(), "full", []string{models.AllScopes})
	if err != nil {
		t.Fatal(err)
	}
	alice, staff := people.Named(t, db, "alice"), people.Named(t, db, "staff")
	for name, row := range map[string]struct {
		owner  models.UserModel
		scopes []string
	}{
		"all": {alice, []string{"*"}}, "read": {alice, []string{"notes:read"}}, "profile": {alice, []string{"profile"}},
		"staff": {staff, []string{"*"}}, "service": {service, []string{"notes:read"}}, "full service": {full, []string{"*"}},
		"revoked": {alice, []string{"*"}}, "expired": {alice, []string{"*"}}, "inactive": {people.Named(t, db, "inactive"), []string{"*"}},
	} {
		token, secret, err := s.tokens.Create(t.Context(), row.owner,
			accesstoken.Draft{Name: name, Scopes: row.scopes, Expiry: accesstoken.NeverExpires})
		if err != nil {
			t.Fatal(name, err)
		}
		s.secrets[name], s.ids[name] = string(secret), token.ID
	}
	if err := s.tokens.Revoke(t.Context(), alice, s.ids["revoked"]); err != nil {
		t.Fatal(err)
	}
	if err := db.Exec("UPDATE ginauth_access_token SET expires = ? WHERE id = ?",
		time.Now().UTC().Add(-time.Second), s.ids["expired"]).Error; err != nil {
		t.Fatal(err)
	}
	return s
}

// tampered returns a token with its last letter changed.
func tampered(secret string) string {
	end := len(secret) - 1
	if secret[end] == 'x' {
		return secret[:end] + "y"
	}
	return secret[:end] + "x"
}

func TestAccessToken(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newTokenSite(t, db)
		token := ginauth.AuthenticationClasses(policies.AccessToken(db))
		s.route("/any", token, ginauth.PermissionClasses(policies.AllowAny))
		s.route("/member", token)
		s.route("/admin", token, ginauth.PermissionClasses(policies.IsAdminUser))
		s.route("/group", token, ginauth.PermissionClasses(policies.InGroup("editors")))
		s.route("/perm", token, ginauth.PermissionClasses(policies.HasPerm("core.view_note")))
		s.route("/key", ginauth.AuthenticationClasses(policies.AccessToken(db, policies.AccessTokenConfig{Keyword: "Key"})))
		const none = `401 Authentication credentials were not provided. Bearer realm="api"`
		const invalid = `401 Invalid token. Bearer realm="api", error="invalid_token"`
		const forbidden = "403 You do not have permission to perform this action."
		const insufficient = "403 The token does not have the scope that this needs."
		good := s.secrets["all"]
		for _, row := range []struct{ path, authorization, want string }{
			{"/member", "Bearer " + good, "200 alice *accesstoken.Token"},
			{"/member", "bEARER\t" + good + " ", "200 alice *accesstoken.Token"},
			{"/any", "Bearer " + good, "200 alice *accesstoken.Token"},
			{"/perm", "Bearer " + good, "200 alice *accesstoken.Token"},
			{"/admin", "Bearer " + good, forbidden},
			{"/admin", "Bearer " + s.secrets["staff"], "200 staff *accesstoken.Token"},
			{"/group", "Bearer " + s.secrets["staff"], "200 staff *accesstoken.Token"},
			{"/member", "Bearer " + s.secrets["full service"], "200 service:full *accesstoken.Token"},
			{"/admin", "Bearer " + s.secrets["full service"], forbidden},
			{"/group", "Bearer " + s.secrets["full service"], forbidden},
			{"/perm", "Bearer " + s.secrets["full service"], forbidden},
			{"/member", "Bearer " + s.secrets["read"], insufficient}, // the route names no scope
			{"/any", "Bearer " + s.secrets["read"], insufficient},
			{"/any", "Bearer " + s.secrets["service"], insufficient},
			{"/member", "", none},
			{"/member", "Token " + good, none},
			{"/member", "Bearer", `401 Invalid token header. No credentials provided. Bearer realm="api", error="invalid_token"`},
			{"/member", "Bearer " + good + " x",
				`401 Invalid token header. Token string should not contain spaces. Bearer realm="api", error="invalid_token"`},
			{"/any", "Bearer " + s.secrets["revoked"], invalid},
			{"/any", "Bearer " + s.secrets["expired"], invalid},
			{"/any", "Bearer " + s.secrets["inactive"], invalid},
			{"/any", "Bearer " + tampered(good), invalid},
			{"/any", "Bearer " + good + "x", invalid},
			{"/any", "Bearer gat2_" + good[5:], invalid},
			{"/any", "Bearer gat1_", invalid},
			{"/any", "Bearer gat1_\x00", invalid},
			{"/any", "Bearer gat1_\xff", invalid},
			{"/any", "Bearer gat1_" + strings.Repeat("x", 1<<20), invalid},
			// not one of our tokens: left to the next authenticator, if there
			// is one
			{"/any", "Bearer " + s.keys["alice"], "200 AnonymousUser <nil>"},
			{"/any", "Bearer e30.e30.x", "200 AnonymousUser <nil>"},
			{"/member", "Bearer e30.e30.x", none},
			{"/key", "Key " + good, "200 alice *accesstoken.Token"},
			{"/key", "Bearer " + good, `401 Authentication credentials were not provided. Key realm="api"`},
			{"/member?access_token=" + good, "", none}, // nothing is read from the query
			{"/member?token=" + good, "", none},
		} {
			if got := s.get(row.path, row.authorization); got != row.want {
				t.Errorf("%s, %.60q:\n got %s\nwant %s", row.path, row.authorization, got, row.want)
			}
		}
		if got := s.get("/any", "Bearer "+good, "Bearer "+good); !strings.HasPrefix(got, "401 ") {
			t.Errorf("two headers: %s", got)
		}
	})
}

// TestAccessTokensEndWithAllCredentials checks that they end for the very next
// request.
func TestAccessTokensEndWithAllCredentials(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newTokenSite(t, db)
		s.route("/member", ginauth.AuthenticationClasses(policies.AccessToken(db)))
		staff := "Bearer " + s.secrets["staff"]
		if got := s.get("/member", staff); !strings.HasPrefix(got, "200 ") {
			t.Fatal(got)
		}
		if err := s.users.SetPassword(t.Context(), people.Named(t, db, "staff"), "another"); err != nil {
			t.Fatal(err)
		}
		if got := s.get("/member", staff); !strings.HasPrefix(got, "401 Invalid token.") {
			t.Error("after a change of the password:", got)
		}
		if err := s.users.RevokeAll(t.Context(), people.Named(t, db, "alice")); err != nil {
			t.Fatal(err)
		}
		if got := s.get("/member", "Bearer "+s.secrets["all"]); !strings.HasPrefix(got, "401 Invalid token.") {
			t.Error("after the end of all credentials:", got)
		}
	})
}

func TestStatementsOfAnAccessToken(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newTokenSite(t, db)
		counted, counter := dbtest.Count(db)
		token := ginauth.AuthenticationClasses(policies.AccessToken(counted, policies.AccessTokenConfig{ImportedKeyword: "Token"}))
		s.route("/member", token)
		s.route("/read", token, ginauth.PermissionClasses(policies.Any(policies.HasScope("notes:read"), policies.HasScope("notes:write"))))
		s.get("/member", "") // the guard looks at the tables before the first request
		counter.Statements()
		for _, row := range []struct {
			path, authorization string
			want                int
		}{
			{"/member", "Bearer " + s.secrets["all"], 1},
			{"/member", "Bearer " + s.secrets["full service"], 1},
			{"/member", "Bearer " + s.secrets["revoked"], 1},
			{"/member", "Bearer " + tampered(s.secrets["all"]), 0},
			{"/member", "Bearer gat1_x", 0},
			{"/member", "Bearer e30.e30.x", 0},
			{"/member", "Bearer", 0},
			{"/member", "", 0},
			{"/member", "Token " + s.keys["alice"], 1},
			{"/read", "Bearer " + s.secrets["read"], 2},
			{"/read", "Bearer " + s.secrets["all"], 2},
			{"/read", "Bearer " + s.secrets["service"], 1},
			{"/read", "Bearer " + s.secrets["profile"], 1}, // refused before the database is asked
		} {
			s.get(row.path, row.authorization)
			if n := counter.Statements(); n != row.want {
				t.Errorf("%s, %.30q: %d statements, want %d", row.path, row.authorization, n, row.want)
			}
		}
	})
}

func TestAccessTokensOfADatabaseThatIsDown(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newTokenSite(t, db)
		open := ginauth.PermissionClasses(policies.AllowAny)
		imported := policies.AccessToken(db, policies.AccessTokenConfig{ImportedKeyword: "Token"})
		s.route("/any", ginauth.AuthenticationClasses(imported, policies.Basic(db)), open)
		s.route("/not", ginauth.AuthenticationClasses(policies.AuthenticatorFunc("Fixed", fixed(t, db))),
			ginauth.PermissionClasses(policies.Not(policies.HasScope("notes:read"))))
		s.get("/not")
		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		pool.Close()
		const want = "503 Service temporarily unavailable, try again later."
		for _, authorization := range []string{"Bearer " + s.secrets["all"], "Token " + s.keys["alice"]} {
			if got := s.get("/any", authorization); got != want {
				t.Errorf("%s: %s", authorization, got)
			}
		}
		if got := s.get("/not"); got != want {
			t.Error(got)
		}
	})
}

func TestAccessTokenPanics(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		for name, wire := range map[string]func(){
			"no database": func() { policies.AccessToken(nil) },
			"keyword":     func() { policies.AccessToken(db, policies.AccessTokenConfig{Keyword: "a b"}) },
			"imported":    func() { policies.AccessToken(db, policies.AccessTokenConfig{ImportedKeyword: "a b"}) },
			"unimported":  func() { policies.AccessToken(db, policies.AccessTokenConfig{Unimported: policies.Token(db)}) },
			"interval": func() {
				policies.AccessToken(db, policies.AccessTokenConfig{LastUsed: accesstoken.LastUsedConfig{Interval: -1}})
			},
			"no scope":   func() { policies.HasScope("") },
			"all scopes": func() { policies.HasScope("*") },
			"two scopes": func() { policies.HasScope("notes:read notes:write") },
		} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s: no panic", name)
					}
				}()
				wire()
			}()
		}
		for want, class := range map[string]any{
			"AccessToken":                       policies.AccessToken(db),
			"AccessToken(Key, imported: Token)": policies.AccessToken(db, policies.AccessTokenConfig{Keyword: "Key", ImportedKeyword: "Token"}),
			"HasScope(notes:read)":              policies.HasScope("notes:read"),
		} {
			if got := fmt.Sprint(class); got != want {
				t.Error(got)
			}
		}
	})
}
