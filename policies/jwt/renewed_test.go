package jwt_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/jwt"
)

// waysToRefresh lists the kinds of issuers that make a token from another.
var waysToRefresh = []struct {
	name    string
	sliding bool
	change  func(*jwt.Config)
}{
	{"no rotation", false, func(c *jwt.Config) { withoutGrace(c); c.RotateRefreshTokens, c.BlacklistAfterRotation = false, false }},
	{"rotation", false, func(c *jwt.Config) { withoutGrace(c); c.BlacklistAfterRotation = false }},
	{"rotation, no blacklist", false, func(c *jwt.Config) { withoutGrace(c); c.BlacklistAfterRotation, c.WithoutBlacklist = false, true }},
	{"one use", false, withoutGrace},
	{"families", false, func(*jwt.Config) {}},
	{"sliding", true, withoutGrace},
}

// session is what a client got at a login.
type session struct {
	stage   *stage
	sliding bool
	refresh string // or the sliding token
	access  string // the same, if it is sliding
}

func (s *stage) begin(sliding bool) *session {
	if sliding {
		token := logIn(s, "/sliding", "alice").Token
		return &session{s, true, token, token}
	}
	pair := logIn(s, "/pair", "alice")
	return &session{s, false, pair.Refresh, pair.Access}
}

// renew refreshes, and keeps the old token if the answer has no new one.
func (s *session) renew() answer {
	if s.sliding {
		a := post(s.stage, "/sliding/refresh", "token", s.refresh)
		if a.Token != "" {
			s.refresh, s.access = a.Token, a.Token
		}
		return a
	}
	a := post(s.stage, "/refresh", "refresh", s.refresh)
	if a.Access != "" {
		s.access = a.Access
	}
	if a.Refresh != "" {
		s.refresh = a.Refresh
	}
	return a
}

type staffClaims struct {
	Staff  bool   `json:"staff,omitempty"`
	Tenant string `json:"tenant"`
}

func staffOf(_ context.Context, user models.UserModel) (any, error) {
	return staffClaims{user.(*models.User).IsStaff, "acme"}, nil
}

func setStaff(t *testing.T, db *gorm.DB, staff bool) {
	t.Helper()
	if err := db.Model(&models.User{}).Where("username = ?", "alice").Update("is_staff", staff).Error; err != nil {
		t.Fatal(err)
	}
}

// TestADemotedUserIsNoStaffAfterARefresh checks that Config.Claims is called
// with the current user, unless simplejwt's behaviour is configured.
func TestADemotedUserIsNoStaffAfterARefresh(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		migrated(t, db)
		for _, way := range waysToRefresh {
			for _, inherit := range []bool{false, true} {
				setStaff(t, db, true)
				s := newStage(t, db, way.change, func(c *jwt.Config) { c.Claims, c.InheritClaims = staffOf, inherit })
				tokens := s.begin(way.sliding)
				if c := payload(t, tokens.access); c["staff"] != true || c["tenant"] != "acme" {
					t.Fatalf("%s: at the login: %v", way.name, c)
				}
				setStaff(t, db, false)
				for range 2 {
					if a := tokens.renew(); a.status != 200 {
						t.Fatalf("%s: %d %s", way.name, a.status, a.body)
					}
					c := payload(t, tokens.access)
					if (c["staff"] == true) != inherit || c["tenant"] != "acme" || c["user_id"] != "3" {
						t.Errorf("%s, inherit %v: %v", way.name, inherit, c)
					}
					if c := payload(t, tokens.refresh); way.name != "no rotation" && (c["staff"] == true) != inherit {
						t.Errorf("%s, inherit %v: the refresh token: %v", way.name, inherit, c)
					}
				}
			}
		}
	})
}

// TestClaimsOfAReplay checks that Claims is also called with the current user
// for a client that has lost a race.
func TestClaimsOfAReplay(t *testing.T) {
	db := migrated(t, dbtest.Open(t, dbtest.SQLite(t)))
	setStaff(t, db, true)
	s := newStage(t, db, func(c *jwt.Config) { c.Claims = staffOf })
	tokens := s.begin(false)
	used := tokens.refresh
	if a := tokens.renew(); payload(t, a.Access)["staff"] != true {
		t.Errorf("staff: %s", a.body)
	}
	setStaff(t, db, false)
	a := post(s, "/refresh", "refresh", used)
	if c := payload(t, a.Access); a.Refresh != tokens.refresh || c["staff"] != nil || c["sid"] == nil || c["user_id"] != "3" {
		t.Errorf("no longer staff: %v", c)
	}
}

// TestClaimsFailAtARefresh checks that the answer is the same as at a login,
// and that the token is not used up.
func TestClaimsFailAtARefresh(t *testing.T) {
	db := migrated(t, dbtest.Open(t, dbtest.SQLite(t)))
	for _, way := range waysToRefresh {
		var fails error
		s := newStage(t, db, way.change, func(c *jwt.Config) {
			c.Claims = func(context.Context, models.UserModel) (any, error) { return staffClaims{}, fails }
		})
		tokens := s.begin(way.sliding)
		for status, err := range map[int]error{503: errors.New("no directory"), 403: ginauth.PermissionDenied()} {
			fails = err
			if a := tokens.renew(); a.status != status || a.Access != "" || a.Token != "" {
				t.Errorf("%s: %d %s, want %d", way.name, a.status, a.body, status)
			}
		}
		fails = nil
		if a := tokens.renew(); a.status != 200 {
			t.Errorf("%s: later: %d %s", way.name, a.status, a.body)
		}
	}
}

// TestClaimsOfOthers checks that claims written by a Django on the same
// database are kept if the application has none of its own, and that those that
// bind the user are always kept.
func TestClaimsOfOthers(t *testing.T) {
	db := migrated(t, dbtest.Open(t, dbtest.SQLite(t)))
	const theirs = `{"token_type":"refresh","exp":4102444800,"iat":1704067200,"jti":"others","user_id":3,"staff":true,"x":1,` +
		`"hash_password":"ABC","nbf":1704067200}`
	for _, claims := range []func(context.Context, models.UserModel) (any, error){nil, staffOf} {
		s := newStage(t, db, withoutGrace, func(c *jwt.Config) { c.BlacklistAfterRotation, c.Claims = false, claims })
		a := post(s, "/refresh", "refresh", signed(hs256, theirs))
		for _, token := range []string{a.Access, a.Refresh} {
			c := payload(t, token)
			kept := claims == nil
			if a.status != 200 || (c["x"] == 1.0) != kept || (c["staff"] == true) != kept || c["user_id"] != 3.0 || c["hash_password"] != "ABC" ||
				c["nbf"] != 1704067200.0 {
				t.Errorf("kept %v: %d %s %v", kept, a.status, a.body, c)
			}
		}
	}
}

// TestLoginLifetime checks that all tokens that descend from a login end with
// its lifetime, however often they are refreshed.
func TestLoginLifetime(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, db *gorm.DB) {
		migrated(t, db)
		for _, way := range waysToRefresh[1:] {
			s := newStage(t, db, way.change, func(c *jwt.Config) {
				c.LoginLifetime, c.RefreshLifetime, c.SlidingLifetime, c.SlidingRefreshLifetime = 3*time.Hour, 2*time.Hour, time.Hour, 24*time.Hour
				c.Claims = staffOf
				if way.sliding {
					c.Accept = []jwt.Type{jwt.Sliding}
				}
			})
			began := s.config.Now()
			end := float64(began.Add(3 * time.Hour).Unix())
			tokens := s.begin(way.sliding)
			for _, minute := range []int{50, 100, 150, 170} {
				s.offset.Store(int64(time.Duration(minute) * time.Minute))
				if a := tokens.renew(); a.status != 200 {
					t.Fatalf("%s, minute %d: %d %s", way.name, minute, a.status, a.body)
				}
				for _, token := range []string{tokens.refresh, tokens.access} {
					c := payload(t, token)
					if c["exp"].(float64) > end+1 || c["auth_time"].(float64) < end-3*3600 || c["auth_time"].(float64) > end-3*3600+1 {
						t.Errorf("%s, minute %d: %v, and the end is %v", way.name, minute, c, end)
					}
				}
				if status, body := me(s, tokens.access); status != 200 {
					t.Errorf("%s, minute %d: %d %s", way.name, minute, status, body)
				}
			}
			s.offset.Store(int64(179 * time.Minute))
			if a := tokens.renew(); a.status != 200 {
				t.Errorf("%s, a minute before: %d %s", way.name, a.status, a.body)
			}
			s.offset.Store(int64(3*time.Hour + 2*time.Second))
			if a := tokens.renew(); a.status != 401 || a.Code != "token_not_valid" {
				t.Errorf("%s, at the end: %d %s", way.name, a.status, a.body)
			}
			if status, body := me(s, tokens.access); status != 401 {
				t.Errorf("%s, at the end: %d %s", way.name, status, body)
			}
			if a := s.begin(way.sliding).renew(); a.status != 200 {
				t.Errorf("%s, after another login: %d %s", way.name, a.status, a.body)
			}
		}
	})
}

// TestWhenTheLoginWas checks tokens that state the time of the login in various
// ways, or not at all.
func TestWhenTheLoginWas(t *testing.T) {
	db := migrated(t, dbtest.Open(t, dbtest.SQLite(t)))
	now := time.Now().Unix()
	const day = 86400
	const stated, derived = "auth_time", "ginauth_since" // where the new token has the time
	for name, row := range map[string]struct {
		claims string
		status int
		login  int64
		in     string
	}{
		"an hour ago":              {fmt.Sprintf(`"iat":%d,"auth_time":%d`, now, now-3600), 200, now - 3600, stated},
		"too long ago":             {fmt.Sprintf(`"iat":%d,"auth_time":%d`, now, now-day-1), 401, 0, ""},
		"before 1970":              {fmt.Sprintf(`"iat":%d,"auth_time":-1`, now), 401, 0, ""},
		"later than the token":     {fmt.Sprintf(`"iat":%d,"auth_time":%d`, now-60, now+day), 200, now - 60, derived},
		"later than an old token":  {fmt.Sprintf(`"iat":%d,"auth_time":%d`, now-day-1, now), 401, 0, ""},
		"no word, a new token":     {fmt.Sprintf(`"iat":%d`, now-60), 200, now - 60, derived},
		"no word, an old token":    {fmt.Sprintf(`"iat":%d`, now-day-1), 401, 0, ""},
		"no word and no iat":       {`"x":1`, 401, 0, ""},
		"no iat":                   {fmt.Sprintf(`"auth_time":%d`, now), 401, 0, ""},
		"a text":                   {fmt.Sprintf(`"iat":%d,"auth_time":"%d"`, now, now), 401, 0, ""},
		"null":                     {fmt.Sprintf(`"iat":%d,"auth_time":null`, now), 401, 0, ""},
		"no date":                  {fmt.Sprintf(`"iat":%d,"auth_time":1e300`, now), 401, 0, ""},
		"another claim in capital": {fmt.Sprintf(`"iat":%d,"AUTH_TIME":%d`, now-day-1, now), 401, 0, ""},
		"derived before":           {fmt.Sprintf(`"iat":%d,"ginauth_since":%d`, now, now-3600), 200, now - 3600, derived},
		"derived too long ago":     {fmt.Sprintf(`"iat":%d,"ginauth_since":%d`, now, now-day-1), 401, 0, ""},
		"derived, a later one":     {fmt.Sprintf(`"iat":%d,"ginauth_since":%d`, now-60, now+day), 200, now - 60, derived},
		"derived, a text":          {fmt.Sprintf(`"iat":%d,"ginauth_since":"%d"`, now, now), 401, 0, ""},
		"both":                     {fmt.Sprintf(`"iat":%d,"auth_time":%d,"ginauth_since":%d`, now, now-3600, now-60), 200, now - 3600, stated},
	} {
		for _, way := range waysToRefresh[1:] {
			s := newStage(t, db, way.change, func(c *jwt.Config) {
				c.LoginLifetime, c.Accept = day*time.Second, []jwt.Type{jwt.Access, jwt.Sliding}
			})
			kind, forRequests, renewable := "refresh", "access", ""
			if way.sliding {
				kind, forRequests, renewable = "sliding", "sliding", fmt.Sprintf(`,"refresh_exp":%d`, now+10*day)
			}
			token := signed(hs256, fmt.Sprintf(`{"token_type":"%s","exp":%d,"jti":"%s","user_id":3,%s%s}`,
				kind, now+10*day, name+way.name, row.claims, renewable))
			request := signed(hs256, fmt.Sprintf(`{"token_type":"%s","exp":%d,"jti":"%s","user_id":3,%s%s}`,
				forRequests, now+10*day, name+way.name, row.claims, renewable))
			if status, body := me(s, request); status != row.status { // as a Django beside it might have refreshed it
				t.Errorf("%s, %s, a request: %d %s, want %d", name, way.name, status, body, row.status)
			}
			if a := post(s, "/verify", "token", request); a.status != row.status {
				t.Errorf("%s, %s, verify: %d %s, want %d", name, way.name, a.status, a.body, row.status)
			}
			tokens := &session{s, way.sliding, token, ""}
			a := tokens.renew()
			if a.status != row.status {
				t.Errorf("%s, %s: %d %s, want %d", name, way.name, a.status, a.body, row.status)
			}
			if a.status != 200 {
				continue
			}
			c := payload(t, tokens.refresh)
			_, isStated := c[stated]
			_, isDerived := c[derived]
			if c[row.in] != float64(row.login) || isStated == isDerived || c["exp"].(float64) > float64(row.login+day) ||
				way.sliding && c["refresh_exp"] != float64(row.login+day) {
				t.Errorf("%s, %s: %v", name, way.name, c)
			}
		}
	}
}

// TestNoLoginLifetime checks that without the option tokens are the same as
// simplejwt's.
func TestNoLoginLifetime(t *testing.T) {
	db := migrated(t, dbtest.Open(t, dbtest.SQLite(t)))
	for _, way := range waysToRefresh {
		tokens := newStage(t, db, way.change).begin(way.sliding)
		if a := tokens.renew(); a.status != 200 || payload(t, tokens.refresh)["auth_time"] != nil || payload(t, tokens.access)["auth_time"] != nil {
			t.Errorf("%s: %d %v", way.name, a.status, payload(t, tokens.refresh))
		}
	}
}
