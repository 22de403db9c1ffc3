package rates

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

func newMemoryStore(maxKeys ...int) *memoryStore {
	return NewMemoryStore(maxKeys...).(*memoryStore)
}

// kept returns the number of entries that a store keeps. An entry that has
// moved to the current generation may be counted twice.
func (s *memoryStore) kept() (n int) {
	for i := range s.shards {
		n += s.shards[i].current.used + s.shards[i].previous.used
	}
	return n
}

func takeOne(s *memoryStore, client string, rate Rate) bool {
	tally, _ := s.Take(context.Background(), NewKey("test", client), rate)
	return tally.Admitted
}

func TestMemoryIsBounded(t *testing.T) {
	rate := Rate{Limit: 3, Period: time.Hour}
	for _, row := range []struct{ maxKeys, most int }{
		{1, 2}, {2, 2}, {3, 2}, {100, 100}, {1000, 1000}, {5000, 5000}, {0, defaultMaxKeys},
	} {
		s := newMemoryStore(row.maxKeys)
		for i := range min(10*row.most, 300_000) {
			if !takeOne(s, fmt.Sprint("client", i), rate) {
				t.Fatalf("MaxKeys %d: a new client is refused", row.maxKeys)
			}
		}
		if n := s.kept(); n > row.most || n < row.most/3 {
			t.Errorf("MaxKeys %d: %d are kept", row.maxKeys, n)
		}
	}
}

// TestMemoryOfAKey checks the numbers in the comment of NewMemoryStore.
func TestMemoryOfAKey(t *testing.T) {
	for _, row := range []struct{ limit, most int }{{3, 320}, {1000, 1600}} {
		const keys = 20_000
		clients := make([]string, keys)
		for i := range clients {
			clients[i] = fmt.Sprintf("client%032d", i)
		}
		synctest.Test(t, func(t *testing.T) {
			before := heap()
			s := newMemoryStore(4 * keys)
			for range 70 {
				for _, client := range clients {
					takeOne(s, client, Rate{Limit: row.limit, Period: 63 * time.Minute})
				}
				time.Sleep(time.Minute)
			}
			if each := (heap() - before) / keys; each > row.most {
				t.Errorf("limit %d: %d bytes a key", row.limit, each)
			} else {
				t.Logf("limit %d: %d bytes a key", row.limit, each)
			}
			runtime.KeepAlive(s)
		})
		runtime.KeepAlive(clients)
	}
}

func heap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// TestWhoKeepsComingIsNotForgotten checks that a flood of other clients does
// not restore a client's allowance.
func TestWhoKeepsComingIsNotForgotten(t *testing.T) {
	s := newMemoryStore(1000)
	rate := Rate{Limit: 1, Period: time.Hour}
	takeOne(s, "regular", rate)
	for i := range 20_000 {
		takeOne(s, fmt.Sprint("flood", i), rate)
		if i%400 == 0 && takeOne(s, "regular", rate) {
			t.Fatalf("forgotten after %d other clients", i)
		}
	}
}

// TestOldKeysGo checks that nothing is left of an absent client after two
// periods of other requests, and that nothing is lost within one.
func TestOldKeysGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newMemoryStore(1000) // one shard
		rate := Rate{Limit: 1, Period: time.Minute}
		for i := range 400 {
			takeOne(s, fmt.Sprint("client", i), rate)
		}
		time.Sleep(time.Minute - time.Millisecond)
		for i := range 400 {
			if takeOne(s, fmt.Sprint("client", i), rate) {
				t.Fatalf("client %d is forgotten too early", i)
			}
		}
		for range 3 {
			time.Sleep(time.Minute)
			takeOne(s, "somebody", rate)
		}
		if n := s.kept(); n > 2 {
			t.Errorf("%d keys are kept", n)
		}
	})
}

// TestNothingAliveIsLost sends a new client each second, which comes again when
// its period is almost over.
func TestNothingAliveIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newMemoryStore(1000)
		rate := Rate{Limit: 1, Period: time.Minute}
		for second := range 600 {
			if !takeOne(s, fmt.Sprint("client", second), rate) {
				t.Fatalf("client %d is refused", second)
			}
			if second >= 59 && takeOne(s, fmt.Sprint("client", second-59), rate) {
				t.Fatalf("client %d is forgotten", second-59)
			}
			time.Sleep(time.Second)
		}
	})
}

// TestTheClockIsReadBeforeTheLock checks that a caller that was overtaken does
// not put its request before the newest.
func TestTheClockIsReadBeforeTheLock(t *testing.T) {
	var l log
	rate := Rate{Limit: 2, Period: time.Minute}
	l.take(2*time.Second, rate)
	if tally := l.take(time.Second, rate); tally != (Tally{Admitted: true, Stored: 1}) {
		t.Errorf("%+v", tally)
	}
	if tally := l.take(61*time.Second, rate); tally.Admitted {
		t.Errorf("%+v", tally)
	}
}

// TestALongPeriodIsNotCutShort checks that a class with a short period does not
// make a shared store forget what a class with a long period counts.
func TestALongPeriodIsNotCutShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newMemoryStore(1000)
		takeOne(s, "alice", Rate{Limit: 1, Period: 24 * time.Hour})
		for range 23 * 60 {
			time.Sleep(time.Minute)
			takeOne(s, "bob", Rate{Limit: 1, Period: time.Second})
		}
		if takeOne(s, "alice", Rate{Limit: 1, Period: 24 * time.Hour}) {
			t.Error("forgotten after 23 hours of a day")
		}
	})
}

// TestKeysThatCollide checks that they are told apart nevertheless.
func TestKeysThatCollide(t *testing.T) {
	var table keyTable
	const hash = 7
	for i := range 50 {
		key := NewKey("test", fmt.Sprint(i))
		if table.find(hash, &key) != nil {
			t.Fatalf("%s is there", key)
		}
		table.insert(hash, newKeyEntry(key))
	}
	for i := range 50 {
		key := NewKey("test", fmt.Sprint(i))
		if e := table.find(hash, &key); e == nil || e.key != key {
			t.Errorf("%s is not found", key)
		}
	}
}

func TestMemoryStoreAllocatesNothing(t *testing.T) {
	million := 1_000_000
	if testing.Short() {
		million = 10_000
	}
	for _, row := range []struct {
		rate Rate
		keys int
	}{
		{Rate{Limit: 3, Period: 24 * time.Hour}, 1},
		{Rate{Limit: 3, Period: 24 * time.Hour}, million},
		{Rate{Limit: 100_000, Period: 24 * time.Hour}, 1000},
	} {
		s := newMemoryStore(4 * million)
		keys := make([]Key, row.keys)
		for i := range keys {
			keys[i] = NewKey("test", strconv.Itoa(i))
			_, _ = s.Take(context.Background(), keys[i], row.rate)
		}
		i := 0
		if n := testing.AllocsPerRun(1000, func() {
			_, _ = s.Take(context.Background(), keys[i%len(keys)], row.rate)
			i++
		}); n != 0 {
			t.Errorf("%s, %d keys: %v allocations", row.rate, row.keys, n)
		}
	}
}
