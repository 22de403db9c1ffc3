package redisrate_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/ginauth/ginauth/internal/testing/ratetest"
	"github.com/ginauth/ginauth/internal/testing/redistest"
	"github.com/ginauth/ginauth/policies/rates"
	"github.com/ginauth/ginauth/policies/redisrate"
)

func TestStore(t *testing.T) {
	ratetest.Run(t, func(t *testing.T, f func(t *testing.T, s ratetest.Subject)) {
		client, prefix := redistest.Open(t)
		clock := redistest.NewClock()
		store := redisrate.NewClocked(client, clock.Now, redisrate.Config{Prefix: prefix, Timeout: 10 * time.Second})
		f(t, ratetest.Subject{Store: store, Advance: clock.Advance})
	})
}

// TestServersCountTogether uses two stores with a client each, as two server
// processes have.
func TestServersCountTogether(t *testing.T) {
	one, prefix := redistest.Open(t)
	another, _ := redistest.Open(t)
	config := redisrate.Config{Prefix: prefix, Timeout: 10 * time.Second}
	ratetest.Concurrent(t, redisrate.New(one, config), redisrate.New(another, config))
}

func take(t *testing.T, store rates.Store, key rates.Key, rate rates.Rate) bool {
	t.Helper()
	tally, err := store.Take(t.Context(), key, rate)
	if err != nil {
		t.Fatal(err)
	}
	return tally.Admitted
}

// TestPeeksWriteNothing checks that a peek makes no key, and changes neither the
// content nor the expiry of one, and that it is one round trip.
func TestPeeksWriteNothing(t *testing.T) {
	client, prefix := redistest.Open(t)
	store := redisrate.New(client, redisrate.Config{Prefix: prefix, Timeout: 10 * time.Second})
	key, rate := rates.NewKey("peeks", "alice"), rates.Rate{Limit: 2, Period: time.Hour}
	peek := func() rates.Tally {
		t.Helper()
		tally, known, err := store.Peek(t.Context(), key, rate)
		if err != nil || !known {
			t.Fatal(known, err)
		}
		return tally
	}
	if tally := peek(); tally != (rates.Tally{Admitted: true}) {
		t.Errorf("%+v", tally)
	}
	if keys := redistest.Keys(t, client, prefix); len(keys) > 0 {
		t.Errorf("a peek made %q", keys)
	}
	for range 3 {
		take(t, store, key, rate)
		name := prefix + ":" + key.String()
		before, expiry := client.Get(t.Context(), name).Val(), client.PExpireTime(t.Context(), name).Val()
		commands := redistest.Count(client)
		peek()
		if n := commands.Sent(); n != 1 {
			t.Errorf("%d commands for a peek", n)
		}
		if after := client.Get(t.Context(), name).Val(); before == "" || after != before {
			t.Errorf("a peek changed %q to %q", before, after)
		}
		if after := client.PExpireTime(t.Context(), name).Val(); after != expiry || expiry <= 0 {
			t.Errorf("a peek changed the expiry from %v to %v", expiry, after)
		}
	}
}

// TestTheServersClock checks that a period ends by itself, and the key with it.
func TestTheServersClock(t *testing.T) {
	client, prefix := redistest.Open(t)
	store := redisrate.New(client, redisrate.Config{Prefix: prefix, Timeout: 10 * time.Second})
	key, rate := rates.NewKey("clock", "alice"), rates.Rate{Limit: 1, Period: 2 * time.Second}
	if !take(t, store, key, rate) || take(t, store, key, rate) {
		t.Fatal("not one of two passes")
	}
	if left := client.PTTL(t.Context(), prefix+":"+key.String()).Val(); left <= 0 || left > rate.Period {
		t.Errorf("the key expires in %v", left)
	}
	time.Sleep(rate.Period + 100*time.Millisecond)
	if keys := redistest.Keys(t, client, prefix); len(keys) > 0 {
		t.Errorf("%q are left", keys)
	}
	if !take(t, store, key, rate) {
		t.Error("still refused")
	}
}

// TestAClockThatIsPutBack checks that a clock put back, as on a fail-over,
// makes no client wait for longer than the period.
func TestAClockThatIsPutBack(t *testing.T) {
	client, prefix := redistest.Open(t)
	clock := redistest.NewClock()
	store := redisrate.NewClocked(client, clock.Now, redisrate.Config{Prefix: prefix, Timeout: 10 * time.Second})
	key, rate := rates.NewKey("clock", "alice"), rates.Rate{Limit: 2, Period: time.Minute}
	first := take(t, store, key, rate)
	clock.Advance(-time.Hour)
	tally, err := store.Take(t.Context(), key, rate)
	if !first || err != nil || tally != (rates.Tally{Admitted: true, Stored: 1}) {
		t.Errorf("%v, %+v, %v", first, tally, err)
	}
	if left := client.PTTL(t.Context(), prefix+":"+key.String()).Val(); left <= 0 || left > time.Minute {
		t.Errorf("the key expires in %v", left)
	}
}

func TestKeys(t *testing.T) {
	client, prefix := redistest.Open(t)
	store := redisrate.New(client, redisrate.Config{Prefix: prefix, Timeout: 10 * time.Second})
	for _, text := range []string{"alice@example.com", "a b", "{x}", strings.Repeat("x", 1<<20), "a\x00b", "é"} {
		take(t, store, rates.NewKey("login/min", text), rates.Rate{Limit: 1, Period: time.Minute})
	}
	got := redistest.Keys(t, client, prefix)
	slices.Sort(got)
	if len(got) != 6 || got[5] != prefix+":login/min:key:=alice@example.com" {
		t.Errorf("%q", got)
	}
	for _, key := range got[:5] {
		if digest, ok := strings.CutPrefix(key, prefix+":login/min:key:#"); !ok || len(digest) != 43 {
			t.Errorf("%q", key)
		}
	}
}

// TestSizeOfALog checks that a key holds less than 1 KiB, whatever the limit.
func TestSizeOfALog(t *testing.T) {
	client, prefix := redistest.Open(t)
	clock := redistest.NewClock()
	store := redisrate.NewClocked(client, clock.Now, redisrate.Config{Prefix: prefix, Timeout: 10 * time.Second})
	key := rates.NewKey("size", "alice")
	largest := int64(0)
	for range 2000 {
		clock.Advance(100 * time.Millisecond)
		if !take(t, store, key, rates.Rate{Limit: 100_000, Period: time.Minute}) {
			t.Fatal("refused")
		}
		largest = max(largest, client.StrLen(t.Context(), prefix+":"+key.String()).Val())
	}
	if largest < 700 || largest > 1024 {
		t.Errorf("%d bytes", largest)
	}
}

// TestOneRoundTrip checks that a decision is one command, once the server knows
// the script.
func TestOneRoundTrip(t *testing.T) {
	client, prefix := redistest.Open(t)
	store := redisrate.New(client, redisrate.Config{Prefix: prefix, Timeout: 10 * time.Second})
	key, rate := rates.NewKey("trips", "alice"), rates.Rate{Limit: 50, Period: time.Hour}
	take(t, store, key, rate)
	commands := redistest.Count(client)
	for range 100 {
		take(t, store, key, rate)
	}
	if n := commands.Sent(); n != 100 {
		t.Errorf("%d commands for 100 decisions", n)
	}
}

// TestAKeyThatIsNotOurs checks that such a key is a failure, not a decision.
func TestAKeyThatIsNotOurs(t *testing.T) {
	client, prefix := redistest.Open(t)
	store := redisrate.New(client, redisrate.Config{Prefix: prefix, Timeout: 10 * time.Second})
	text, list := rates.NewKey("text", "x"), rates.NewKey("list", "x")
	client.Set(t.Context(), prefix+":"+text.String(), "hello", time.Minute)
	client.LPush(t.Context(), prefix+":"+list.String(), "hello")
	for _, key := range []rates.Key{text, list} {
		if tally, err := store.Take(t.Context(), key, rates.Rate{Limit: 1, Period: time.Minute}); err == nil || tally.Admitted {
			t.Errorf("%s: %+v, %v", key, tally, err)
		}
	}
}

func TestWrongWiringPanics(t *testing.T) {
	client := redis.NewClient(&redis.Options{})
	defer client.Close()
	var none *redis.Client
	for name, wire := range map[string]func(){
		"nil":         func() { redisrate.New(nil) },
		"nil client":  func() { redisrate.New(none) },
		"timeout":     func() { redisrate.New(client, redisrate.Config{Timeout: -1}) },
		"two configs": func() { redisrate.New(client, redisrate.Config{}, redisrate.Config{}) },
	} {
		func() {
			defer func() {
				if message, _ := recover().(string); !strings.HasPrefix(message, "redisrate: New") {
					t.Errorf("%s: %q", name, message)
				}
			}()
			wire()
		}()
	}
}

// BenchmarkStore measures one round trip; ping shows the share of the network
// and the client.
func BenchmarkStore(b *testing.B) {
	client, prefix := redistest.Open(b)
	store := redisrate.New(client, redisrate.Config{Prefix: prefix})
	for _, rate := range []rates.Rate{{Limit: 60, Period: time.Hour}, {Limit: 1_000_000_000, Period: time.Minute}} {
		b.Run(rate.String(), func(b *testing.B) {
			key := rates.NewKey("bench", rate.String())
			for b.Loop() {
				if _, err := store.Take(b.Context(), key, rate); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("ping", func(b *testing.B) {
		for b.Loop() {
			client.Ping(b.Context())
		}
	})
}
