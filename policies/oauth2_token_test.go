package policies_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/oauthtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/authcache"
	"github.com/ginauth/ginauth/policies/drf"
)

// newOAuth2Site is a site with tokens of django-oauth-toolkit, which are named
// after what is special about them.
func newOAuth2Site(t testing.TB, db *gorm.DB, v oauthtest.Version) *site {
	t.Helper()
	if err := db.Use(models.Scopes{"read": {}, "write": {}, "notes:write": {"core.add_note"}}); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, db)
	people.Permit(t, db, "staff", "core.add_note")
	oauthtest.Create(t, db, v)
	key := func(name string) any { return people.Named(t, db, name).ID }
	for _, r := range []oauthtest.Row{
		{Token: "good", User: key("alice"), Scope: "read write notes:write"},
		{Token: "staff", User: key("staff"), Scope: "read notes:write"},
		{Token: "other", User: key("alice"), Scope: "write"},
		{Token: "none", User: key("alice")},
		{Token: "star", User: key("alice"), Scope: "*"},
		{Token: "unknown", User: key("alice"), Scope: "read nosuch"},
		{Token: "spaces", User: key("alice"), Scope: "  write   read "},
		{Token: "inactive", User: key("inactive"), Scope: "read"},
		{Token: "client", Scope: "read notes:write"},
		{Token: "expired", User: key("alice"), Scope: "read", Expires: time.Now().UTC().Add(-time.Second)},
		{Token: "elsewhere", User: key("alice"), Scope: "read", Resource: `["https://other.example"]`},
	} {
		oauthtest.Insert(t, db, v, r)
	}
	return s
}

const (
	oauth2None     = `401 Authentication credentials were not provided. Bearer realm="api"`
	oauth2Invalid  = oauth2None + `,error="invalid_token",error_description="The access token is invalid."`
	oauth2Expired  = oauth2None + `,error="invalid_token",error_description="The access token has expired."`
	oauth2Other    = oauth2None + `,error="invalid_token",error_description="The access token is not valid for this resource."`
	oauth2Denied   = "403 You do not have permission to perform this action."
	oauth2Unscoped = "403 The token does not have the scope that this needs."
)

func TestOAuth2Token(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newOAuth2Site(t, db, oauthtest.V4)
		counted, counter := dbtest.Count(db)
		token := policies.OAuth2Token(counted)
		classes := ginauth.AuthenticationClasses(token)
		read := policies.HasScope("read")
		s.route("/any", classes, ginauth.PermissionClasses(policies.AllowAny))
		s.route("/member", classes)
		s.route("/read", classes, ginauth.PermissionClasses(read))
		s.route("/member-read", classes, ginauth.PermissionClasses(policies.IsAuthenticated, read))
		s.route("/any-read", classes, ginauth.PermissionClasses(policies.AllowAny, read))
		s.route("/safe-read", classes, ginauth.PermissionClasses(policies.IsAuthenticatedOrReadOnly, read))
		s.route("/admin-read", classes, ginauth.PermissionClasses(policies.IsAdminUser, read))
		s.route("/admin-or-read", classes, ginauth.PermissionClasses(policies.Any(policies.IsAdminUser, read)))
		s.route("/drf-or", classes, ginauth.PermissionClasses(drf.Any(policies.IsAuthenticated, read)))
		s.route("/not-write", classes, ginauth.PermissionClasses(read, policies.Not(policies.HasScope("write"))))
		s.route("/note", classes, ginauth.PermissionClasses(policies.HasScope("notes:write")))
		s.route("/undefined", classes, ginauth.PermissionClasses(read, policies.HasScope("nosuch")))
		s.route("/not-undefined", classes, ginauth.PermissionClasses(read, policies.Not(policies.HasScope("nosuch"))))
		s.route("/basic-after", ginauth.AuthenticationClasses(token, policies.Basic(db)))
		s.route("/session-first", ginauth.AuthenticationClasses(policies.Session(db), token), ginauth.PermissionClasses(read))
		s.route("/here", ginauth.AuthenticationClasses(policies.OAuth2Token(db, "https://other.example/v1")),
			ginauth.PermissionClasses(read))
		s.route("/shared", ginauth.AuthenticationClasses(policies.AccessToken(db), token), ginauth.PermissionClasses(read))
		_ = s.get("/read", "Bearer good") // the columns of the table are read
		const alice, client, failure = "200 alice *oauth2token.Token", "200 AnonymousUser *oauth2token.Token", "503 Service temporarily unavailable, try again later."
		for _, row := range []struct {
			path          string
			authorization []string
			want          string
		}{
			// the header
			{"/read", []string{"Bearer good"}, alice},
			{"/read", []string{"bearer good"}, alice},
			{"/read", []string{"BEARER\t good  "}, alice},
			{"/read", nil, oauth2None},
			{"/read", []string{""}, oauth2None},
			{"/read", []string{"good"}, oauth2None},
			{"/read", []string{"Bearer"}, oauth2None},
			{"/read", []string{"Bearer "}, oauth2None},
			{"/read", []string{"Bearer good x"}, oauth2None},
			{"/read", []string{"Token good"}, oauth2None},
			{"/read", []string{"Bearer good", "Bearer good"}, oauth2None},
			{"/read", []string{"Bearer bad", "Bearer good"}, oauth2None},
			{"/read", []string{"Basic YTpi", "Bearer good"}, oauth2None},
			{"/read", []string{"Bearer good,"}, oauth2Invalid},
			{"/read", []string{"Bearer bad"}, oauth2Invalid},
			{"/read", []string{"Bearer g\xf6\xf6d"}, oauth2Invalid},
			{"/read", []string{"Bearer go\x00d"}, oauth2Invalid},
			{"/read", []string{"Bearer " + strings.Repeat("x", 1<<20)}, oauth2Invalid},
			{"/read?access_token=good", nil, oauth2None}, // nothing is read from the query
			{"/read?access_token=good", []string{"Bearer bad"}, oauth2Invalid},
			// the token
			{"/read", []string{"Bearer expired"}, oauth2Expired},
			{"/read", []string{"Bearer inactive"}, oauth2Invalid},
			{"/read", []string{"Bearer elsewhere"}, oauth2Other},
			{"/here", []string{"Bearer elsewhere"}, alice},
			{"/here", []string{"Bearer good"}, alice},
			// wrong credentials are not handed on, and close what is open
			{"/any", []string{"Bearer bad"}, oauth2Invalid},
			{"/any", []string{"Bearer expired"}, oauth2Expired},
			{"/any", []string{"Bearer"}, oauth2None},
			{"/any", nil, "200 AnonymousUser <nil>"},
			{"/basic-after", []string{basic("alice:alice-pw")}, "200 alice <nil>"},
			{"/basic-after", []string{"Bearer bad"}, oauth2Invalid},
			{"/basic-after", []string{basic("alice:wrong")}, `401 Invalid username/password. Bearer realm="api"`},
			{"/session-first", []string{"Bearer bad"}, "403 Authentication credentials were not provided."},
			{"/session-first", nil, "403 Authentication credentials were not provided."},
			{"/session-first", []string{"Bearer good"}, alice},
			{"/shared", []string{"Bearer good"}, alice},
			{"/shared", []string{"Bearer gat1_x"}, `401 Invalid token. Bearer realm="api", error="invalid_token"`},
			{"/shared", []string{"Bearer bad"}, oauth2None},
			// scopes
			{"/read", []string{"Bearer other"}, oauth2Unscoped},
			{"/read", []string{"Bearer none"}, oauth2Unscoped},
			{"/read", []string{"Bearer star"}, oauth2Unscoped},
			{"/read", []string{"Bearer unknown"}, alice},
			{"/read", []string{"Bearer spaces"}, alice},
			{"/member", []string{"Bearer good"}, oauth2Unscoped}, // the route names no scope
			{"/any", []string{"Bearer good"}, oauth2Unscoped},
			{"/member-read", []string{"Bearer good"}, alice},
			{"/not-write", []string{"Bearer good"}, oauth2Denied},
			{"/not-write", []string{"Bearer unknown"}, alice},
			{"/note", []string{"Bearer good"}, "403 This needs the scope notes:write."}, // alice lacks the permission
			{"/note", []string{"Bearer staff"}, "200 staff *oauth2token.Token"},
			{"/undefined", []string{"Bearer unknown"}, failure},
			{"/not-undefined", []string{"Bearer unknown"}, failure},
			// a client that acts for itself
			{"/read", []string{"Bearer client"}, client},
			{"/any-read", []string{"Bearer client"}, client},
			{"/safe-read", []string{"Bearer client"}, client},
			{"/any", []string{"Bearer client"}, oauth2Unscoped},
			{"/member", []string{"Bearer client"}, oauth2Unscoped},
			{"/member-read", []string{"Bearer client"}, oauth2Denied},
			{"/admin-read", []string{"Bearer client"}, oauth2Denied},
			{"/admin-or-read", []string{"Bearer client"}, client},
			{"/drf-or", []string{"Bearer client"}, client},
			{"/note", []string{"Bearer client"}, "403 This needs the scope notes:write."}, // it stands for a permission
		} {
			counter.Statements()
			if got := s.get(row.path, row.authorization...); got != row.want {
				t.Errorf("%s %.40q: %s, want %s", row.path, row.authorization, got, row.want)
			}
			if n, most := counter.Statements(), 1+strings.Count(row.path, "note"); n > most {
				t.Errorf("%s %.40q: %d statements", row.path, row.authorization, n)
			}
		}
		if log := s.Log.String(); strings.Contains(log, "elsewhere") || strings.Contains(log, "Bearer") || !strings.Contains(log, "the user is inactive or gone") {
			t.Error("a token is in the log, or a reason is not")
		}
		oauthtest.Drop(t, db)
		if got := s.get("/read", "Bearer good"); got != failure {
			t.Errorf("without the table: %s", got)
		}
	})
}

// TestOAuth2TokenTable checks that Check says what is wrong with the table.
func TestOAuth2TokenTable(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		people.Create(t, db, models.Scopes{"read": {}})
		for _, row := range []struct {
			change, want string
		}{
			{"DROP TABLE oauth2_provider_accesstoken", `oauth2token: the database has no table oauth2_provider_accesstoken: run Django's "migrate oauth2_provider"`},
			{"ALTER TABLE oauth2_provider_accesstoken RENAME COLUMN scope TO scopes", `has no column "scope"; it has `},
			{"DELETE FROM oauth2_provider_accesstoken", ""},
		} {
			oauthtest.Create(t, db, oauthtest.V3)
			if err := db.Exec(row.change).Error; err != nil {
				t.Fatal(err)
			}
			engine := gin.New()
			_ = engine.SetTrustedProxies(nil)
			auth := ginauth.New(engine, ginauth.AuthenticationClasses(policies.OAuth2Token(db)), ginauth.PermissionClasses(policies.HasScope("read")))
			engine.GET("/", func(*gin.Context) {})
			auth.With(engine, ginauth.PermissionClasses(policies.HasScope("nosuch"))).GET("/nosuch", func(*gin.Context) {})
			var got, undefined string
			for _, f := range auth.Check() {
				if f.Path == "/nosuch" && strings.Contains(f.Message, "the scope nosuch is not defined in the database of OAuth2Token") {
					undefined = f.Message
				} else {
					got += f.Message
				}
			}
			if undefined == "" || row.want == "" && got != "" || !strings.Contains(got, row.want) {
				t.Errorf("%s: %s; %s", row.change, got, undefined)
			}
			oauthtest.Drop(t, db)
		}
	})
}

// TestCachedOAuth2Tokens checks that a cached token costs no query, and that
// its scopes apply and its expiry is enforced nevertheless.
func TestCachedOAuth2Tokens(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		s := newOAuth2Site(t, db, oauthtest.V1)
		counted, counter := dbtest.Count(db)
		now := time.Now()
		cached := ginauth.AuthenticationClasses(authcache.New(policies.OAuth2Token(counted),
			authcache.Config{MaxStaleness: 2 * time.Hour, Now: func() time.Time { return now }}))
		s.route("/read", cached, ginauth.PermissionClasses(policies.HasScope("read")))
		s.route("/write", cached, ginauth.PermissionClasses(policies.HasScope("write")))
		for i := range 3 {
			for _, row := range []struct{ path, token, want string }{
				{"/read", "good", "200 alice *oauth2token.Token"},
				{"/read", "client", "200 AnonymousUser *oauth2token.Token"},
				{"/write", "client", oauth2Unscoped},
				{"/write", "staff", oauth2Unscoped},
			} {
				if got := s.get(row.path, "Bearer "+row.token); got != row.want {
					t.Errorf("request %d: %s %s: %s, want %s", i, row.path, row.token, got, row.want)
				}
			}
			if n := counter.Statements(); i > 0 && n != 0 {
				t.Errorf("request %d: %d statements", i, n)
			}
			for _, token := range []string{"bad", "expired"} {
				if got := s.get("/read", "Bearer "+token); !strings.HasPrefix(got, oauth2None+",error=") {
					t.Errorf("request %d: %s: %s", i, token, got)
				}
			}
			if n := counter.Statements(); n != 2 {
				t.Errorf("request %d: a refusal was cached", i)
			}
		}
		if err := db.Exec("UPDATE oauth2_provider_accesstoken SET expires = ?", now.UTC().Add(-time.Minute)).Error; err != nil {
			t.Fatal(err)
		}
		now = now.Add(61 * time.Minute)
		if got := s.get("/read", "Bearer good"); got != oauth2Expired {
			t.Error("remembered beyond its end:", got)
		}
	})
}

// TestOAuth2TokenOutage checks that a database that goes away during a request
// is 503.
func TestOAuth2TokenOutage(t *testing.T) {
	dbtest.RunURL(t, func(t *testing.T, url string) {
		db, outage := dbtest.WithOutage(t, url)
		s := newOAuth2Site(t, db, oauthtest.V3)
		s.route("/read", ginauth.AuthenticationClasses(policies.OAuth2Token(db)),
			ginauth.PermissionClasses(policies.HasScope("read"), policies.Not(policies.HasScope("write"))))
		const staff = "200 staff *oauth2token.Token"
		if got := s.get("/read", "Bearer staff"); got != staff {
			t.Fatal(got)
		}
		for steps := range 2 {
			for _, token := range []string{"staff", "bad", "client"} {
				outage.Begin(steps, true)
				got := s.get("/read", "Bearer "+token)
				if !outage.End() || got != "503 Service temporarily unavailable, try again later." {
					t.Errorf("%d steps, %s: %s", steps, token, got)
				}
			}
		}
		if got := s.get("/read", "Bearer staff"); got != staff {
			t.Error("back:", got)
		}
	})
}

func TestOAuth2TokenNames(t *testing.T) {
	db := dbtest.Open(t, dbtest.SQLite(t))
	for resource, want := range map[string]string{"": "OAuth2Token", "https://api.example.com": "OAuth2Token(https://api.example.com)"} {
		if got := fmt.Sprint(policies.OAuth2Token(db, resource)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
