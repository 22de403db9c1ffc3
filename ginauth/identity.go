package ginauth

import (
	"maps"

	"github.com/gin-gonic/gin"
)

// The context keys that the guard sets on every request of a guarded route,
// before the first permission class is asked, for code that knows only Gin.
const (
	userKey = "user" // the [User]: request.user in Django REST framework
	authKey = "auth" // the credential, e.g. a *models.Token, or nil: request.auth
)

// User is the user that makes a request. An application's own user struct needs
// this one method.
type User interface {
	// Authenticated reports false for the anonymous user only (Django:
	// is_authenticated).
	Authenticated() bool
}

// Identity is what an [Authenticator] establishes: the user, and the credential
// that proves it. Many requests may share one Identity, so classes must not
// change theirs, and an authenticator may return the same one again.
type Identity struct {
	User User
	Auth any
}

// Authenticated reports whether the identity is that of an authenticated user.
// It reports false for a nil identity and a nil user.
func (id *Identity) Authenticated() bool {
	return id != nil && id.User != nil && id.User.Authenticated()
}

// Subject returns a name of the user for logs: the result of its method Subject
// if it has one, or else "anonymous" or "user". It contains no credential.
func (id *Identity) Subject() string {
	if !id.Authenticated() {
		return "anonymous"
	}
	if s, ok := id.User.(interface{ Subject() string }); ok {
		return s.Subject()
	}
	return "user"
}

// contextKey is the type of the keys that only this package can read.
type contextKey int

const (
	identityKey contextKey = iota
	bindingKey
	objectKey
	requestIDKey
	spentKey
)

// Current returns a copy of the identity that the guard established for this
// request. It is never nil: without credentials it is the anonymous identity,
// and on a route without a guard an empty one, which is not authenticated.
func Current(c *gin.Context) *Identity {
	id := current(c)
	return &id
}

func current(c *gin.Context) Identity {
	if value, ok := c.Get(identityKey); ok {
		return *value.(*Identity)
	}
	return Identity{}
}

// bindingOf returns the binding whose guard the request has passed, or nil on a
// route without a guard.
func bindingOf(c *gin.Context) *binding {
	value, _ := c.Get(bindingKey)
	b, _ := value.(*binding)
	return b
}

// UserAs returns the user of the request as the application's own type:
//
//	user, ok := ginauth.UserAs[*models.User](c)
//
// ok is false if the user is of another type, as the anonymous user is.
func UserAs[T User](c *gin.Context) (user T, ok bool) {
	user, ok = current(c).User.(T)
	return user, ok
}

// AuthAs returns the credential of the request as the type of such credentials:
//
//	token, ok := ginauth.AuthAs[*models.Token](c)
//
// ok is false if the credential is of another type, or missing.
func AuthAs[T any](c *gin.Context) (auth T, ok bool) {
	auth, ok = current(c).Auth.(T)
	return auth, ok
}

// anonymousKeys returns what the context of a request without credentials
// contains after the guard of b. The map to clone is made by the first request,
// since most of the routes of a large application are hardly ever called.
func (b *binding) anonymousKeys() map[any]any {
	b.once.Do(func() {
		id := &b.auth.anonymous
		b.keys = map[any]any{userKey: id.User, authKey: id.Auth, identityKey: id, bindingKey: b}
	})
	return maps.Clone(b.keys)
}

// bindTo makes the binding available to authenticators, which may ask for the
// client's address. Cloning a map is cheaper than setting one key.
func bindTo(c *gin.Context, b *binding) {
	if c.Keys == nil { // no other goroutine can read the map yet, so Gin's lock is not needed
		c.Keys = b.anonymousKeys()
		return
	}
	c.Set(bindingKey, b)
}

// establish makes id the identity of the request. A binding with authenticators
// has been bound; they may have set keys of their own.
func establish(c *gin.Context, b *binding, id *Identity) {
	if len(b.policy.authenticators) == 0 {
		if c.Keys == nil && id == &b.auth.anonymous {
			c.Keys = b.anonymousKeys()
			return
		}
		c.Set(bindingKey, b)
	}
	c.Set(userKey, id.User)
	c.Set(authKey, id.Auth)
	c.Set(identityKey, id)
}
