package jwt

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/mounting"
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

	// ForOthers says that other programs, or classes of the application's own,
	// accept the tokens. [ginauth.Auth.Check] then has no finding if no route
	// of the engine accepts them.
	ForOthers bool

	// Rules replace what the routes inherit or declare themselves, e.g.
	// ginauth.ThrottleClasses(...) or ginauth.NoThrottles().
	Rules []ginauth.Rule

	// MaxBodyBytes is the length up to which a body is read; a longer body is
	// refused with 413. Default: 64 KiB.
	MaxBodyBytes int64
}

const loginRate = "20/min"

// Mount registers those of simplejwt's views that have a path:
//
//	jwt.Mount(auth, r, db, config, jwt.Endpoints{Pair: "/api/token/", Refresh: "/api/token/refresh/"})
//
// Bodies are JSON, form or multipart form. The routes carry their own policy:
// any client may call them, and no authenticator looks at the header. A refusal
// is 401 with the challenge of an [Auth]. Other methods get 405 and Allow.
//
// At Pair and Sliding an address may try 20 times a minute, whatever the name,
// because otherwise guessing passwords would be free (simplejwt's views have no
// throttle). The count belongs to this process, covers both routes together,
// and replaces inherited throttles. The other routes accept nothing that could
// be guessed, and inherit their throttles. Rules replace both.
//
// Mount panics as [NewIssuer] and [ginauth.Auth.Group] do, if Blacklist has a
// path and the config sets WithoutBlacklist, and if no endpoint has a path. If
// no route of the engine accepts the tokens, because of another key, issuer or
// audience or because an authenticator is missing, that is a finding of
// [ginauth.Auth.Check].
func Mount(auth *ginauth.Auth, r gin.IRouter, db *gorm.DB, config Config, endpoints Endpoints) {
	issuer := newIssuer("Mount", db, config)
	if endpoints.Blacklist != "" && issuer.blacklist == nil {
		panic("jwt: Mount: Endpoints.Blacklist has no effect with WithoutBlacklist; leave one of them out")
	}
	if endpoints.none() {
		panic("jwt: Mount: Endpoints has no path, so nothing would be there; give e.g. Pair: \"/api/token/\"")
	}
	endpoints.MaxBodyBytes = mounting.BodyLimit("jwt: Mount", endpoints.MaxBodyBytes)
	if !endpoints.ForOthers {
		auth.AddCheck(func(_ context.Context, classes []ginauth.Authenticator) error {
			return issuer.checkAccepted(endpoints, classes)
		})
	}
	throttle := policies.AddressRate(loginRate)
	everybody := auth.With(r, ginauth.AuthenticationClasses(nobody{&issuer.config}), ginauth.PermissionClasses(policies.AllowAny))
	for _, v := range views(issuer, endpoints) {
		if v.path == "" {
			continue
		}
		v.maxBodyBytes = endpoints.MaxBodyBytes
		open := everybody
		if v.login {
			open = auth.With(open, ginauth.ThrottleClasses(throttle))
		}
		auth.With(open, endpoints.Rules...).Any(v.path, v.serve)
	}
}

// none reports whether no endpoint has a path.
func (e Endpoints) none() bool {
	return e.Pair+e.Refresh+e.Verify+e.Blacklist+e.Sliding+e.SlidingRefresh == ""
}

// nobody is an authenticator that ignores credentials, and makes a refusal 401
// with the challenge (simplejwt: TokenViewBase).
type nobody struct{ config *Config }

var _ ginauth.Challenger = nobody{}

func (nobody) Authenticate(*gin.Context) (*ginauth.Identity, error) {
	return nil, ginauth.ErrNoCredentials
}
func (n nobody) Challenge(*gin.Context) string { return n.config.challenge() }
func (nobody) String() string                  { return "JWT(challenge only)" }

// view is one of the endpoints.
type view struct {
	path, metadata string
	login          bool // takes a user name and a password
	post           func(c *gin.Context, in input) (any, error)
	maxBodyBytes   int64
}

func (v view) serve(c *gin.Context) {
	c.Header("Allow", "POST, OPTIONS")
	switch c.Request.Method {
	case http.MethodPost:
		answer, err := v.answer(c)
		if err != nil {
			ginauth.Abort(c, err)
			return
		}
		c.Header("Cache-Control", "no-store") // RFC 6749 section 5.1
		ginauth.JSON(c, http.StatusOK, answer)
	case http.MethodOptions:
		c.Data(http.StatusOK, "application/json", []byte(v.metadata))
	default:
		ginauth.Abort(c, ginauth.MethodNotAllowed(c.Request.Method))
	}
}
