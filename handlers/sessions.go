package handlers

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/endpoint"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/session"
	"github.com/ginauth/ginauth/policies"
)

// sessionDescription is what a user is told of a session.
type sessionDescription struct {
	ID       string    `json:"id"`
	Device   string    `json:"device"`  // as its browser names itself; "" if it does not
	Address  string    `json:"address"` // "" if it is unknown
	Created  time.Time `json:"created"`
	LastUsed time.Time `json:"last_used"` // accurate to about a minute
	Expires  time.Time `json:"expires"`
	Current  bool      `json:"current"` // the session of this request
}

// othersRate is how often a user may end all other sessions, for which the
// whole table of sessions is read.
const othersRate = "10/hour"

// MountSessionList registers the routes by which users see where they are logged
// in, and end sessions:
//
//   - GET path lists the user's sessions, those that were used last first, as
//     [{"id": "...", "device": "...", "address": "...", "created": "...",
//     "last_used": "...", "expires": "...", "current": true}];
//   - DELETE path/others ends all of the user's sessions but that of the
//     request, and answers 204. If the credential of the request is no session,
//     it ends them all. Each user may do so ten times an hour;
//   - DELETE path/:id ends one session and answers 204. If that is the session
//     of the request, its cookie is deleted too. The id of another user's
//     session is 404.
//
// They end on every server at once, also for a Django on the database. Other
// credentials remain; [MountLogoutAll] ends all of them.
//
// The session must have been made with [policies.SessionConfig].RecordUse. A
// session that began before, or that only Django has seen, is listed from its
// first use here on; DELETE path/others ends it anyway. The id is not the key
// of the session, and is the credential id of its events.
//
// The routes are for authenticated users, and inherit authenticators and
// throttles; rules replace what they inherit or declare themselves. Sessions are
// checked for CSRF by their authenticator.
//
// MountSessionList panics as [ginauth.Auth.Group] does, if there is no session
// or it does not record its use, and if the path is empty.
func MountSessionList(
	auth *ginauth.Auth, r gin.IRouter, path string, session *policies.SessionAuth, rules ...ginauth.Rule,
) {
	const constructor = "handlers: MountSessionList"
	if session == nil {
		panic(constructor + " was given no session; it takes what policies.Session returns")
	}
	if !session.Sessions().RecordsUse() {
		panic(constructor + ": the session does not record its use, so there is nothing to list; " +
			"set RecordUse in the policies.SessionConfig")
	}
	h := &userSessions{
		session: session, sessions: session.Sessions(), body: endpoint.NewBody(constructor, 0, anyParser...),
	}
	own := auth.With(r, ginauth.PermissionClasses(policies.IsAuthenticated), ginauth.NoObject())
	endpoint.CheckPath(constructor, own, path, "/sessions")
	base, slash := path, ""
	if trimmed, ok := strings.CutSuffix(path, "/"); ok {
		base, slash = trimmed, "/"
	}
	others := auth.With(own, ginauth.ThrottleClasses(policies.UserRate(othersRate)))
	auth.With(own, rules...).Any(path, h.view("Session List", http.MethodGet, h.list))
	auth.With(others, rules...).Any(base+"/others"+slash, h.view("Other Sessions", http.MethodDelete, h.endOthers))
	auth.With(own, rules...).Any(base+"/:id"+slash, h.view("Session", http.MethodDelete, h.end))
}

type userSessions struct {
	session  *policies.SessionAuth
	sessions *session.Store
	body     endpoint.Body
}

// sessionAnswer answers a method of a view for the user of the sessions.
type sessionAnswer func(c *gin.Context, user models.UserModel) (status int, body any, err error)

func (h *userSessions) view(name, method string, answer sessionAnswer) gin.HandlerFunc {
	answerUser := func(c *gin.Context) (int, any, error) {
		user, ok := ginauth.UserAs[models.UserModel](c)
		if !ok || h.sessions.Users().Key(user) == nil { // such as a service, which has no sessions
			return 0, nil, ginauth.PermissionDenied()
		}
		status, body, err := answer(c, user)
		switch {
		case errors.Is(err, models.ErrNotFound):
			return 0, nil, ginauth.NotFound()
		case err != nil:
			return 0, nil, ginauth.Unavailable(err)
		}
		return status, body, nil
	}
	answers := map[string]endpoint.Answer{method: answerUser}
	return endpoint.View{Name: name, Body: h.body, Methods: answers}.Handler()
}

func (h *userSessions) list(c *gin.Context, user models.UserModel) (int, any, error) {
	uses, err := h.sessions.List(c.Request.Context(), user)
	if err != nil {
		return 0, nil, err
	}
	current, has := h.session.Current(c)
	body := make([]sessionDescription, len(uses))
	for i, use := range uses {
		body[i] = sessionDescription{
			ID: use.ID, Current: has && use.ID == current.ID(), Device: use.Device, Address: use.Address,
			Created: use.Created, LastUsed: use.LastUsed, Expires: use.Expires,
		}
	}
	return http.StatusOK, body, nil
}

func (h *userSessions) end(c *gin.Context, user models.UserModel) (int, any, error) {
	id := c.Param("id")
	if current, ok := h.session.Current(c); ok && current.ID() == id {
		return http.StatusNoContent, nil, h.session.Logout(c)
	}
	if err := h.sessions.DeleteByID(c.Request.Context(), user, id); err != nil {
		return 0, nil, err
	}
	ginauth.Emit(c, ginauth.Event{Kind: ginauth.CredentialRevoked, Credential: "session", CredentialID: id})
	return http.StatusNoContent, nil, nil
}

func (h *userSessions) endOthers(c *gin.Context, user models.UserModel) (int, any, error) {
	current, _ := h.session.Current(c)
	if _, err := h.sessions.DeleteOthers(c.Request.Context(), user, current); err != nil {
		return 0, nil, err
	}
	ginauth.Emit(c, ginauth.Event{Kind: ginauth.CredentialRevoked, Credential: "session"})
	return http.StatusNoContent, nil, nil
}
