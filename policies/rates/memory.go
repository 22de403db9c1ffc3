package rates

import (
	"cmp"
	"context"
	"errors"
	"hash/maphash"
	"math/bits"
	"sync"
	"time"

	"github.com/ginauth/ginauth/internal/bystander"
	"github.com/ginauth/ginauth/internal/ratekey"
	"github.com/ginauth/ginauth/internal/wiring"
)

// memoryStore is the [Store] of [NewMemoryStore].
type memoryStore struct {
	epoch  time.Time
	seed   maphash.Seed
	shift  int // from a hash to the index of its shard
	shards []shard
}

// CheckDeploy implements [ginauth.DeployChecker].
//
// [ginauth.DeployChecker]: https://pkg.go.dev/github.com/ginauth/ginauth/ginauth#DeployChecker
func (*memoryStore) CheckDeploy(context.Context) error {
	return errors.New("memory-store: each process counts for itself, " +
		"so that N servers admit N times the rate, and a restart forgets; " +
		"share the counts by policies/redisrate; with one server accept this")
}

const (
	defaultMaxKeys = 100_000
	maxShards      = 64
	keysPerShard   = 1024 // at least, if there is to be more than one shard
)

// NewMemoryStore returns an empty store in the memory of this process: other
// processes count separately, and a restart forgets the counts. It needs no
// goroutine, drops entries too old to matter as it goes, and never fails.
//
// maxKeys bounds how many keys are kept, that is, users and addresses of a
// period. Beyond it the keys that have not been seen for longest are forgotten;
// at least half as many are always kept. For a public service, give twice the
// number of clients in a period. Default: 100,000. A key takes 0.3 KiB, and up
// to 1.3 KiB with a limit of 64 or more. It panics if maxKeys is negative, or
// given twice.
func NewMemoryStore(maxKeys ...int) Store {
	bound := cmp.Or(wiring.Optional("rates: NewMemoryStore", "maxKeys", maxKeys), defaultMaxKeys)
	if bound < 0 {
		panic("rates: NewMemoryStore: maxKeys must not be negative; 0 stands for 100,000")
	}
	n := 1
	for n < maxShards && n*2*keysPerShard <= bound {
		n *= 2
	}
	s := &memoryStore{
		epoch: time.Now(), seed: maphash.MakeSeed(),
		shift: 64 - bits.Len(uint(n-1)), shards: make([]shard, n),
	}
	for i := range s.shards {
		s.shards[i].generation = max(1, bound/n/2)
	}
	return s
}

// Take implements [Store]. It never fails.
func (s *memoryStore) Take(_ context.Context, key Key, rate Rate) (Tally, error) {
	now := time.Since(s.epoch) // it reads only the monotonic clock
	hash := ratekey.Hash(s.seed, (*ratekey.Key)(&key))
	shard := &s.shards[hash>>s.shift]
	shard.mu.Lock()
	tally := shard.log(hash, &key, now, rate.Period).take(now, rate)
	shard.mu.Unlock()
	return tally, nil
}

// Peek implements [Store]. A command, which serves no requests, does not know
// what the servers have counted.
func (s *memoryStore) Peek(ctx context.Context, key Key, rate Rate) (t Tally, known bool, err error) {
	if bystander.Is(ctx) {
		return Tally{}, false, nil
	}
	now := time.Since(s.epoch)
	hash := ratekey.Hash(s.seed, (*ratekey.Key)(&key))
	shard := &s.shards[hash>>s.shift]
	shard.mu.Lock()
	defer shard.mu.Unlock()
	var seen log
	if e := shard.find(hash, &key); e != nil {
		seen = e.log // a copy
	}
	return seen.look(seen.notBefore(now), rate), true, nil
}

// shard is the part of a store that one lock guards. Its keys are in two
// generations: those that were seen since the last rotation, and those that
// were not. A rotation forgets the older generation. It happens when the
// longest period has passed since the last rotation, so that nothing of value
// is forgotten, or when the generation is full.
type shard struct {
	mu                sync.Mutex
	current, previous keyTable
	generation        int           // how many keys a generation holds
	rotated           time.Duration // when the last rotation was
	longest           time.Duration // the longest period seen
	_                 [40]byte      // so that shards do not share a cache line
}

// log returns the log of a key.
func (s *shard) log(hash uint64, key *Key, now, period time.Duration) *log {
	if period > s.longest {
		s.longest = period
	}
	if now-s.rotated >= s.longest {
		s.rotate(now)
	}
	if e := s.current.find(hash, key); e != nil {
		return &e.log
	}
	e := s.previous.find(hash, key) // it may stay there, because current is searched first
	if e == nil {
		e = newKeyEntry(*key)
	}
	if s.current.used >= s.generation {
		s.rotate(now)
	}
	s.current.insert(hash, e)
	return &e.log
}

// find returns the entry of a key, or nil.
func (s *shard) find(hash uint64, key *Key) *keyEntry {
	if e := s.current.find(hash, key); e != nil {
		return e
	}
	return s.previous.find(hash, key)
}

func (s *shard) rotate(now time.Duration) {
	s.previous, s.current, s.rotated = s.current, keyTable{}, now
}
