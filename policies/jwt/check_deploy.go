package jwt

import (
	"context"
	"errors"

	"github.com/ginauth/ginauth/ginauth"
)

var _ ginauth.DeployChecker = (*Authenticator)(nil)

// CheckDeploy implements [ginauth.DeployChecker]: it finds a grace in which a
// stolen token passes unnoticed.
func (a *Authenticator) CheckDeploy(context.Context) error {
	if a.config.InsecureLongGrace {
		return errors.New("long-grace: a stolen refresh token passes unnoticed during RefreshGrace; some seconds are enough, " +
			"and Config.InsecureLongGrace is not needed for them")
	}
	return nil
}
