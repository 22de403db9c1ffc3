package jwt_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/authcache"
	"github.com/ginauth/ginauth/policies/jwt"
)

var (
	pwd = login.Factor{Method: login.MethodPassword}
	otp = login.Factor{Method: login.MethodOTP, Device: "otp_totp.totpdevice/1"}
)

// beginWith is begin for a login with these factors.
func (s *stage) beginWith(sliding bool, factors ...login.Factor) *session {
	s.t.Helper()
	issuer, alice := jwt.NewIssuer(s.db, s.config), people.Named(s.t, s.db, "alice")
	if sliding {
		token, err := issuer.Sliding(s.t.Context(), alice, factors...)
		if err != nil {
			s.t.Fatal(err)
		}
		return &session{s, true, token, token}
	}
	pair, err := issuer.Pair(s.t.Context(), alice, factors...)
	if err != nil {
		s.t.Fatal(err)
	}
	return &session{s, false, pair.Refresh, pair.Access}
}

// TestTokensRecordTheLogin checks which tokens carry amr and auth_time, and that
// refreshed ones inherit both as they were.
func TestTokensRecordTheLogin(t *testing.T) {
	own := func(inherit bool) func(c *jwt.Config) {
		return func(c *jwt.Config) { c.Claims, c.InheritClaims = staffOf, inherit }
	}
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		migrated(t, db)
		for _, row := range []struct {
			name    string
			config  func(*jwt.Config)
			factors []login.Factor
			amr     string
			timed   bool
		}{
			{"a password", nil, []login.Factor{pwd}, "", false},
			{"nothing", nil, nil, "", false},
			{"a code", nil, []login.Factor{pwd, otp}, "[pwd otp]", true},
			{"two codes", nil, []login.Factor{pwd, otp, otp}, "[pwd otp]", true},
			{"no password", nil, []login.Factor{{Method: "hwk"}}, "[hwk]", true},
			{"a code, own claims", own(false), []login.Factor{pwd, otp}, "[pwd otp]", true},
			{"a code, inherited claims", own(true), []login.Factor{pwd, otp}, "[pwd otp]", true},
			{"a password, own claims", own(false), []login.Factor{pwd}, "", false},
			{"recorded, a password", func(c *jwt.Config) { c.RecordLogin = true }, []login.Factor{pwd}, "[pwd]", true},
			{"recorded, nothing", func(c *jwt.Config) { c.RecordLogin = true }, nil, "", true},
			{"recorded, own claims", func(c *jwt.Config) { c.RecordLogin, c.Claims = true, staffOf }, []login.Factor{pwd}, "[pwd]", true},
			{"limited, a password", func(c *jwt.Config) { c.LoginLifetime = 9 * time.Hour }, []login.Factor{pwd}, "", true},
			{"limited, a code", func(c *jwt.Config) { c.LoginLifetime = 9 * time.Hour }, []login.Factor{pwd, otp}, "[pwd otp]", true},
			{"all", func(c *jwt.Config) { c.LoginLifetime, c.RecordLogin, c.Claims = 9*time.Hour, true, staffOf },
				[]login.Factor{pwd, otp}, "[pwd otp]", true},
		} {
			for _, way := range waysToRefresh {
				s := newStage(t, db, way.change, func(c *jwt.Config) {
					c.SlidingLifetime = time.Hour
					if row.config != nil {
						row.config(c)
					}
				})
				began := time.Now().Unix()
				tokens := s.beginWith(way.sliding, row.factors...)
				ended := time.Now().Unix()
				for round := range 3 {
					for _, token := range []string{tokens.refresh, tokens.access} {
						c := payload(t, token)
						amr, at := "", int64(0)
						if list, there := c["amr"]; there {
							amr = fmt.Sprint(list)
						}
						if value, there := c["auth_time"]; there {
							at = int64(value.(float64))
						}
						_, since := c["ginauth_since"]
						if amr != row.amr || row.timed && (at < began || at > ended) || !row.timed && at != 0 || since {
							t.Errorf("%s, %s, round %d: %v, want amr %s", row.name, way.name, round, c, row.amr)
						}
					}
					s.wait(20 * time.Minute)
					if a := tokens.renew(); a.status != 200 {
						t.Fatalf("%s, %s: %d %s", row.name, way.name, a.status, a.body)
					}
				}
			}
		}
	})
}

// guardedByLogin adds a route for each of the classes that ask about logins.
func guardedByLogin(s *sitetest.Site, class ginauth.Authenticator) {
	for path, p := range map[string]ginauth.Permission{
		"/recent": policies.RecentLogin(10 * time.Minute), "/brief": policies.RecentLogin(time.Minute), "/otp": policies.HasFactor("otp"),
	} {
		s.Auth.With(s.Engine, ginauth.AuthenticationClasses(class), ginauth.PermissionClasses(p)).
			GET(path, func(c *gin.Context) { c.Status(http.StatusOK) })
	}
}

// TestWhatTokensRecord reads claims of every shape, with and without a database.
func TestWhatTokensRecord(t *testing.T) {
	db := fixture(t)
	config := jwt.Config{Key: jwt.HS256([]byte(secret))}
	looksUp, stateless := sitetest.Serve(t, db), sitetest.Serve(t, db)
	guardedByLogin(looksUp, jwt.NewAuthenticator(db, config))
	guardedByLogin(stateless, jwt.NewStatelessAuthenticator(config))
	now := time.Now().Unix()
	for _, row := range []struct{ claims, want string }{
		{``, "403 403"},
		{fmt.Sprintf(`,"iat":%d`, now), "403 403"},
		{fmt.Sprintf(`,"iat":%d,"auth_time":%d`, now, now), "200 403"},
		{fmt.Sprintf(`,"iat":%d,"auth_time":%d`, now, now-9*60), "200 403"},
		{fmt.Sprintf(`,"iat":%d,"auth_time":%d.5`, now, now-9*60), "200 403"},
		{fmt.Sprintf(`,"iat":%d,"auth_time":%d`, now, now-10*60-1), "403 403"},
		{fmt.Sprintf(`,"auth_time":%d`, now), "200 403"},
		{fmt.Sprintf(`,"iat":%d,"auth_time":%d`, now-60, now-30), "403 403"}, // later than the token
		{fmt.Sprintf(`,"auth_time":%d`, now+60), "403 403"},
		{fmt.Sprintf(`,"auth_time":"%d"`, now), "403 403"},
		{fmt.Sprintf(`,"auth_time":[%d]`, now), "403 403"},
		{fmt.Sprintf(`,"AUTH_TIME":%d`, now), "403 403"},
		{fmt.Sprintf(`,"ginauth_since":%d`, now), "403 403"},
		{`,"auth_time":null`, "403 403"},
		{`,"auth_time":true`, "403 403"},
		{`,"auth_time":0`, "403 403"},
		{`,"auth_time":-1`, "403 403"},
		{`,"auth_time":1e300`, "403 403"},
		{`,"auth_time":-1e300`, "403 403"},
		{`,"amr":["pwd","otp"]`, "403 200"},
		{`,"amr":["otp"]`, "403 200"},
		{`,"amr":["OTP"]`, "403 403"},
		{`,"amr":["mfa"]`, "403 403"},
		{`,"amr":"otp"`, "403 403"},
		{`,"amr":"[\"otp\"]"`, "403 403"},
		{`,"amr":["otp",1]`, "403 403"},
		{`,"amr":[["otp"]]`, "403 403"},
		{`,"amr":{"otp":true}`, "403 403"},
		{`,"amr":null`, "403 403"},
		{`,"amr":[]`, "403 403"},
		{`,"AMR":["otp"]`, "403 403"},
		{fmt.Sprintf(`,"iat":%d,"auth_time":%d,"amr":["pwd","otp"]`, now, now), "200 200"},
		{`,"amr":["pwd"],"amr":["otp"]`, "401 401"}, // two members of one name: no token
	} {
		token := signed(hs256, fmt.Sprintf(`{"token_type":"access","exp":%d,"jti":"x","user_id":3%s}`, now+300, row.claims))
		for name, s := range map[string]*sitetest.Site{"looked up": looksUp, "stateless": stateless} {
			var got []string
			for _, path := range []string{"/recent", "/otp"} {
				got = append(got, s.Get(path, sitetest.Bearer(token))[:3])
			}
			if got := strings.Join(got, " "); got != row.want {
				t.Errorf("%s, %s: %s, want %s", row.claims, name, got, row.want)
			}
		}
	}
}

// TestARefreshIsNoLogin checks that a refresh makes no token that passes for a
// recent login: neither of one that Django has made, nor of an old one.
func TestARefreshIsNoLogin(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		migrated(t, db)
		now := time.Now().Unix()
		for _, options := range []func(*jwt.Config){
			func(*jwt.Config) {},
			func(c *jwt.Config) { c.LoginLifetime = 24 * time.Hour },
			func(c *jwt.Config) { c.RecordLogin = true },
			func(c *jwt.Config) { c.RecordLogin, c.LoginLifetime, c.Claims = true, 24*time.Hour, staffOf },
		} {
			for _, way := range waysToRefresh {
				s := newStage(t, db, way.change, func(c *jwt.Config) { options(c); c.Accept = []jwt.Type{jwt.Access, jwt.Sliding} })
				site := sitetest.Serve(t, db)
				guardedByLogin(site, jwt.NewAuthenticator(db, s.config))
				for i, claims := range []string{"", fmt.Sprintf(`,"auth_time":%d,"amr":["otp"]`, now-3600)} {
					kind, renewable := "refresh", ""
					if way.sliding {
						kind, renewable = "sliding", fmt.Sprintf(`,"refresh_exp":%d`, now+9999)
					}
					token := signed(hs256, fmt.Sprintf(`{"token_type":"%s","exp":%d,"iat":%d,"jti":"%s-%d-%d","user_id":3%s%s}`,
						kind, now+9999, now, way.name, time.Now().UnixNano(), i, claims, renewable))
					tokens := &session{s, way.sliding, token, ""}
					for range 2 {
						if a := tokens.renew(); a.status != 200 {
							t.Fatalf("%s: %d %s", way.name, a.status, a.body)
						}
						as := sitetest.Bearer(tokens.access)
						got, want := site.Get("/recent", as)[:3]+" "+site.Get("/otp", as)[:3], "403 403"
						if claims != "" {
							want = "403 200"
						}
						if got != want {
							t.Errorf("%s, from %q: %s, want %s: %v", way.name, claims, got, want, payload(t, tokens.access))
						}
					}
				}
			}
		}
	})
}

// TestApplicationsDoNotRecordLogins checks that Config.Claims may not write what
// the classes believe, whatever the options.
func TestApplicationsDoNotRecordLogins(t *testing.T) {
	db := fixture(t)
	for _, claim := range []string{"amr", "auth_time", "ginauth_since"} {
		for _, record := range []bool{false, true} {
			issuer := jwt.NewIssuer(db, jwt.Config{Key: jwt.HS256([]byte(secret)), RecordLogin: record,
				Claims: func(context.Context, models.UserModel) (any, error) {
					return map[string]any{claim: []string{"otp"}}, nil
				}})
			if _, err := issuer.Pair(t.Context(), people.Named(t, db, "alice"), pwd, otp); err == nil || !strings.Contains(err.Error(), claim) {
				t.Errorf("%s: %v", claim, err)
			}
		}
	}
}

// TestACachedTokenAges checks that a cached answer is judged at each request.
func TestACachedTokenAges(t *testing.T) {
	db := fixture(t)
	counted, counter := dbtest.Count(db)
	config := jwt.Config{Key: jwt.HS256([]byte(secret)), RecordLogin: true}
	s := sitetest.Serve(t, db)
	guardedByLogin(s, authcache.New(jwt.NewAuthenticator(counted, config), authcache.Config{MaxStaleness: time.Hour}))
	now := time.Now().Unix()
	token := sitetest.Bearer(signed(hs256, fmt.Sprintf(`{"token_type":"access","exp":%d,"jti":"x","user_id":3,"auth_time":%d}`, now+300, now-120)))
	if got := s.Get("/recent", token); got[:3] != "200" {
		t.Fatal(got)
	}
	counter.Statements()
	for path, want := range map[string]string{"/recent": "200", "/brief": "403", "/otp": "403"} {
		if got := s.Get(path, token); got[:3] != want || counter.Statements() != 0 {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
