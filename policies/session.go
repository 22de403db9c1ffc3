package policies

import (
	"context"
	"errors"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/cookies"
	"github.com/ginauth/ginauth/internal/sqlkit"
	"github.com/ginauth/ginauth/internal/stack"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/session"
)

// SessionAuth authenticates by the cookie of a Django session (DRF:
// SessionAuthentication). The identity's user is a *[models.User] or the
// application's own user type; its auth is nil. A session is not a credential,
// and the next authenticator may try, if it is unknown, has expired, was
// tampered with, belongs to an inactive user, or dates from a former password.
//
// If the session is the credential, requests with a method other than GET,
// HEAD, OPTIONS and TRACE are refused with 403 unless they prove that they come
// from the site's own pages (see [SessionAuth.CheckCSRF]).
//
// It has no challenge. Where it is the first authenticator, anonymous requests
// are therefore refused with 403. A request with the cookie costs one query, but
// the first one of a session in each process two: one for the session and,
// because the user's key is inside its signed data, one for the user (see
// [session.Store.FindWithUser]). Requests without it cost none, and create no
// row. A SessionAuth is safe for concurrent use.
type SessionAuth struct {
	*sessionSite
	check csrfCheck
}

// sessionSite holds what all variants of a [SessionAuth] have in common.
type sessionSite struct {
	sessions *session.Store
	cookies  *cookies.Site
	config   SessionConfig
}

var _ ginauth.Authenticator = (*SessionAuth)(nil)

// Session returns an authenticator for the sessions of a database whose
// [models.SecretKeys] have been set. It panics if they have not been set, if
// the database's user model is unfit, or if the config cannot work.
func Session(db *gorm.DB, config ...SessionConfig) *SessionAuth {
	site := &sessionSite{config: wiring.Config("policies: Session", config).withDefaults()}
	sessions, err := session.Of(db, site.config.store())
	wiring.Check("policies: Session", err)
	site.sessions = sessions
	site.cookies, err = cookies.New(site.config.cookies(), stack.Of(db))
	wiring.Check("policies: Session", err)
	return &SessionAuth{sessionSite: site}
}

// Sessions returns the table that the authenticator reads.
func (s *SessionAuth) Sessions() *session.Store { return s.sessions }

// Authenticate implements [ginauth.Authenticator].
func (s *SessionAuth) Authenticate(c *gin.Context) (*ginauth.Identity, error) {
	cookies.Vary(c)
	s.cookies.Heal(c)
	key, sent := cookies.Last(c.Request, s.config.CookieName)
	if !sent {
		return nil, ginauth.ErrNoCredentials
	}
	current, user, err := s.load(c, key)
	if err != nil {
		return nil, err
	}
	if err := s.enforceCSRF(c); err != nil {
		return nil, err
	}
	if s.config.SaveEveryRequest {
		if err := s.extend(c, current); err != nil {
			return nil, err
		}
	}
	s.state(c).session = current
	s.note(c, current, user)
	present(c, user, sessionRecord{s.sessions, current, user})
	return &ginauth.Identity{User: user}, nil
}

// load returns the session of the request and its user, or
// [ginauth.ErrNoCredentials]. Like Django it deletes a cookie that has become
// useless.
func (s *sessionSite) load(c *gin.Context, key string) (*session.Session, models.UserModel, error) {
	ctx := c.Request.Context()
	current, user, err := s.sessions.FindWithUser(ctx, key)
	if err != nil {
		return nil, nil, s.takeBack(c, err)
	}
	if user != nil {
		return current, user, nil
	}
	_, err = sqlkit.Lagging(c.Request, func(ctx context.Context) (_ bool, err error) {
		user, err = s.sessions.User(ctx, current)
		return err == nil, err
	})
	switch {
	case errors.Is(err, models.ErrNotFound):
		return nil, nil, ginauth.ErrNoCredentials
	case errors.Is(err, session.ErrStale):
		s.sessions.TryDelete(ctx, key)
		return nil, nil, s.takeBack(c, models.ErrNotFound)
	case err != nil:
		return nil, nil, err
	}
	return current, user, nil
}

// extend restarts the session's age, in the cookie too, unless the database is
// read-only.
func (s *sessionSite) extend(c *gin.Context, current *session.Session) error {
	extended, err := s.sessions.TryExtend(c.Request.Context(), current)
	if err != nil {
		return s.takeBack(c, err) // the session was logged out after it was found
	}
	if extended {
		s.setCookie(c, current)
	}
	return nil
}

// note records the use of a session, where uses are recorded.
func (s *sessionSite) note(c *gin.Context, current *session.Session, user models.UserModel) {
	if !s.sessions.RecordsUse() {
		return
	}
	s.sessions.TryRecordUse(c.Request.Context(), current, user, ginauth.ClientAddress(c), c.Request.UserAgent())
}

// takeBack turns [models.ErrNotFound] into [ginauth.ErrNoCredentials], and
// deletes the cookie.
func (s *sessionSite) takeBack(c *gin.Context, err error) error {
	if !errors.Is(err, models.ErrNotFound) {
		return err
	}
	s.cookies.Delete(c, s.config.CookieName)
	return ginauth.ErrNoCredentials
}

// Describe implements [ginauth.Describer]: where the check of unsafe requests
// asks for a token, the request brings that too.
func (s *SessionAuth) Describe() ginauth.AuthenticatorTraits {
	cookie := ginauth.Credential{Name: "Session", Cookie: s.config.CookieName}
	return ginauth.AuthenticatorTraits{
		Accepts: func(method string) []ginauth.Alternative {
			return []ginauth.Alternative{s.cookies.Describe(cookie, s.checks(method))}
		},
		DefinesScope: definesScope(s.sessions.Users()),
	}
}

// String returns "Session", followed by how its check of unsafe requests
// differs.
func (s *SessionAuth) String() string { return "Session" + s.check.String() }

// sessionState records what a request has done with its session.
type sessionState struct {
	session *session.Session // its user has been authenticated or has logged in
}

// stateKey is the context key of a request's state, for each site.
type stateKey struct{ site *sessionSite }

func (s *sessionSite) state(c *gin.Context) *sessionState {
	if value, ok := c.Get(stateKey{s}); ok {
		return value.(*sessionState)
	}
	state := new(sessionState)
	c.Set(stateKey{s}, state)
	return state
}

// Current returns the session of the request, if the request was authenticated
// by it or has logged in. Use it to read values that Django's views have
// stored, or to change them and store them with [session.Store.Save].
func (s *SessionAuth) Current(c *gin.Context) (current *session.Session, ok bool) {
	current = s.state(c).session
	return current, current != nil
}
