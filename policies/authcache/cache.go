package authcache

import (
	"crypto/sha256"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/maypok86/otter/v2"

	"github.com/ginauth/ginauth/ginauth"
)

// Cacheable is an authenticator whose answer depends on one text that the client has sent, and on the database, and on nothing else of
// the request: [policies.Token], policies.AccessToken and jwt.Authenticator are. Sessions are not, since the method and the CSRF token
// count there, and neither is Basic, whose passwords are not to be kept in memory.
//
// [policies.Token]: https://pkg.go.dev/github.com/ginauth/ginauth/policies#Token
type Cacheable interface {
	ginauth.Authenticator

	// Credential returns that text, or ok false if the request has none that could be good.
	Credential(c *gin.Context) (text string, ok bool)

	// Expiry returns when the credential of an identity ends by itself; the zero time stands for never.
	Expiry(id *ginauth.Identity) time.Time
}

// Observer is an optional ability of a [Cacheable] that wants to know of every use of a credential, also of those that it was not asked
// about.
type Observer interface {
	Observe(id *ginauth.Identity)
}

// Config configures [New].
type Config struct {
	// MaxStaleness is how old an answer may be: for that long a revoked token, a deactivated user, a changed permission may still
	// count as they were. Required. A credential that expires earlier ends when it expires.
	MaxStaleness time.Duration

	// MaxEntries bounds how many credentials are kept; beyond it those are forgotten that are used least. Default: 10,000, which take
	// some 10 MB.
	MaxEntries int

	Now func() time.Time // default: time.Now
}

// Auth is an authenticator that remembers whom another has recognised. Refusals and failures are not remembered. What it keeps of a
// credential is a digest.
//
// The identity's Auth is shared by the requests that it was remembered for, and is only to be read; the user is a copy for each of them,
// which shares with the others the permissions and groups that have been read. It is safe for concurrent use.
type Auth struct {
	inner  Cacheable
	config Config
	cache  *otter.Cache[digest, entry]

	forgotten atomic.Uint64 // how often
}

var (
	_ ginauth.Authenticator = (*Auth)(nil)
	_ ginauth.Challenger    = (*Auth)(nil)
)

// maxCredential is the length, in bytes, of the longest credential that is remembered; a client must not choose how much is hashed.
const maxCredential = 16 << 10

type digest [sha256.Size]byte

// digestOf allocates nothing for the usual lengths.
func digestOf(text string) digest {
	return sha256.Sum256(append(make([]byte, 0, 256), text...))
}

// entry is an answer, until when it counts, and how often everything had been forgotten when the question was asked.
type entry struct {
	id        *ginauth.Identity
	until     time.Time
	forgotten uint64
}

// New returns an authenticator that remembers the answers of another. It panics if MaxStaleness is not positive.
func New(inner Cacheable, config Config) *Auth {
	switch {
	case inner == nil:
		panic("authcache: New was given no authenticator")
	case config.MaxStaleness <= 0:
		panic("authcache: New: MaxStaleness must be positive: how long may a revoked credential still pass? Without an answer, leave the cache out")
	case config.MaxEntries < 0:
		panic("authcache: New: MaxEntries must not be negative; 0 stands for 10,000")
	case config.MaxEntries == 0:
		config.MaxEntries = 10_000
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	return &Auth{inner: inner, config: config, cache: otter.Must(&otter.Options[digest, entry]{
		MaximumSize:      config.MaxEntries,
		ExpiryCalculator: otter.ExpiryWriting[digest, entry](config.MaxStaleness), // frees memory; what counts is until
	})}
}

// Wrapped implements [ginauth.Wrapper].
func (a *Auth) Wrapped() ginauth.Authenticator { return a.inner }

// Authenticate implements [ginauth.Authenticator].
func (a *Auth) Authenticate(c *gin.Context) (*ginauth.Identity, error) {
	text, ok := a.inner.Credential(c)
	if !ok || len(text) > maxCredential {
		return a.inner.Authenticate(c)
	}
	key, now := digestOf(text), a.config.Now() // before the question, so that its time counts too
	forgotten := a.forgotten.Load()
	if e, found := a.cache.GetIfPresent(key); found && now.Before(e.until) && e.forgotten == forgotten {
		if o, ok := a.inner.(Observer); ok {
			o.Observe(e.id)
		}
		return ownCopy(e.id), nil
	}
	id, err := a.inner.Authenticate(c)
	if err != nil {
		return nil, err
	}
	until := now.Add(a.config.MaxStaleness)
	if expiry := a.inner.Expiry(id); !expiry.IsZero() && expiry.Before(until) {
		until = expiry
	}
	if now.Before(until) {
		a.cache.Set(key, entry{id, until, forgotten})
		return ownCopy(id), nil
	}
	return id, nil
}

// Forget makes that everybody is asked for again, for a process that has just revoked something itself. What requests have been answered
// that are under way is not remembered either.
func (a *Auth) Forget() {
	a.forgotten.Add(1)
	a.cache.InvalidateAll()
}

// Challenge implements [ginauth.Challenger]: that of the other authenticator, if it has one.
func (a *Auth) Challenge(c *gin.Context) string {
	if ch, ok := a.inner.(ginauth.Challenger); ok {
		return ch.Challenge(c)
	}
	return ""
}

// String returns e.g. "Token(stale for 5s)".
func (a *Auth) String() string {
	return ginauth.Name(a.inner) + "(stale for " + a.config.MaxStaleness.String() + ")"
}

// ownCopy lets a handler change its user without changing that of other requests.
func ownCopy(id *ginauth.Identity) *ginauth.Identity {
	own := *id
	if v := reflect.ValueOf(id.User); v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Struct {
		user := reflect.New(v.Type().Elem())
		user.Elem().Set(v.Elem())
		own.User = user.Interface().(ginauth.User)
	}
	return &own
}
