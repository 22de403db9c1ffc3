package ginauth

import (
	"errors"
	"time"

	"github.com/gin-gonic/gin"
)

// ErrNoCredentials says that a request carries no credentials of an
// authenticator's kind, so the next one may try. It is the only error that lets
// it, and only by itself: wrong credentials and failures end authentication,
// even if they wrap it.
var ErrNoCredentials = errors.New("ginauth: no credentials of this kind")

// Authenticator identifies who makes a request (DRF: BaseAuthentication). It
// returns
//   - an identity: authentication ends here;
//   - [ErrNoCredentials]: none of mine here;
//   - an [*Error], e.g. [AuthenticationFailed], or an error that [Abort]
//     answers with 401, as models.ErrBadCredentials: the request is refused
//     with it;
//   - any other error, a failure of ours: 503, logged.
//
// Implementations are shared by all requests and must be safe for concurrent
// use.
type Authenticator interface {
	Authenticate(c *gin.Context) (*Identity, error)
}

// Challenger is an optional ability of an [Authenticator]: the value of
// WWW-Authenticate. The first authenticator of a route decides whether an
// unauthenticated request is refused with 401 and its challenge, or, if it has
// none, with 403 (DRF: authenticate_header).
type Challenger interface {
	Challenge(c *gin.Context) string
}

// Permission decides whether a request may go on (DRF:
// BasePermission.has_permission). The bool is the decision. An error is not
// one: an [*Error] refuses the request with its own status, e.g. [NotFound],
// and any other error is a failure of ours: 503, logged. Implementations must
// be safe for concurrent use.
type Permission interface {
	HasPermission(c *gin.Context, id *Identity) (bool, error)
}

// Denial is an optional ability of a [Permission]: what the client is told when
// it refuses (DRF: the attributes message and code). A nil message and an empty
// code stand for DRF's own. Only authenticated requests, and those of routes
// without authenticators, see it; others are told to authenticate.
type Denial interface {
	Message() any
	Code() string
}

// Decider is an optional ability of a [Permission] that is made of others: it
// says which of them refused, nil if none did, so that the client is told what
// that one says and the log names it.
type Decider interface {
	Decide(c *gin.Context, id *Identity) (refusing Permission, err error)
}

// Decide asks a permission, and returns the one that refused: p itself, a part
// of it if it is a [Decider], or nil.
func Decide(p Permission, c *gin.Context, id *Identity) (refusing Permission, err error) {
	if d, ok := p.(Decider); ok {
		return d.Decide(c, id)
	}
	if ok, err := p.HasPermission(c, id); !ok || err != nil {
		return p, err
	}
	return nil, nil
}

// Concealer is an optional ability of a [Permission] that does not tell that an
// object is there: if Conceals is true, requests that it refuses get 404 "Not
// found.", authenticated or not, instead of 401 or 403.
//
// It is for objects. That a route exists is told all the same: wrong
// credentials get 401 there, limited tokens 403, other methods 405 and a
// missing slash 301, where a path that does not exist gets Gin's 404.
// [Auth.Check] finds routes without an object that a permission is to conceal.
type Concealer interface {
	Conceals() bool
}

// Throttle decides whether a request is within its rate, and counts it, in one
// atomic step (DRF: BaseThrottle). An error is a failure of ours: 503, logged.
// Implementations must be safe for concurrent use.
type Throttle interface {
	Allow(c *gin.Context, id *Identity) (Admission, error)
}

// Admission is the answer of a [Throttle]. The zero value refuses.
type Admission struct {
	Allowed bool
	Wait    time.Duration // until a refused request may be tried again; zero: unknown
	Quota   Quota         // what [RateLimitHeaders] tells; the zero value: nothing
}

// ScopedThrottle is an optional ability of a [Throttle] whose rate depends on
// the [ThrottleScope] of the route: whether it has one for that scope.
// [Auth.Check] finds scopes without a rate in one of them.
type ScopedThrottle interface {
	HasRate(scope string) bool
}

// AddressCounter is an optional ability of a [Throttle], or of an
// [Authenticator] that limits failures: whether it counts by [ClientAddress].
// [Auth.Check] finds such classes where clients can choose that address by
// Gin's settings.
type AddressCounter interface {
	CountsByAddress() bool
}
