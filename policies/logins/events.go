package logins

import (
	"errors"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/models/login"
)

// held is the answer to an attempt that the limits do not admit, but for the
// wait.
var held = ginauth.Throttled().Because(errHeld)

// errHeld is its cause, by which it differs from refusals of requirements.
var errHeld = errors.New("logins: too many failures")

// tell emits what has become of a login. A login that could not be tested is
// nothing that a user or a client has done, so it is only the failure of its
// request.
func tell(c *gin.Context, result login.Result, err error) {
	e := ginauth.Event{Kind: ginauth.LoginSucceeded, Credential: "password"}
	refusal, refused := errors.AsType[*ginauth.Error](err)
	switch {
	case err == nil:
		e.Subject = (&ginauth.Identity{User: result.User}).Subject()
	case errors.Is(err, errHeld):
		e.Kind = ginauth.LoginHeld
	case errors.Is(err, models.ErrBadCredentials):
		e.Kind, e.Code = ginauth.LoginFailed, "bad_credentials"
	case refused && refusal.Status < 500:
		e.Kind, e.Code = ginauth.LoginFailed, refusal.Code
	default:
		return
	}
	ginauth.Emit(c, e)
}
