package jwt

import (
	"context"
	"errors"

	"github.com/ginauth/ginauth/ginauth"
)

var (
	_ ginauth.DeployChecker = (*Authenticator)(nil)
	_ ginauth.DeployChecker = challenger{}
)

// CheckDeploy implements [ginauth.DeployChecker]: it finds a grace in which a
// stolen token passes unnoticed, and cookies that travel over plain HTTP.
func (a *Authenticator) CheckDeploy(context.Context) error { return a.config.checkDeploy() }

// CheckDeploy implements [ginauth.DeployChecker] for the endpoints, whose
// config may be another.
func (ch challenger) CheckDeploy(context.Context) error { return ch.config.checkDeploy() }

func (c *Config) checkDeploy() error {
	var problems []error
	if c.InsecureLongGrace {
		problems = append(problems, errors.New("long-grace: "+
			"a stolen refresh token passes unnoticed during RefreshGrace; "+
			"some seconds are enough, and Config.InsecureLongGrace is not needed for them"))
	}
	return errors.Join(append(problems, c.jar.checkDeploy())...)
}
