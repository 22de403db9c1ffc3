package policies

import (
	"context"
	"errors"
	"reflect"
	"runtime"
	"strings"

	"github.com/ginauth/ginauth/ginauth"
)

var (
	_ ginauth.DeployChecker = (*SessionAuth)(nil)
	_ ginauth.DeployChecker = (*remoteUserAuth)(nil)
	_ ginauth.DeployChecker = (*rateThrottle)(nil)
)

// CheckDeploy implements [ginauth.DeployChecker]: it finds cookies that travel
// over plain HTTP, and requests that other sites can forge.
func (s *SessionAuth) CheckDeploy(context.Context) error {
	var problems []error
	if s.config.InsecureCookie {
		problems = append(problems, errors.New("insecure-cookie: browsers send the session over plain HTTP; "+
			"remove SessionConfig.InsecureCookie"))
	}
	if s.check == noMethod {
		problems = append(problems, errors.New("without-csrf: other sites can make requests as the user; "+
			"remove InsecureWithoutCSRF"))
	}
	return errors.Join(problems...)
}

// CheckDeploy implements [ginauth.DeployChecker]: it finds trust in every peer,
// and in names that other people may have registered.
func (r *remoteUserAuth) CheckDeploy(context.Context) error {
	var problems []error
	if r.config.InsecureEveryPeer {
		problems = append(problems, errors.New("every-peer: any peer that reaches the server can name a user; "+
			"set RemoteUserConfig.Peers or UnixSocket in place of InsecureEveryPeer"))
	}
	if r.config.InsecureTakePasswordUsers {
		problems = append(problems, errors.New("password-users: "+
			"the proxy takes over accounts that people may have registered; "+
			"remove InsecureTakePasswordUsers, unless there is no registration"))
	}
	return errors.Join(problems...)
}

// CheckDeploy implements [ginauth.DeployChecker]: it finds an Address that
// clients choose, and asks the store, if that can say what is unfit.
func (t *rateThrottle) CheckDeploy(ctx context.Context) error {
	var problems []error
	address := t.config.Address
	if address != nil && isForwardedFor(runtime.FuncForPC(reflect.ValueOf(address).Pointer()).Name()) {
		problems = append(problems, errors.New("forwarded-for: "+
			"a client that sends another X-Forwarded-For each time is never refused; "+
			"leave out RateConfig.Address, or use drf.NumProxies in place of drf.InsecureForwardedFor"))
	}
	if store, ok := t.config.Store.(ginauth.DeployChecker); ok {
		problems = append(problems, store.CheckDeploy(ctx))
	}
	return errors.Join(problems...)
}

// isForwardedFor reports whether a function, by its name, is that of
// policies/drf, which this package does not import.
func isForwardedFor(function string) bool {
	return strings.HasSuffix(function, "/policies/drf.InsecureForwardedFor")
}
