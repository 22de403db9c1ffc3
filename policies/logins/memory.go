package logins

import (
	"cmp"
	"context"
	"hash/maphash"
	"iter"
	"sync"
	"time"
)

// MemoryConfig configures [NewMemoryStore].
type MemoryConfig struct {
	// MaxCounters bounds how many counters are kept, and MaxKnown how many networks of accounts are known. Defaults: 100,000 each, of
	// which one takes about 0.3 KiB. A failed login makes three counters at most.
	MaxCounters, MaxKnown int

	Now func() time.Time // default: time.Now
}

// MemoryStore is a [Store] in the memory of this process: other processes count for themselves, and a restart forgets.
//
// It throws away no counter that matters. When it is full, which takes an attacker a password hash for every few counters, new ones are
// shared: the accounts of a network have one, and so have the accounts, and the networks, that one of 1,024 places falls to. So what an
// attacker gains by filling it is to be slowed down earlier. Accounts are not hindered where they are known, of which the last MaxKnown
// at least half are kept.
//
// It takes no goroutine, allocates nothing for a counter that there is, and is safe for concurrent use.
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

const (
	defaultMaxCounters = 100_000
	overflowPlaces     = 1024 // of each kind
	sweepPause         = int64(time.Minute / time.Microsecond)
)

// table holds counters, and until when each matters.
type table map[Key]row

type row struct {
	counter
	expires int64
}

// NewMemoryStore returns an empty store. It panics if a bound is negative.
func NewMemoryStore(config ...MemoryConfig) *MemoryStore {
	if len(config) > 1 {
		panic("logins: NewMemoryStore takes one config")
	}
	var c MemoryConfig
	for _, c = range config {
		if c.MaxCounters < 0 || c.MaxKnown < 0 {
			panic("logins: NewMemoryStore: MaxCounters and MaxKnown must not be negative; 0 stands for 100,000")
		}
	}
	c.MaxCounters, c.MaxKnown = cmp.Or(c.MaxCounters, defaultMaxCounters), cmp.Or(c.MaxKnown, defaultMaxCounters)
	return &MemoryStore{
		now: c.clock(), max: c.MaxCounters,
		seed:     maphash.MakeSeed(),
		counters: table{}, overflow: table{}, known: newKnownTable(c.MaxKnown),
	}
}

// clock returns the time in microseconds. Unless it is given another, it is one that is not put back.
func (c MemoryConfig) clock() func() int64 {
	if c.Now != nil {
		return func() int64 { return c.Now().UnixMicro() }
	}
	start := time.Now()
	return func() int64 { return start.UnixMicro() + time.Since(start).Microseconds() }
}

// Reserve implements [Store]. It does not fail.
func (s *MemoryStore) Reserve(_ context.Context, attempt Attempt, curve Curve) (Reservation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	keys := attempt.keys()
	var places [3]place
	var before, after trio
	for i, key := range keys {
		*before.at(i), places[i] = s.find(key, now)
	}
	after = before
	r := after.reserve(now, attempt.Final, curve)
	r.Attempt = attempt
	for i, key := range keys {
		if *after.at(i) != *before.at(i) {
			s.put(places[i], key, *after.at(i), curve)
		}
	}
	return r, nil
}

// Settle implements [Store]. It does not fail.
func (s *MemoryStore) Settle(_ context.Context, reserved Reservation, outcome Outcome, curve Curve) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := reserved.keys()
	var places [3]place
	var t trio
	for i, key := range keys {
		*t.at(i), places[i] = s.made(key)
	}
	shared := t.pair
	t.settle(s.now(), reserved.Known, outcome, curve)
	if outcome == Succeeded {
		if places[0] == inOverflow { // others have failed there
			shared.pending = max(0, shared.pending-1)
			s.put(inOverflow, keys[0], shared, curve)
			t.pair.pending, t.pair.last = 0, 0 // those of the others
		}
		delete(s.counters, keys[0])
		places[0] = inKnown
	}
	for i, key := range keys {
		s.put(places[i], key, *t.at(i), curve)
	}
	return nil
}

// at is the counter of the i-th key of an attempt.
func (t *trio) at(i int) *counter { return [...]*counter{&t.pair, &t.account, &t.network}[i] }

// place is the table that has a counter.
type place int

const (
	inCounters place = iota
	inOverflow
	inKnown
)

// find returns a counter, or the place for a new one.
func (s *MemoryStore) find(key Key, now int64) (counter, place) {
	if r, ok := s.known.find(key); ok {
		return r.counter, inKnown
	}
	if r, ok := s.counters[key]; ok {
		return r.counter, inCounters
	}
	if len(s.counters) < s.max || s.sweep(now) {
		return counter{}, inCounters
	}
	return s.overflow[s.shared(key)].counter, inOverflow
}

// made returns a counter that [MemoryStore.Reserve] has made.
func (s *MemoryStore) made(key Key) (counter, place) {
	if r, ok := s.known.find(key); ok {
		return r.counter, inKnown
	}
	if r, ok := s.counters[key]; ok {
		return r.counter, inCounters
	}
	if r, ok := s.overflow[s.shared(key)]; ok {
		return r.counter, inOverflow
	}
	return counter{}, inCounters // reset meanwhile
}

func (s *MemoryStore) put(at place, key Key, c counter, curve Curve) {
	into := s.counters
	switch at {
	case inKnown:
		s.known.put(key, row{c, c.expires(curve)}, s.now())
		return
	case inOverflow:
		into, key = s.overflow, s.shared(key)
	}
	if c == (counter{}) {
		delete(into, key)
		return
	}
	into[key] = row{c, c.expires(curve)}
}

// shared is the key that a new counter shares with others when there is no room: the accounts of a network have one.
func (s *MemoryStore) shared(key Key) Key {
	if key.Kind == OfAccountInNetwork {
		key.Account = Account{}
	}
	place := maphash.Comparable(s.seed, key) % overflowPlaces
	return Key{Kind: key.Kind, Account: Account{byte(place), byte(place >> 8)}}
}

// sweep drops the counters that do not matter any more, once a minute at most, and reports whether there is room.
func (s *MemoryStore) sweep(now int64) bool {
	if now-s.swept >= sweepPause {
		s.swept = now
		for key, r := range s.counters {
			if r.expires <= now {
				delete(s.counters, key)
			}
		}
	}
	return len(s.counters) < s.max
}

// Counters implements [Store]. The shared counters of a full store are not among them.
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
	for _, t := range s.tables() {
		for key, r := range t {
			if filter.Matches(key) && r.expires > now {
				list = append(list, r.public(key))
			}
		}
	}
	return list
}

func (s *MemoryStore) tables() []table { return []table{s.counters, s.known.current, s.known.previous} }

// Reset implements [Store]. The shared counters of a full store are reset if the filter selects all.
func (s *MemoryStore) Reset(_ context.Context, filter Filter) (reset int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tables() {
		for key, r := range t {
			clean := counter{known: r.known}
			if !filter.Matches(key) || r.counter == clean {
				continue
			}
			reset++
			if r.known == 0 {
				delete(t, key)
				continue
			}
			t[key] = row{clean, r.known}
		}
	}
	if filter == (Filter{}) {
		reset += len(s.overflow)
		clear(s.overflow)
	}
	return reset, nil
}
