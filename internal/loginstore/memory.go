package loginstore

import (
	"cmp"
	"context"
	"errors"
	"hash/maphash"
	"iter"
	"maps"
	"sync"
	"time"
)

// MemoryStore is a [Store] in the memory of this process: other processes count
// separately, and a restart forgets the counts.
//
// No counter that still matters is dropped. When the store is full, new
// counters are shared: all accounts of a network share one, and accounts and
// networks share 1,024 places. Filling it costs an attacker a password hash for
// every few counters of its second half, and slows the attacker down earlier.
// Users are not hindered where they are known; the latest networks are kept, at
// least half of MaxKnown.
//
// It starts no goroutine, allocates nothing for a counter that exists, and is
// safe for concurrent use.
type MemoryStore struct {
	now  func() int64 // microseconds
	max  int
	seed maphash.Seed

	mu       sync.Mutex
	counters table
	overflow table
	known    knownTable
	swept    int64
}

var _ Store = (*MemoryStore)(nil)

// CheckDeploy says what is unfit for production (ginauth.DeployChecker).
func (*MemoryStore) CheckDeploy(context.Context) error {
	return errors.New("memory-logins: each process counts failed logins for itself, " +
		"so that N servers admit N times as many guesses; " +
		"set logins.Limits.Store to a logins.NewDatabaseStore or redislogins.New; with one server accept this")
}

const (
	defaultMaxCounters = 100_000
	sweepPause         = int64(time.Minute / time.Microsecond)
	// A table of more counters is swept once a minute, even while there is room,
	// so that a flood of guesses does not take memory for ever.
	fewCounters = 1000
)

// table holds counters, each with the time until which it matters.
type table map[Key]row

type row struct {
	counter
	expires int64
}

// NewMemoryStore returns an empty store that keeps about maxCounters counters
// and maxKnown networks where users are known; zero stands for 100,000. A nil
// clock stands for one that is never put back.
func NewMemoryStore(maxCounters, maxKnown int, now func() time.Time) *MemoryStore {
	return &MemoryStore{
		now: clock(now), max: cmp.Or(maxCounters, defaultMaxCounters),
		seed:     maphash.MakeSeed(),
		counters: table{}, overflow: table{}, known: newKnownTable(cmp.Or(maxKnown, defaultMaxCounters)),
	}
}

// clock returns a clock in microseconds. The default clock is never put back.
func clock(now func() time.Time) func() int64 {
	if now != nil {
		return func() int64 { return now().UnixMicro() }
	}
	start := time.Now()
	return func() int64 { return start.UnixMicro() + time.Since(start).Microseconds() }
}

// Reserve implements [Store]. It does not fail.
func (s *MemoryStore) Reserve(_ context.Context, attempt Attempt, curve Curve) (Reservation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, keys := s.now(), attempt.Keys()
	if len(s.counters) > fewCounters && now-s.swept >= sweepPause {
		s.sweep(now)
	}
	t := state{known: s.known.find(attempt.knownKey())}
	shared := 0
	for i, key := range keys {
		var inOverflow bool
		if *t.at(i), inOverflow = s.find(key, now, i == 0 && t.known > now); inOverflow {
			shared |= 1 << i
		}
	}
	t.noTurn = s.noTurn(keys[0], now)
	r := t.reserve(now, curve)
	r.Attempt, r.Shared = attempt, shared
	s.put(&t, r, curve)
	return r, nil
}

// Settle implements [Store]. It does not fail.
func (s *MemoryStore) Settle(_ context.Context, reserved Reservation, outcome Outcome, curve Curve) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := state{known: s.known.find(reserved.knownKey())}
	for i, key := range reserved.Keys() {
		table, key := s.table(key, reserved.Shared&(1<<i) != 0)
		*t.at(i) = table[key].counter
	}
	now := s.now()
	t.settle(now, reserved, outcome, curve)
	s.put(&t, reserved, curve)
	if outcome == Succeeded {
		s.known.put(reserved.knownKey(), t.known)
	}
	return nil
}

// find returns a counter, and whether it is a shared one. A counter that is
// exempt never is.
func (s *MemoryStore) find(key Key, now int64, exempt bool) (c counter, shared bool) {
	if r, ok := s.counters[key]; ok || exempt || len(s.counters) < s.max || s.sweep(now) {
		return r.counter, false
	}
	return s.overflow[s.shared(key)].counter, true
}

// noTurn reports whether a turn would need a new counter while half of the room
// is taken. A turn costs no password hash, and the turn of a shared counter
// would hold up others.
func (s *MemoryStore) noTurn(pair Key, now int64) bool {
	if _, own := s.counters[pair]; own || len(s.counters) < s.max/2 {
		return false
	}
	s.sweep(now)
	return len(s.counters) >= s.max/2
}

// table returns the table of a counter, and its key there.
func (s *MemoryStore) table(key Key, shared bool) (table, Key) {
	if shared {
		return s.overflow, s.shared(key)
	}
	return s.counters, key
}

// put stores the counters of an attempt.
func (s *MemoryStore) put(t *state, r Reservation, curve Curve) {
	for i, key := range r.Keys() {
		if i > 0 && r.Known {
			return // the gates were not asked
		}
		table, key := s.table(key, r.Shared&(1<<i) != 0)
		if c := *t.at(i); c != (counter{}) {
			table[key] = row{c, t.expires(i, curve)}
		} else {
			delete(table, key)
		}
	}
}

// shared returns the key that a new counter shares with others when there is no
// room. All accounts of a network share one.
func (s *MemoryStore) shared(key Key) Key {
	if key.Kind == OfAccountInNetwork {
		key.Account = Account{}
	}
	place := maphash.Comparable(s.seed, key) % SharedPlaces
	return Key{Kind: key.Kind, Account: Account{byte(place), byte(place >> 8)}}
}

// sweep drops the counters that no longer matter, at most once a minute, and
// reports whether there is room.
func (s *MemoryStore) sweep(now int64) bool {
	if now-s.swept >= sweepPause {
		s.swept = now
		before := len(s.counters)
		for key, r := range s.counters {
			if r.expires <= now {
				delete(s.counters, key)
			}
		}
		if len(s.counters) < before/4 { // a map stays as large as it has been
			left := make(table, len(s.counters))
			maps.Copy(left, s.counters)
			s.counters = left
		}
	}
	return len(s.counters) < s.max
}

// Counters implements [Store]. It leaves out the shared counters of a full
// store.
func (s *MemoryStore) Counters(_ context.Context, filter Filter) iter.Seq2[Counter, error] {
	return func(yield func(Counter, error) bool) {
		for _, c := range s.selected(filter) {
			if !yield(c, nil) {
				return
			}
		}
	}
}

func (s *MemoryStore) selected(filter Filter) (list []Counter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for key, r := range s.counters {
		if filter.Matches(key) && r.expires > now {
			list = append(list, r.public(key))
		}
	}
	for key, until := range s.known.all() {
		if filter.Matches(key) && until > now {
			list = append(list, Counter{Key: key, Known: instant(until)})
		}
	}
	return list
}

// Reset implements [Store]. It resets the shared counters of a full store if
// the filter selects all.
func (s *MemoryStore) Reset(_ context.Context, filter Filter) (reset int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for key, r := range s.counters {
		if filter.Matches(key) {
			if r.expires > now {
				reset++
			}
			delete(s.counters, key)
		}
	}
	if filter == (Filter{}) {
		reset += len(s.overflow)
		clear(s.overflow)
	}
	return reset, nil
}
