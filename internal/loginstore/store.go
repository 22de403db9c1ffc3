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
// rules, those of [Curve], to the microsecond; a shared suite of tests checks
// this.
//
// Each method is atomic. An attempt is counted when it is reserved, before its
// password is tested: however many come at once, no more are tested than the
// curve allows. A reservation that is not settled within two minutes counts as
// failed.
//
// An error is a failure: nothing is known about the attempt. Implementations
// must be safe for concurrent use.
type Store interface {
	// Reserve counts an attempt, or refuses it and counts that.
	Reserve(ctx context.Context, attempt Attempt, curve Curve) (Reservation, error)

	// Settle reports the outcome of an attempt that was reserved.
	Settle(ctx context.Context, reserved Reservation, outcome Outcome, curve Curve) error

	// Counters returns the counters that a filter selects, in no order.
	// Iteration ends after the first error.
	Counters(ctx context.Context, filter Filter) iter.Seq2[Counter, error]

	// Reset sets the counters that a filter selects to zero, and returns their
	// number. Users stay known where they are.
	Reset(ctx context.Context, filter Filter) (reset int, err error)
}

// Timeout bounds each question to a store, where no shorter timeout is set for
// the database of the users.
const Timeout = 5 * time.Second

// Busy is the error of an attempt for which there was no time, because others
// were being tested or asked the store all the time. The store itself works.
type Busy struct{}

func (Busy) Error() string {
	return "logins: too many passwords of one account or network, or in all, are being tested"
}

// RetryAfter makes it a 503 that says when to come again.
func (Busy) RetryAfter() time.Duration { return time.Second }

// Attempt is an attempt to log in with a user name and a password.
type Attempt struct {
	Account   Account      // under which it is counted
	Principal Principal    // by which it is known
	Network   netip.Prefix // the zero value: unknown
}

// Verdict is the decision about an attempt.
type Verdict int

// The verdicts of [Store.Reserve].
const (
	Reserved Verdict = iota + 1 // the password may be tested; then Settle must be called
	Refused                     // the password must not be tested; another attempt may be after Wait
	Crowded                     // not now, because as many are being tested as may fail; nothing was counted
)

// Reservation is the answer of [Store.Reserve].
type Reservation struct {
	Attempt
	Verdict Verdict
	Wait    time.Duration // if it is refused
	Known   bool          // the user is known in the network, so the gates were not asked

	// Reusable means that nothing has to be written if the password is right.
	// The next attempt of the same kind may then have the reservation, within a
	// few seconds.
	Reusable bool

	// The rest is for the store that has made the reservation.

	At        int64 // when, in microseconds
	AtNetwork int64 // the same by another clock, if the network's counter is on another server
	Turn      bool  // it is a turn at the account's gate
	Shared    int   // a bit for each of its counters that is shared
}

// Outcome is the outcome of testing a password.
type Outcome int

// The outcomes for [Store.Settle].
const (
	Failed    Outcome = iota + 1 // it was wrong, or the outcome is unknown
	Succeeded                    // it was right: the attempt is taken back, and the user is known in the network
	Untested                     // it could not be tested, through no fault of the client's: the attempt is given back
)

// Kind says what a counter counts.
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

// Keys returns the keys of an attempt's counters, in the order of a state.
func (a Attempt) Keys() [3]Key {
	return [3]Key{
		{Kind: OfAccountInNetwork, Account: a.Account, Network: a.Network},
		{Kind: OfAccount, Account: a.Account},
		{Kind: OfNetwork, Network: a.Network},
	}
}

// knownKey returns the key under which an attempt is known.
func (a Attempt) knownKey() Key {
	return Key{Kind: OfUserInNetwork, Account: a.Account, Principal: a.Principal, Network: a.Network}
}

// SharedPlaces is the number of places, of each kind, for counters that a full
// [Store] shares.
const SharedPlaces = 1024

// SharedPlace returns the place that the counter of a key shares with others
// when there is no room. The accounts of a network share one.
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

	// Failed is the number of wrong passwords: of an account in a network those
	// that still count, otherwise all since the counter was created.
	Failed int64

	Pending int64     // passwords that are being tested
	Refused int64     // attempts refused since the counter was created; may be some seconds late
	Last    time.Time // the last failure, or the last refusal that has given a turn
	Next    time.Time // the time from which the next is not refused; may be over
	Known   time.Time // of OfUserInNetwork: the end of its time
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
