package loginstore

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"iter"
	"net/netip"
	"time"
)

// Store keeps the counters. There are three: [NewMemoryStore] for one process,
// [NewDatabaseStore], and package policies/redislogins. All count by the same
// rules, those of [Curve], to the microsecond; a shared suite of tests holds
// them to it.
//
// Each method is atomic: an attempt is counted when it is reserved, before its
// password is tested, so that however many come at once no more of them are
// tested than the curve allows. What nobody settles within two minutes counts
// as failed.
//
// An error is a failure: nothing is known about the attempt. Implementations
// must be safe for concurrent use.
type Store interface {
	// Reserve counts an attempt, or refuses it and counts that.
	Reserve(ctx context.Context, attempt Attempt, curve Curve) (Reservation, error)

	// Settle says what became of an attempt that was reserved.
	Settle(ctx context.Context, reserved Reservation, outcome Outcome, curve Curve) error

	// Counters returns the counters that a filter selects, in no order.
	// Iteration ends after the first error.
	Counters(ctx context.Context, filter Filter) iter.Seq2[Counter, error]

	// Reset sets the counters that a filter selects to zero, and returns how
	// many. Where a user is known it stays so.
	Reset(ctx context.Context, filter Filter) (reset int, err error)
}

// Timeout bounds each question to a store.
const Timeout = 5 * time.Second

// Busy is the error of an attempt for which there was no time, because others
// were being tested, or asked the store, all the time. The store itself has not
// failed.
type Busy struct{}

func (Busy) Error() string {
	return "logins: too many passwords of one account or network, or in all, are being tested"
}

// RetryAfter makes it a 503 that says when to come again.
func (Busy) RetryAfter() time.Duration { return time.Second }

// Attempt is a user name and a password from somewhere.
type Attempt struct {
	Account   Account      // what it is counted by
	Principal Principal    // what makes it known
	Network   netip.Prefix // the zero value: not known
}

// Verdict is what becomes of an attempt.
type Verdict int

// The verdicts of [Store.Reserve].
const (
	Reserved Verdict = iota + 1 // the password may be tested, then Settle is called
	Refused                     // it must not be tested before Wait is over
	Crowded                     // not now, since as many are being tested as may fail; nothing was counted
)

// Reservation is the answer of [Store.Reserve].
type Reservation struct {
	Attempt
	Verdict Verdict
	Wait    time.Duration // of one that is refused
	Known   bool          // whether the user is known in the network, so that the gates were not asked

	// Reusable says that nothing has to be written if the password is right, so
	// that the next attempt of the same kind may have the reservation, if it
	// comes within a few seconds.
	Reusable bool

	// What follows is for the store that has made it.

	At     int64 // when, in microseconds
	Turn   bool  // it is a turn at the account's gate
	Shared int   // which of its counters are shared, a bit each
}

// Outcome is what a test of a password came to.
type Outcome int

// The outcomes for [Store.Settle].
const (
	Failed    Outcome = iota + 1 // it was wrong, or nobody knows
	Succeeded                    // it was right: the attempt is taken back, and the user is known in the network
	Untested                     // it could not be tested, through no fault of the client's: the attempt is given back
)

// Kind is what a counter counts.
type Kind int

// The kinds of counters.
const (
	OfAccountInNetwork Kind = iota + 1
	OfAccount               // over all networks where the user is not known
	OfNetwork               // over all users that are not known there
	OfUserInNetwork         // counts nothing: the user is known there
)

// Key names a counter.
type Key struct {
	Kind      Kind
	Account   Account      // but for OfNetwork
	Principal Principal    // for OfUserInNetwork
	Network   netip.Prefix // but for OfAccount; the zero value: not known
}

// Keys returns the keys of the counters of an attempt, in the order of a state.
func (a Attempt) Keys() [3]Key {
	return [3]Key{
		{Kind: OfAccountInNetwork, Account: a.Account, Network: a.Network},
		{Kind: OfAccount, Account: a.Account},
		{Kind: OfNetwork, Network: a.Network},
	}
}

// knownKey is where an attempt is known.
func (a Attempt) knownKey() Key {
	return Key{Kind: OfUserInNetwork, Account: a.Account, Principal: a.Principal, Network: a.Network}
}

// SharedPlaces is how many places there are, of each kind, for counters of
// which a full [Store] makes no more.
const SharedPlaces = 1024

// SharedPlace is the place that the counter of a key shares with others if
// there is no room: the accounts of a network have one.
func (k Key) SharedPlace() int {
	if k.Kind == OfAccountInNetwork {
		k.Account = Account{}
	}
	sum := sha256.Sum256(append(k.Account[:], NetworkText(k.Network)...))
	return int(binary.BigEndian.Uint16(sum[:])) % SharedPlaces
}

// Counter is a counter as operators see it.
type Counter struct {
	Key
	Failed  int64     // passwords that were tested and wrong: of an account in a network those that count, else since the counter was made
	Pending int64     // passwords that are being tested
	Refused int64     // attempts whose password was not tested, since the counter was made; may be some seconds late
	Last    time.Time // the last failure, or the last refusal that has given a turn
	Next    time.Time // when the next will not be refused; may be over
	Known   time.Time // of OfUserInNetwork: until when
}

// Filter selects counters. The zero value selects all.
type Filter struct {
	Account *Account      // those of this account, in all networks and over all of them
	Network *netip.Prefix // those of this network
}

// Matches reports whether the filter selects a counter.
func (f Filter) Matches(k Key) bool {
	return (f.Account == nil || k.Kind != OfNetwork && k.Account == *f.Account) &&
		(f.Network == nil || k.Kind != OfAccount && k.Network == *f.Network)
}
