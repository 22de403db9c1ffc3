package logins

import (
	"context"
	"iter"
	"net/netip"
	"time"
)

// Store keeps the counters. There are three: [NewMemoryStore] for one process, [NewDatabaseStore], and package policies/redislogins.
// All count by the same rules, those of [Curve], to the microsecond; a shared suite of tests holds them to it.
//
// Each method is atomic: an attempt is counted when it is reserved, before its password is tested, so that however many come at once
// no more of them are tested than the curve allows. What nobody settles counts as failed a minute after the last attempt on its account
// from its network.
//
// An error is a failure: nothing is known about the attempt. Implementations must be safe for concurrent use.
type Store interface {
	// Reserve counts an attempt, or refuses it and counts that.
	Reserve(ctx context.Context, attempt Attempt, curve Curve) (Reservation, error)

	// Settle says what became of an attempt that was reserved.
	Settle(ctx context.Context, reserved Reservation, outcome Outcome, curve Curve) error

	// Counters returns the counters that a filter selects, in no order. Iteration ends after the first error.
	Counters(ctx context.Context, filter Filter) iter.Seq2[Counter, error]

	// Reset sets the counters that a filter selects to zero, and returns how many. Where an account is known it stays so.
	Reset(ctx context.Context, filter Filter) (reset int, err error)
}

// Attempt is a user name and a password from somewhere.
type Attempt struct {
	Account Account
	Network netip.Prefix // the zero value: not known
	Final   bool         // if it is [Crowded] it is to be refused, and that counted
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
	Known   bool          // whether the account is known in the network, so that the gates were not asked
}

// Outcome is what a test of a password came to.
type Outcome int

// The outcomes for [Store.Settle].
const (
	Failed    Outcome = iota + 1 // it was wrong, or nobody knows
	Succeeded                    // it was right: the attempt is taken back, and the account's counter in the network is cleared
	Untested                     // it could not be tested, through no fault of the client's: the attempt is given back
)

// Kind is what a counter counts.
type Kind int

// The kinds of counters.
const (
	OfAccountInNetwork Kind = iota + 1
	OfAccount               // over all networks where it is not known
	OfNetwork               // over all accounts that are not known there
)

// Key names a counter.
type Key struct {
	Kind    Kind
	Account Account      // but for OfNetwork
	Network netip.Prefix // but for OfAccount; the zero value: not known
}

// keys are the counters of an attempt, in the order of a trio.
func (a Attempt) keys() [3]Key {
	return [3]Key{
		{OfAccountInNetwork, a.Account, a.Network},
		{Kind: OfAccount, Account: a.Account},
		{Kind: OfNetwork, Network: a.Network},
	}
}

// Counter is a counter as operators see it.
type Counter struct {
	Key
	Failed  int64     // passwords that were tested and wrong, since the counter was made or cleared
	Pending int64     // passwords that are being tested
	Refused int64     // attempts whose password was not tested
	Last    time.Time // the last attempt that was not refused
	Next    time.Time // when the next will not be refused; may be over
	Known   time.Time // until when the account is known in the network; zero if it is not
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
