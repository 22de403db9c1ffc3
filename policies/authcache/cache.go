package authcache

import (
	"crypto/sha256"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/maypok86/otter/v2"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/announcement"
)

// Config configures [New].
type Config struct {
	// MaxStaleness is the maximum age of a cached answer: for that long a
	// revoked token, a deactivated user or a changed permission may still count
	// as before. Required. A credential that expires earlier ends when it
	// expires.
	MaxStaleness time.Duration

	// Listener hears what is revoked, on this server and on others, so that it
	// is refused at once. Default: none, and MaxStaleness is how late a
	// revocation takes effect.
	Listener *Listener

	// MaxEntries bounds the number of credentials kept; beyond it the least
	// used are dropped. Default: 10,000, which take about 10 MB.
	MaxEntries int

	Now func() time.Time // default: time.Now
}

// Authenticator caches the identities that another authenticator has
// established. Refusals and failures are not cached. Of a credential it keeps
// only a digest.
//
// All requests answered from one entry share the Auth of the identity, which
// must only be read. Each gets its own copy of the user; the copies share the
// permissions and groups that have been read. An Authenticator is safe for
// concurrent use.
type Authenticator struct {
	inner  ginauth.Cacheable
	config Config
	cache  *otter.Cache[digest, entry]

	forgotten atomic.Uint64 // how many times Forget was called
}

var (
	_ ginauth.Authenticator = (*Authenticator)(nil)
	_ ginauth.Challenger    = (*Authenticator)(nil)
)

// A useRecorder is told of every use of a credential that is answered from the
// cache: policies.AccessToken records when tokens were last used.
type useRecorder interface {
	RecordUse(id *ginauth.Identity)
}

// maxCredential is the length, in bytes, of the longest credential that is
// cached; a client must not choose how much is hashed.
const maxCredential = 16 << 10

type digest [sha256.Size]byte

// digestOf does not allocate for the usual lengths.
func digestOf(text string) digest {
	if len(text) > 256 {
		return digestOfLong(text)
	}
	return sha256.Sum256(append(make([]byte, 0, 256), text...))
}

// digestOfLong has a larger buffer on its stack, in a function of its own so that
// short credentials do not pay for clearing it.
//
//go:noinline
func digestOfLong(text string) digest {
	return sha256.Sum256(append(make([]byte, 0, 2048), text...))
}

// entry is a cached answer, the time until which it counts, and what had
// happened when the authenticator was asked.
type entry struct {
	id        *ginauth.Identity
	until     time.Time
	forgotten uint64 // how many times Forget had been called
	heard     moment
	slots     []uint16     // under which its end is announced; nil: any
	own       reflect.Type // see ownType
}

// New returns an authenticator that caches the answers of inner. It panics if
// inner is nil, MaxStaleness is not positive or MaxEntries is negative.
func New(inner ginauth.Cacheable, config Config) *Authenticator {
	switch {
	case inner == nil:
		panic("authcache: New was given no authenticator")
	case config.MaxStaleness <= 0:
		panic("authcache: New: MaxStaleness must be positive: how long may a revoked credential still pass? " +
			"Without an answer, leave the cache out")
	case config.MaxEntries < 0:
		panic("authcache: New: MaxEntries must not be negative; 0 stands for 10,000")
	case config.MaxEntries == 0:
		config.MaxEntries = 10_000
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	return &Authenticator{inner: inner, config: config, cache: otter.Must(&otter.Options[digest, entry]{
		MaximumSize: config.MaxEntries,
		// Frees memory; until is what counts.
		ExpiryCalculator: otter.ExpiryWriting[digest, entry](config.MaxStaleness),
	})}
}

// Describe implements [ginauth.Describer].
func (a *Authenticator) Describe() ginauth.AuthenticatorTraits {
	return ginauth.AuthenticatorTraits{Wraps: a.inner}
}

// Authenticate implements [ginauth.Authenticator].
func (a *Authenticator) Authenticate(c *gin.Context) (*ginauth.Identity, error) {
	text, ok := a.inner.Credential(c)
	if !ok || len(text) > maxCredential {
		return a.inner.Authenticate(c)
	}
	// Before asking, so that the time it takes counts too.
	key, now, forgotten := digestOf(text), a.config.Now(), a.forgotten.Load()
	e, found := a.cache.GetIfPresent(key)
	fresh := found && now.Before(e.until) && e.forgotten == forgotten
	if fresh && a.config.Listener.silent(e.heard, e.slots) {
		if o, ok := a.inner.(useRecorder); ok {
			o.RecordUse(e.id)
		}
		return e.ownCopy(), nil
	}
	heard := a.config.Listener.moment()
	id, err := a.inner.Authenticate(c)
	if err != nil {
		return nil, err
	}
	until := now.Add(a.config.MaxStaleness)
	if expiry := a.inner.Expiry(id); !expiry.IsZero() && expiry.Before(until) {
		until = expiry
	}
	if now.Before(until) {
		e := entry{id, until, forgotten, heard, a.slots(id), ownType(id.User)}
		a.cache.Set(key, e)
		return e.ownCopy(), nil
	}
	return id, nil
}

// slots returns the slots of what an identity is announced as.
func (a *Authenticator) slots(id *ginauth.Identity) (slots []uint16) {
	if a.config.Listener == nil {
		return nil
	}
	for _, name := range a.inner.AnnouncedAs(id) {
		slots = append(slots, announcement.Slot(name))
	}
	return slots
}

// Forget empties the cache, for a process that has just revoked a credential
// itself. Answers to requests in flight are not cached either. With a
// [Listener] that is needed only for changes that are not announced.
func (a *Authenticator) Forget() {
	a.forgotten.Add(1)
	a.cache.InvalidateAll()
}

// Challenge implements [ginauth.Challenger]: it returns the challenge of the
// other authenticator, if that has one.
func (a *Authenticator) Challenge(c *gin.Context) string {
	if ch, ok := a.inner.(ginauth.Challenger); ok {
		return ch.Challenge(c)
	}
	return ""
}

// String returns e.g. "Token(stale for 5s)".
func (a *Authenticator) String() string {
	return ginauth.Name(a.inner) + "(stale for " + a.config.MaxStaleness.String() + ")"
}

// ownType returns a struct type with room for an identity and its user, so that
// [ownCopy] allocates once, or nil if the user is not a pointer to a struct.
func ownType(user ginauth.User) reflect.Type {
	t := reflect.TypeOf(user)
	if t == nil || t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct || reflect.ValueOf(user).IsNil() {
		return nil
	}
	return reflect.StructOf([]reflect.StructField{
		{Name: "Identity", Type: reflect.TypeFor[ginauth.Identity]()},
		{Name: "User", Type: t.Elem()},
	})
}

// ownCopy lets a handler change its user without changing the user of other
// requests.
func (e entry) ownCopy() *ginauth.Identity {
	if e.own == nil {
		own := *e.id
		return &own
	}
	v := reflect.New(e.own).Elem()
	user := v.Field(1)
	user.Set(reflect.ValueOf(e.id.User).Elem())
	own := v.Field(0).Addr().Interface().(*ginauth.Identity)
	*own = *e.id
	own.User = user.Addr().Interface().(ginauth.User)
	return own
}
