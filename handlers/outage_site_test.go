package handlers_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/handlers"
	"github.com/ginauth/ginauth/internal/testing/dbtest"
	"github.com/ginauth/ginauth/internal/testing/people"
	"github.com/ginauth/ginauth/internal/testing/sitetest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/password"
	"github.com/ginauth/ginauth/models/session"
	"github.com/ginauth/ginauth/policies"
	"github.com/ginauth/ginauth/policies/jwt"
)

// outageSite is an application whose database can go away.
// healthy is another handle to the same database.
type outageSite struct {
	*sitetest.Site
	healthy  *gorm.DB
	sessions *session.Store // use healthy
	outage   *dbtest.Outage
	key      string // of the session that a request carries
}

func newOutageSite(t *testing.T, url string) *outageSite {
	t.Helper()
	s := &outageSite{healthy: dbtest.Open(t, url)}
	people.Create(t, s.healthy)
	var err error
	if s.sessions, err = session.Of(s.healthy, session.Config{}); err != nil {
		t.Fatal(err)
	}
	db, outage := dbtest.WithOutage(t, url)
	db.Logger = db.Logger.LogMode(1) // silent
	people.Configure(t, db)
	s.outage, s.Site = outage, sitetest.Serve(t, db, ginauth.AuthenticationClasses(policies.Basic(db)))
	s.mount(db)
	return s
}

// mount registers every route that reads or writes credentials.
func (s *outageSite) mount(db *gorm.DB) {
	config := jwt.Config{Key: sitetest.JWTKey, RotateRefreshTokens: true, BlacklistAfterRotation: true, UpdateLastLogin: true}
	session, rules := policies.Session(db), unthrottled.Rules
	auth, engine := s.Auth, s.Engine
	handlers.MountObtainAuthToken(auth, engine, "/token", db, handlers.ObtainAuthTokenConfig{Rules: rules})
	handlers.MountSession(auth, engine, "/session", session, handlers.SessionConfig{Rules: rules, InsecureWithoutCSRF: true})
	jwt.Mount(auth, engine, jwt.Endpoints{Pair: "/jwt/pair", Refresh: "/jwt/refresh", Verify: "/jwt/verify",
		Blacklist: "/jwt/blacklist", Sliding: "/jwt/sliding", SlidingRefresh: "/jwt/sliding/refresh", Rules: rules}, db, config)
	inCookies := config
	inCookies.Cookies = &jwt.Cookies{CrossOrigin: http.NewCrossOriginProtection()}
	jwt.Mount(auth, engine, jwt.Endpoints{Pair: "/jwt/cookies", Refresh: "/jwt/cookies/refresh", Blacklist: "/jwt/cookies/logout", Rules: rules}, db, inCookies)
	for path, class := range map[string]ginauth.Authenticator{
		"/basic": policies.Basic(db), "/key": policies.Token(db), "/jwt": jwt.NewAuthenticator(db, config), "/session": session,
		"/extended": policies.Session(db, policies.SessionConfig{SaveEveryRequest: true}),
	} {
		auth.With(engine, ginauth.AuthenticationClasses(class)).GET(path, func(c *gin.Context) { c.Status(http.StatusOK) })
	}
	own := auth.With(engine, ginauth.AuthenticationClasses(session))
	own.GET("/write", func(c *gin.Context) {
		current, _ := session.Current(c)
		finish(c, errors.Join(current.Set("seen", true), session.Sessions().Save(c.Request.Context(), current)))
	})
	own.GET("/renew", func(c *gin.Context) {
		user, _ := ginauth.UserAs[*models.User](c)
		finish(c, session.UpdateAuthHash(c, user))
	})
}

func finish(c *gin.Context, err error) {
	if err != nil {
		ginauth.Abort(c, ginauth.Unavailable(err))
		return
	}
	c.Status(http.StatusOK)
}

func (s *outageSite) send(r *http.Request) sitetest.Answer { return sitetest.Exchange(s, r) }

// reset leaves only alice, who has never logged in.
func (s *outageSite) reset(t *testing.T) {
	t.Helper()
	hash, err := people.Passwords.Hashers.MakePassword("alice-pw")
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{
		"authtoken_token", "django_session", "token_blacklist_blacklistedtoken", "token_blacklist_outstandingtoken",
	} {
		err = errors.Join(err, s.healthy.Exec("DELETE FROM "+table).Error)
	}
	err = errors.Join(err, s.healthy.Exec("UPDATE auth_user SET password = ?, last_login = NULL", hash).Error)
	if err != nil {
		t.Fatal(err)
	}
	s.key = ""
}

// outdate gives alice a hash of another algorithm, and returns it.
func (s *outageSite) outdate(t *testing.T) string {
	t.Helper()
	hash, err := password.PBKDF2SHA1{Iterations: 1}.Encode("alice-pw")
	if err == nil {
		err = s.healthy.Exec("UPDATE auth_user SET password = ?", hash).Error
	}
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

func (s *outageSite) hash(t *testing.T) (hash string) {
	t.Helper()
	if err := s.healthy.Raw("SELECT password FROM auth_user WHERE username = 'alice'").Scan(&hash).Error; err != nil {
		t.Fatal(err)
	}
	return hash
}

// state describes everything that a request may change, except random values.
// For a session it says whether it is the one that the request carried, what
// /write has written to it, and how many days it has left.
func (s *outageSite) state(t *testing.T) string {
	t.Helper()
	var sessions []session.Session
	var logins, tokens, outstanding, blacklisted int64
	if err := errors.Join(
		s.healthy.Find(&sessions).Error,
		s.healthy.Table("auth_user").Where("last_login IS NOT NULL").Count(&logins).Error,
		s.healthy.Table("authtoken_token").Count(&tokens).Error,
		s.healthy.Table("token_blacklist_outstandingtoken").Count(&outstanding).Error,
		s.healthy.Table("token_blacklist_blacklistedtoken").Count(&blacklisted).Error,
	); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("logged in %d, tokens %d, outstanding %d, blacklisted %d", logins, tokens, outstanding, blacklisted)
	for _, row := range sessions {
		session, err := s.sessions.Find(t.Context(), string(row.Key))
		if err != nil {
			t.Fatal(err)
		}
		days := int(time.Until(row.ExpireDate).Hours() / 24)
		text += fmt.Sprintf(", session (the same %v, written %v, %d days)", string(row.Key) == s.key, session.Get("seen", new(bool)), days)
	}
	return text
}

// way returns a way in.
func (s *outageSite) way(name string) func(t *testing.T) func() *http.Request {
	return func(*testing.T) func() *http.Request {
		return func() *http.Request { return waysIn[name]("alice", "alice-pw") }
	}
}

// logIn logs alice in, and erases the record that she has logged in.
func (s *outageSite) logIn(t *testing.T, way string) sitetest.Answer {
	t.Helper()
	w := s.send(waysIn[way]("alice", "alice-pw"))
	if err := s.healthy.Exec("UPDATE auth_user SET last_login = NULL").Error; err != nil || w.Code != http.StatusOK {
		t.Fatal(w, err)
	}
	return w
}

// inSession logs alice in, in a session with an hour left.
func (s *outageSite) inSession(request func() *http.Request) func(t *testing.T) func() *http.Request {
	return func(t *testing.T) func() *http.Request {
		s.key = s.logIn(t, "session login").Cookie("sessionid")
		if err := s.healthy.Exec("UPDATE django_session SET expire_date = ?", time.Now().UTC().Add(time.Hour)).Error; err != nil {
			t.Fatal(err)
		}
		return func() *http.Request {
			r := request()
			r.AddCookie(&http.Cookie{Name: "sessionid", Value: s.key})
			return r
		}
	}
}

func (s *outageSite) withToken(t *testing.T) func() *http.Request {
	key := s.logIn(t, "token endpoint").Text(t, "token")
	return func() *http.Request {
		return sitetest.Request("GET", "/key", sitetest.Token(key), "")
	}
}

func (s *outageSite) withPair(method, path, name string) func(t *testing.T) func() *http.Request {
	return func(t *testing.T) func() *http.Request {
		token := s.logIn(t, "JWT pair").Text(t, name)
		return func() *http.Request {
			return sitetest.Request(method, path, sitetest.Bearer(token), `{"refresh":"`+token+`"}`)
		}
	}
}

func (s *outageSite) withSliding(path string) func(t *testing.T) func() *http.Request {
	return func(t *testing.T) func() *http.Request {
		token := s.logIn(t, "sliding JWT").Text(t, "token")
		return func() *http.Request {
			return sitetest.Request("POST", path, sitetest.Anonymous, `{"token":"`+token+`"}`)
		}
	}
}
