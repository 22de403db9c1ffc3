package handlers

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/endpoint"
	"github.com/ginauth/ginauth/internal/wiring"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// LogoutAllConfig configures [MountLogoutAll].
type LogoutAllConfig struct {
	// Session is the authenticator whose session of the request is deleted too,
	// along with its cookie. Without it the session is refused here from now
	// on, but a Django on the same database, which does not know about epochs,
	// continues to accept it.
	Session *policies.SessionAuth

	// Rules replace what the route inherits or declares itself, e.g.
	// ginauth.ThrottleClasses(...).
	Rules []ginauth.Rule
}

// MountLogoutAll registers a route by which users end all of their credentials,
// wherever these were issued: POST path, without a body, answers 204. See
// [models.Users.RevokeAll] for the credentials that survive.
//
// The route inherits the authenticators of r, and is for authenticated users.
// As everywhere, a session must prove that the request comes from the site's
// own pages. If the database fails the answer is 503. Then nothing has been
// revoked or, if only the session could not be deleted, everything has.
//
// MountLogoutAll panics as [ginauth.Auth.With] does, if the database's user
// model is unfit, and if the path is empty.
func MountLogoutAll(auth *ginauth.Auth, r gin.IRouter, path string, db *gorm.DB, config ...LogoutAllConfig) {
	const constructor = "handlers: MountLogoutAll"
	users, err := models.UsersOf(db)
	wiring.Check(constructor, err)
	l := &logoutAll{users: users, config: wiring.Config(constructor, config)}
	view := endpoint.View{
		Name: "Logout All", Body: endpoint.NewBody(constructor, 0, anyParser...),
		Methods: map[string]endpoint.Answer{http.MethodPost: l.revoke},
	}
	own := auth.With(r, ginauth.PermissionClasses(policies.IsAuthenticated), ginauth.NoObject())
	endpoint.CheckPath(constructor, own, path, "/logout-all")
	auth.With(own, l.config.Rules...).Any(path, view.Handler())
}

type logoutAll struct {
	users  *models.Users
	config LogoutAllConfig
}

func (l *logoutAll) revoke(c *gin.Context) (int, any, error) {
	user, ok := ginauth.UserAs[models.UserModel](c)
	if !ok || l.users.Key(user) == nil {
		return 0, nil, ginauth.ServerError(fmt.Errorf("handlers: MountLogoutAll: "+
			"the user is a %T, which is not of the database's user model: "+
			"give the route an authenticator that looks users up", ginauth.Current(c).User))
	}
	if err := l.users.RevokeAll(c.Request.Context(), user); err != nil {
		return 0, nil, ginauth.Unavailable(err)
	}
	ginauth.Emit(c, ginauth.Event{Kind: ginauth.CredentialRevoked, Credential: "all"})
	if l.config.Session == nil {
		return http.StatusNoContent, nil, nil
	}
	if err := l.config.Session.Logout(c); err != nil {
		return 0, nil, ginauth.Unavailable(err)
	}
	return http.StatusNoContent, nil, nil
}
