package recipes

import (
	"errors"

	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies"
)

// Impersonation is the auth of a request that a superuser makes as another user.
type Impersonation struct {
	Actor *models.User
	Auth  any // the actor's own
}

// actAs is an authenticator for superusers who name another user in a header.
type actAs struct {
	inner ginauth.Authenticator // of the superuser
	users *models.Users
}

func (a actAs) Authenticate(c *gin.Context) (*ginauth.Identity, error) {
	id, err := a.inner.Authenticate(c)
	name := c.GetHeader("X-Act-As")
	if err != nil || name == "" {
		return id, err
	}
	actor, ok := id.User.(*models.User)
	if !ok || !actor.Superuser() || ginauth.LimitedCredential(id) != nil { // scopes would be lost
		return nil, ginauth.AuthenticationFailed()
	}
	found, err := a.users.ByUsername(ginauth.Context(c), name)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return nil, err // 503
	}
	user, ok := found.(*models.User)
	if !ok || !user.Active() || user.Staff() || user.Superuser() {
		return nil, ginauth.AuthenticationFailed()
	}
	ginauth.Emit(c, ginauth.Event{Kind: "impersonated", Subject: actor.Subject(), Owner: user.Subject()})
	return &ginauth.Identity{User: user, Auth: &Impersonation{actor, id.Auth}}, nil
}

// Challenge and Describe pass on what else the inner one can do.
func (a actAs) Challenge(c *gin.Context) string {
	if inner, ok := a.inner.(ginauth.Challenger); ok {
		return inner.Challenge(c)
	}
	return ""
}

func (a actAs) Describe() ginauth.AuthenticatorTraits {
	return ginauth.AuthenticatorTraits{Wraps: a.inner}
}

// notImpersonated is for routes that are the user's alone, such as a new password.
var notImpersonated = policies.Deny(policies.PermissionFunc("NotImpersonated",
	func(_ *gin.Context, id *ginauth.Identity) (bool, error) {
		_, acting := id.Auth.(*Impersonation)
		return !acting, nil
	}), "Not while acting as another user.", "impersonated")
