package jwt

import (
	"context"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/endpoint"
	"github.com/ginauth/ginauth/internal/requestdata"
	"github.com/ginauth/ginauth/policies"
)

// Endpoints holds the paths of simplejwt's views. A view with an empty path is
// not registered.
type Endpoints struct {
	// Pair is TokenObtainPairView: a user name and a password for {"refresh",
	// "access"}.
	Pair string

	// Refresh is TokenRefreshView: {"refresh"} for {"access"}, and "refresh"
	// with RotateRefreshTokens.
	Refresh string

	// Verify is TokenVerifyView: {"token"} of any type for {}.
	Verify string

	// Blacklist is TokenBlacklistView: {"refresh"} for {}.
	Blacklist string

	// Sliding is TokenObtainSlidingView: a user name and a password for
	// {"token"}.
	Sliding string

	// SlidingRefresh is TokenRefreshSlidingView: {"token"} for {"token"}.
	SlidingRefresh string

	// CSRF returns {"csrftoken": "..."} and sets the cookie that it belongs to,
	// for pages that log in and out with Config.Cookies.
	CSRF string

	// ForOthers says that other programs, or classes of the application's own,
	// accept the tokens. [ginauth.Auth.Check] then has no finding if no route
	// of the engine accepts them.
	ForOthers bool

	// Rules replace what the routes inherit or declare themselves, e.g.
	// ginauth.ThrottleClasses(...) or ginauth.NoThrottles().
	Rules []ginauth.Rule

	// Extend returns the body of an answer that holds tokens, in place of
	// simplejwt's, e.g. for the clients of another library. An error is answered
	// as [ginauth.Abort] does; the tokens have been made by then. Default:
	// simplejwt's bodies.
	Extend func(c *gin.Context, issued Issued) (any, error)

	// MaxBodyBytes is the length up to which a body is read; a longer body is
	// refused with 413. Default: 64 KiB.
	MaxBodyBytes int64
}

// Mount registers those of simplejwt's views that have a path:
//
//	endpoints := jwt.Endpoints{Pair: "/api/token/", Refresh: "/api/token/refresh/"}
//	jwt.Mount(auth, r, endpoints, db, config)
//
// Bodies are JSON, form or multipart form. The routes carry their own policy:
// any client may call them, and no authenticator looks at the request. A refusal
// is 401 with the challenge of an [Authenticator]. Other methods get 405 and
// Allow.
//
// At Pair and Sliding an address may try 20 times a minute, whatever the name,
// because otherwise guessing passwords would be free (simplejwt's views have no
// throttle). The count belongs to this process, covers both routes together,
// and replaces inherited throttles. The other routes accept nothing that could
// be guessed, and inherit their throttles. Rules replace both.
//
// With [Config.Cookies], tokens are sent and read in cookies only; bodies never
// hold one. A logout without a token that could be revoked deletes the cookies
// too, and is 200. A refusal at Refresh leaves them, because another tab may
// have got new ones. To serve browsers and other programs, mount two sets of
// endpoints.
//
// Mount panics as [NewIssuer] and [ginauth.Auth.Group] do, if Blacklist has a
// path and the config sets WithoutBlacklist, if CSRF, Sliding, SlidingRefresh
// or Extend do not fit Config.Cookies, and if no endpoint has a path. If no route of the
// engine accepts the tokens, because of another key, issuer, audience or name of
// the cookie, or because an authenticator is missing, that is a finding of
// [ginauth.Auth.Check].
func Mount(auth *ginauth.Auth, r gin.IRouter, endpoints Endpoints, db *gorm.DB, config Config) {
	const constructor = "jwt: Mount"
	issuer := newIssuer(constructor, db, config)
	if endpoints.Blacklist != "" && config.WithoutBlacklist {
		panic(constructor + ": Endpoints.Blacklist has no effect with WithoutBlacklist; leave one of them out")
	}
	if fault := endpoints.fault(issuer.config.jar); fault != "" {
		panic(constructor + ": " + fault)
	}
	if endpoints.none() {
		panic(constructor + ": Endpoints has no path, so nothing would be there; give e.g. Pair: \"/api/token/\"")
	}
	if endpoints.Pair+endpoints.Sliding != "" {
		auth.AddCheck(func(ctx context.Context, _ []ginauth.Authenticator) error {
			return issuer.logins.Preflight(ctx)
		})
	}
	body := endpoint.NewBody(constructor, endpoints.MaxBodyBytes,
		requestdata.JSON, requestdata.Form, requestdata.Multipart)
	if !endpoints.ForOthers {
		auth.AddCheck(func(_ context.Context, classes []ginauth.Authenticator) error {
			return issuer.checkAccepted(endpoints, classes)
		})
	}
	throttle := policies.AddressRate(endpoint.LoginRate)
	anyone := auth.With(r, ginauth.AuthenticationClasses(challenger{&issuer.config}),
		ginauth.PermissionClasses(ginauth.Public("asks for credentials itself")))
	for _, v := range views(issuer, endpoints) {
		if v.path == "" {
			continue
		}
		v.extend, v.config = endpoints.Extend, &issuer.config
		open := anyone
		if v.login {
			open = auth.With(open, ginauth.ThrottleClasses(throttle))
		}
		auth.With(open, endpoints.Rules...).Any(v.path, v.handler(body))
	}
	if endpoints.CSRF != "" {
		auth.With(anyone, endpoints.Rules...).Any(endpoints.CSRF, issuer.config.jar.csrfView(body))
	}
}

// fault returns what is wrong with the endpoints of a config with that jar.
func (e Endpoints) fault(j *jar) string {
	switch {
	case j == nil && e.CSRF != "":
		return "Endpoints.CSRF has no effect without Config.Cookies; leave it out"
	case j == nil:
		return ""
	case j.config.CrossOrigin != nil && e.CSRF != "":
		return "Endpoints.CSRF has no effect with Cookies.CrossOrigin, which needs no tokens; leave it out"
	case e.Extend != nil:
		return "Endpoints.Extend would put the tokens of Config.Cookies into the body, " +
			"where scripts can read them; leave it out"
	case e.Sliding+e.SlidingRefresh != "":
		return "sliding tokens are not kept in cookies; " +
			"use Pair and Refresh, or mount them with a Config without Cookies"
	}
	return ""
}

// none reports whether no endpoint has a path.
func (e Endpoints) none() bool {
	return e.Pair+e.Refresh+e.Verify+e.Blacklist+e.Sliding+e.SlidingRefresh+e.CSRF == ""
}

// challenger is an authenticator that ignores credentials, and makes a refusal
// 401 with the challenge (simplejwt: TokenViewBase).
type challenger struct{ config *Config }

var _ ginauth.Challenger = challenger{}

func (challenger) Authenticate(*gin.Context) (*ginauth.Identity, error) {
	return nil, ginauth.ErrNoCredentials
}
func (ch challenger) Challenge(*gin.Context) string { return ch.config.challenge() }
func (challenger) String() string                   { return "JWT(challenge only)" }

// Describe implements [ginauth.Describer]: no credential is accepted.
func (challenger) Describe() ginauth.AuthenticatorTraits {
	return ginauth.AuthenticatorTraits{Accepts: func(string) []ginauth.Alternative { return nil }}
}
