package ginauth

import (
	"context"
	"errors"
	"time"

	"github.com/gin-gonic/gin"
)

// ErrNoCredentials reports that a request carries no credentials of an
// authenticator's kind, so that the next one may try. It is the only error that
// lets it, and only unwrapped: wrong credentials and failures end
// authentication, even if they wrap it.
var ErrNoCredentials = errors.New("ginauth: no credentials of this kind")

// Authenticator identifies the client of a request (DRF: BaseAuthentication).
// It returns
//   - an identity: authentication ends here. Its user is active; permission
//     classes do not ask;
//   - [ErrNoCredentials]: the next authenticator is asked;
//   - an [*Error] such as [AuthenticationFailed], or an error that [Abort]
//     answers with 401, such as models.ErrBadCredentials: the request is
//     refused with it;
//   - any other error, which is a failure: 503, logged.
//
// Implementations are shared by all requests and must be safe for concurrent
// use. They may implement [Challenger], [Describer] with [AuthenticatorTraits],
// [Cacheable], [Preflighter] and [DeployChecker].
type Authenticator interface {
	Authenticate(c *gin.Context) (*Identity, error)
}

// Challenger is implemented by an [Authenticator] that has a value for
// WWW-Authenticate. The first authenticator of a route decides how
// unauthenticated requests are refused: with 401 and its challenge or, if it
// has none, with 403 (DRF: authenticate_header).
type Challenger interface {
	Challenge(c *gin.Context) string
}

// Cacheable is implemented by an [Authenticator] whose answer depends only on
// one text that the client sends and on the database, not on anything else in
// the request, so that package policies/authcache may keep it. policies.Token,
// policies.AccessToken, policies.OAuth2Token and jwt.NewAuthenticator qualify.
// Sessions do not, because the method and the CSRF token count there. Basic
// does not, because its passwords must not be kept in memory.
//
// A type that embeds a Cacheable is one too. If its Authenticate looks at
// anything else in the request, embed the [Authenticator] alone, since a cache
// would skip what it looks at. A cache calls a method RecordUse(*Identity), if
// there is one, for every use that it answers; policies.AccessToken needs it,
// so a wrapper has to pass it on.
type Cacheable interface {
	Authenticator

	// Credential returns that text. ok is false if the request has none that
	// could be valid.
	Credential(c *gin.Context) (text string, ok bool)

	// Expiry returns when the credential of an identity ends by itself; the
	// zero time means never.
	Expiry(id *Identity) time.Time

	// AnnouncedAs returns the names under which the end of the credential of an
	// identity is announced; see models.Users.AnnouncedAs. A credential without a
	// name is dropped at every announcement.
	AnnouncedAs(id *Identity) (names []string)
}

// Permission decides whether a request may proceed (DRF:
// BasePermission.has_permission). The bool is the decision. An error is not
// one: an [*Error] such as [NotFound] refuses the request with its own status,
// and any other error is a failure: 503, logged. Implementations must be safe
// for concurrent use. What they may implement besides is in the package
// documentation.
type Permission interface {
	HasPermission(c *gin.Context, id *Identity) (bool, error)
}

// ObjectPermission is implemented by a [Permission] with a rule about single
// objects (DRF: BasePermission.has_object_permission). It is asked for requests
// that HasPermission lets pass, about the object that [Object] has loaded or
// that the handler gives to [CheckObject]. The bool and the error are those of
// HasPermission. A permission without it accepts every object. An object may
// not be stored yet: [CheckDraft] asks about it, in the same way unless the
// permission is a [Decider].
type ObjectPermission interface {
	HasObjectPermission(c *gin.Context, id *Identity, obj any) (bool, error)
}

// Denial is implemented by a [Permission] that chooses what the client is told
// when it refuses (DRF: the attributes message and code). A nil message and an
// empty code stand for DRF's own. Only authenticated requests, and those of
// routes without authenticators, see it; others are told to authenticate.
type Denial interface {
	Message() any
	Code() string
}

// Decider is implemented by a [Permission] that asks others, or whose rule about
// objects that are not stored yet differs from that about stored ones. Decide is
// asked in place of HasPermission and HasObjectPermission, which say the same.
// It returns the permission that refused, nil if none did, so that the client is
// told what that one says and the log names it. One that wraps another passes
// the question on:
//
//	func (w wrapper) Decide(q ginauth.Question) (refusing ginauth.Permission, err error) {
//		return q.Ask(w.inner)
//	}
//
// If the other one has a rule about objects, the wrapper must implement
// [ObjectPermission] too: without it, it counts as having none, and what applies
// rules to lists, such as policies.Filter, asks it nothing. The example is a
// whole wrapper.
type Decider interface {
	Decide(q Question) (refusing Permission, err error)
}

// Concealer is implemented by a [Permission] that hides that an object exists.
// If Conceals reports true, requests that it refuses get 404 "Not found.",
// authenticated or not, instead of 401 or 403.
//
// It is for objects. The existence of a route shows all the same: wrong
// credentials get 401 there, limited tokens 403, other methods 405 and a
// missing slash 301, where a path that does not exist gets Gin's 404.
// [Auth.Check] finds routes without an object that a permission is to conceal.
type Concealer interface {
	Conceals() bool
}

// Throttle decides whether a request is within its rate, and counts it, in one
// atomic step (DRF: BaseThrottle). An error is a failure: 503, logged.
// Implementations must be safe for concurrent use. They may implement [Peeker],
// [Describer] with [ThrottleTraits], [Preflighter] and [DeployChecker].
//
// If the Auth of an [Identity] is a Throttle, such as an API key with a quota,
// the guard asks it on every route, declared there or not, after the throttles
// of the route and only if they let the request pass: once a request, even if a
// route for files hands it on to the NoRoute handlers.
type Throttle interface {
	Allow(c *gin.Context, id *Identity) (Admission, error)
}

// Peeker is implemented by a [Throttle] that can say what Allow would answer,
// so that [Auth.Explain] says it. Peek counts nothing, stores nothing and tells
// no observer. All throttles of a request are asked with one context, in which
// those that share a count can see each other's answers.
//
// known is false if it cannot tell, such as for a store that cannot be read
// without counting; the request is then taken to pass. An error is a failure,
// as that of Allow would be.
type Peeker interface {
	Peek(c *gin.Context, id *Identity) (a Admission, known bool, err error)
}

// Admission is the answer of a [Throttle]. The zero value refuses.
type Admission struct {
	Allowed bool
	Wait    time.Duration // until a refused request may be tried again; zero: unknown
	Quota   Quota         // told to the client by [RateLimitHeaders]; zero: nothing to tell
}

// Preflighter is implemented by a class of any kind that can be misconfigured
// wherever it is used. Preflight says what is wrong with it, such as a table
// that the database lacks or a setting that does not suit the server: one line
// with the mend, or several joined by [errors.Join]. Nil means that nothing is
// wrong, or that this cannot be found out now.
//
// [Auth.Check] asks each class once, including those that others wrap or are
// composed of, and each [Observer]. At the first request it runs beside the
// requests of a server. Preflight must be quick, and end with the context.
type Preflighter interface {
	Preflight(ctx context.Context) error
}
