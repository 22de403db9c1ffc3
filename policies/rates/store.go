package rates

import (
	"context"
	"time"

	"github.com/ginauth/ginauth/internal/ratekey"
)

// Key names one log of requests: a counter, and the client that is counted. It
// is comparable, so it can be the key of a map, and its method String returns a
// readable text for stores that keep text, which differs for different keys. A
// user, an address and a key of the application's own are never the same key,
// whatever they contain. The zero value is not a key. The classes of package
// policies make keys; an application that counts something of its own takes
// [NewKey].
//
//	user:1000/hour:user:42            a user with a number
//	user:1000/hour:user:=7c9e6679     a user with a text
//	user:1000/hour:program:=apikey:x1 a program, such as the bearer of an API key
//	anon:60/min:addr:203.0.113.7      an address; "unknown" for those without one
//	anon:60/min:addr:2001:db8:1:2::   a network
//	login/min:key:=alice@example.com  a key of the application's own
//	login/min:key:#kZ1dXq...          the SHA-256 of one that is long or has odd characters
type Key ratekey.Key

// String returns the key as readable text, as in the examples of [Key].
func (k Key) String() string { return ratekey.Key(k).String() }

// NewKey returns the key of the application's own that a text names. counter
// names what is counted, such as "exports/min"; it is written by the
// application, never by a client.
func NewKey(counter, text string) Key { return Key(ratekey.OfOwn(counter, text)) }

// Store keeps logs of the requests that were admitted. There are two
// implementations: [NewMemoryStore] for one process, and package
// policies/redisrate for many.
//
// Take decides whether one more request is within the rate, and if so stores
// it, in one atomic step: however many callers there are, no more than
// rate.Limit requests are admitted in any stretch of time as long as
// rate.Period. Only admitted requests are stored. A log of more than 64
// requests may be kept as 64 groups, each of which counts as old as its newest
// request. A client may therefore wait up to a 63rd of the period longer than
// it had to, never shorter. A key is always taken with one period, but not
// always with one limit.
//
// Peek says what Take would answer, so that explanations of requests show it. It
// stores nothing, creates no key and changes no expiry. known is false if the
// store cannot tell, such as one that counts in the memory of another process.
//
// An error is a failure: nothing is known about the request. Implementations
// must be safe for concurrent use.
type Store interface {
	Take(ctx context.Context, key Key, rate Rate) (Tally, error)
	Peek(ctx context.Context, key Key, rate Rate) (t Tally, known bool, err error)
}

// Tally is the answer of a [Store].
type Tally struct {
	Admitted bool
	Stored   int           // how many requests of the last period the log held before this one
	Oldest   time.Duration // the age of the oldest of them; zero if there were none

	// Wait is, for a refused request, the time until enough requests have left
	// the log for one more to be admitted: more than the oldest alone, if a
	// class with a higher limit has filled the log beyond this one's limit. It
	// is zero for an admitted request and for a limit of zero.
	Wait time.Duration
}

// maxSlots is the number of groups in which a log is kept.
const maxSlots = 64

// slotWidth returns how long after a slot's first request others join it, in
// whole microseconds, the unit of Redis. The oldest slot that counts began less
// than a period and a width ago, so 64 slots are enough.
func (r Rate) slotWidth() time.Duration {
	if r.Limit <= maxSlots {
		return 0
	}
	width := (r.Period + maxSlots - 2) / (maxSlots - 1)
	return (width + time.Microsecond - 1).Truncate(time.Microsecond)
}
