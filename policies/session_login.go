package policies

import (
	"errors"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/cookies"
	"github.com/ginauth/ginauth/internal/fingerprint"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
	"github.com/ginauth/ginauth/models/session"
)

var errAnswered = errors.New("policies: the cookies of a login cannot be set after the answer has begun")

// Login begins a session of the user and sets its cookie, for handlers that
// have checked the credentials (Django: login). The session has a new key and
// the client a new CSRF token, whatever cookies the request came with; the
// request's previous session is deleted. [session.Store.Login] says what is
// kept of it. The factors are what the user has proved, as [login.Result] tells.
//
// The handler must call [SessionAuth.CheckCSRF] first; otherwise other sites
// can log their visitors in under a different account. An error is a failure on
// our side; in that case nothing has been stored.
func (s *SessionAuth) Login(c *gin.Context, user models.UserModel, factors ...login.Factor) error {
	if c.Writer.Written() {
		return errAnswered
	}
	key, _ := cookies.Last(c.Request, s.config.CookieName)
	session, err := s.sessions.Login(c.Request.Context(), key, user, factors...)
	if err != nil {
		return err
	}
	s.begin(c, session, user)
	s.cookies.Rotate(c)
	tellSession(c, ginauth.CredentialIssued, (&ginauth.Identity{User: user}).Subject(), string(session.Key))
	return nil
}

// Logout ends the session of the request, if it has one, and deletes its cookie
// (Django: logout).
func (s *SessionAuth) Logout(c *gin.Context) error {
	if c.Writer.Written() {
		return errAnswered
	}
	key, sent := cookies.Last(c.Request, s.config.CookieName)
	if session := s.state(c).session; session != nil {
		key, sent = string(session.Key), true
	}
	cookies.Vary(c)
	if !sent {
		return nil
	}
	existed, err := s.sessions.Delete(c.Request.Context(), key)
	if err != nil {
		return err
	}
	s.state(c).session = nil
	s.cookies.Delete(c, s.config.CookieName)
	if existed { // any client can send a cookie
		tellSession(c, ginauth.CredentialRevoked, "", key)
	}
	return nil
}

// UpdateAuthHash keeps a user logged in who has just changed the password with
// [models.Users.SetPassword], and ends the user's other sessions (Django:
// update_session_auth_hash). The session gets a new key. It does nothing if the
// request has no session of that user.
func (s *SessionAuth) UpdateAuthHash(c *gin.Context, user models.UserModel) error {
	if c.Writer.Written() {
		return errAnswered
	}
	session := s.state(c).session
	if session == nil {
		return nil
	}
	fresh, err := s.sessions.UpdateAuthHash(c.Request.Context(), session, user)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	s.begin(c, fresh, user)
	tellSession(c, ginauth.CredentialRotated, "", string(fresh.Key))
	return nil
}

// tellSession emits an event about a session of the subject, or of the user of
// the request.
func tellSession(c *gin.Context, kind ginauth.EventKind, subject, key string) {
	ginauth.Emit(c, ginauth.Event{
		Kind: kind, Subject: subject, Credential: "session", CredentialID: fingerprint.Of(key),
	})
}

// begin makes a session of the user the request's.
func (s *sessionSite) begin(c *gin.Context, session *session.Session, user models.UserModel) {
	cookies.Vary(c)
	c.Header("Cache-Control", "no-store")
	s.setCookie(c, session)
	s.state(c).session = session
	s.note(c, session, user)
}

// setCookie sends the session's key.
func (s *sessionSite) setCookie(c *gin.Context, session *session.Session) {
	lasts := max(time.Second, time.Until(session.ExpireDate).Round(time.Second))
	if s.config.BrowserSession || session.EndsWithBrowser() {
		lasts = 0
	}
	s.cookies.Send(c, s.cookies.Credential(s.config.CookieName, string(session.Key), lasts))
}
