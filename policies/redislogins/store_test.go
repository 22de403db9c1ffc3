package redislogins_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/ginauth/ginauth/internal/loginstore"
	"github.com/ginauth/ginauth/internal/testing/logintest"
	"github.com/ginauth/ginauth/internal/testing/redistest"
	"github.com/ginauth/ginauth/policies/redislogins"
)

// server returns a client, and a config whose keys are deleted when the test
// ends.
func server(t testing.TB) (*redis.Client, redislogins.Config) {
	client, prefix := redistest.Open(t)
	return client, redislogins.Config{Prefix: prefix, Timeout: 10 * time.Second}
}

func TestStore(t *testing.T) {
	for name, make := range map[string]func(redis.Scripter, func() time.Time, redislogins.Config) loginstore.Store{
		"one part": redislogins.NewClocked, "parts of a cluster": redislogins.NewParted,
	} {
		t.Run(name, func(t *testing.T) {
			logintest.Run(t, func(t *testing.T, f func(t *testing.T, s logintest.Subject)) {
				client, config := server(t)
				clock := redistest.NewClock()
				f(t, logintest.Subject{Store: make(client, clock.Now, config), Advance: clock.Advance})
			})
		})
	}
}

// TestServersCountTogether uses two stores with a client each, as two server
// processes have.
func TestServersCountTogether(t *testing.T) {
	one, config := server(t)
	another, _ := redistest.Open(t)
	logintest.Concurrent(t, redislogins.New(one, config), redislogins.New(another, config))
}

func try(t *testing.T, store loginstore.Store, a loginstore.Attempt, outcome loginstore.Outcome) loginstore.Reservation {
	t.Helper()
	r, err := store.Reserve(t.Context(), a, logintest.Curve())
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict == loginstore.Reserved {
		if err := store.Settle(t.Context(), r, outcome, logintest.Curve()); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// TestKeys checks what the keys contain, that one node of a cluster holds all
// of them, and that they expire.
func TestKeys(t *testing.T) {
	client, config := server(t)
	store := redislogins.New(client, config)
	a := logintest.From("alice@example.com", 1)
	try(t, store, a, loginstore.Failed)
	try(t, store, logintest.From("bob", 1), loginstore.Succeeded)
	tag := "{" + config.Prefix + ":login:2}:"
	got := redistest.Keys(t, client, tag)
	slices.Sort(got)
	bob := loginstore.AccountOf("bob").String()
	want := []string{tag + "a:" + a.Account.String(), tag + "n:10.0.0.1/32", tag + "p:" + a.Account.String() + ":10.0.0.1/32",
		tag + "k:" + bob + ":" + loginstore.PrincipalOf("bob").String(), tag + "i"}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
	for _, key := range want {
		var longest time.Duration
		switch kind := strings.TrimPrefix(key, tag)[0]; kind {
		case 'k':
			longest = 90 * 24 * time.Hour
		case 'a':
			longest = 20 * 30 * time.Second
		case 'n':
			longest = 100 * 10 * time.Second
		default:
			longest = 20 * time.Minute
		}
		if left := client.PTTL(t.Context(), key).Val(); left <= 0 || left > longest {
			t.Errorf("%s expires in %v", key, left)
		}
		if n := client.Type(t.Context(), key).Val(); n == "string" && client.StrLen(t.Context(), key).Val() > 120 {
			t.Errorf("%s is long", key)
		}
	}
}

// TestKeysAreBounded checks that a client that fills the server does not remove
// a counter that holds it back, and is slowed down earlier. A user is known in
// a bounded number of networks.
func TestKeysAreBounded(t *testing.T) {
	client, config := server(t)
	config.MaxCounters = 300
	clock := redistest.NewClock()
	store := redislogins.NewClocked(client, clock.Now, config)
	logintest.Bounded(t, logintest.Subject{Store: store, Advance: clock.Advance})
	if n := len(redistest.Keys(t, client, "{"+config.Prefix)); n > 300+3*loginstore.SharedPlaces+100 {
		t.Errorf("%d keys", n)
	}
	for n := range 130 {
		clock.Advance(time.Second)
		try(t, store, logintest.From("owner", 5000+n), loginstore.Succeeded)
	}
	owner, known := logintest.From("owner", 0), 0
	for c, err := range store.Counters(t.Context(), loginstore.Filter{Account: &owner.Account}) {
		if err != nil {
			t.Fatal(err)
		}
		if c.Kind == loginstore.OfUserInNetwork {
			known++
		}
	}
	if r := try(t, store, logintest.From("owner", 5129), loginstore.Untested); !r.Known || known != 100 {
		t.Errorf("known in %d networks; in the last: %v", known, r.Known)
	}
}

// TestTurnsAreBounded checks that refusals fill no more than half of the room,
// and hold up no other client.
func TestTurnsAreBounded(t *testing.T) {
	client, config := server(t)
	config.MaxCounters = 300
	clock := redistest.NewClock()
	store := redislogins.NewClocked(client, clock.Now, config)
	logintest.BoundedTurns(t, logintest.Subject{Store: store, Advance: clock.Advance})
}

// TestOneRoundTrip checks that each step is one command, once the server knows
// the scripts.
func TestOneRoundTrip(t *testing.T) {
	client, config := server(t)
	store := redislogins.New(client, config)
	a := logintest.From("alice", 1)
	try(t, store, a, loginstore.Succeeded)
	commands := redistest.Count(client)
	for range 50 {
		try(t, store, a, loginstore.Succeeded)
	}
	if n := commands.Sent(); n != 100 {
		t.Errorf("%d commands for 50 logins", n)
	}
}

// TestKeysOfAnEarlierVersion checks that such keys hold up no client, although
// they cannot be read.
func TestKeysOfAnEarlierVersion(t *testing.T) {
	client, config := server(t)
	store := redislogins.New(client, config)
	a := logintest.From("alice", 1)
	account := a.Account.String()
	for _, key := range []string{"p:" + account + ":10.0.0.1/32", "a:" + account, "n:10.0.0.1/32", "k:" + account, "i"} {
		client.Set(t.Context(), "{"+config.Prefix+":login}:"+key, "3 1760000000000000", time.Minute)
	}
	if r := try(t, store, a, loginstore.Failed); r.Verdict != loginstore.Reserved {
		t.Errorf("%+v", r)
	}
	for _, err := range store.Counters(t.Context(), loginstore.Filter{}) {
		if err != nil {
			t.Error(err)
		}
	}
}

// TestAKeyThatIsNotOurs is a failure, not a decision.
func TestAKeyThatIsNotOurs(t *testing.T) {
	client, config := server(t)
	store := redislogins.New(client, config)
	a := logintest.From("alice", 1)
	key := "{" + config.Prefix + ":login:2}:a:" + a.Account.String()
	for _, set := range []func(){
		func() { client.Set(t.Context(), key, "hello", time.Minute) },
		func() { client.Del(t.Context(), key); client.LPush(t.Context(), key, "hello") },
	} {
		set()
		if r, err := store.Reserve(t.Context(), a, logintest.Curve()); err == nil || r.Verdict == loginstore.Reserved {
			t.Errorf("%+v, %v", r, err)
		}
	}
}

func TestWrongWiringPanics(t *testing.T) {
	client := redis.NewClient(&redis.Options{})
	defer client.Close()
	var none *redis.Client
	for name, wire := range map[string]func(){
		"nil":         func() { redislogins.New(nil) },
		"nil client":  func() { redislogins.New(none) },
		"timeout":     func() { redislogins.New(client, redislogins.Config{Timeout: -1}) },
		"counters":    func() { redislogins.New(client, redislogins.Config{MaxCounters: -1}) },
		"braces":      func() { redislogins.New(client, redislogins.Config{Prefix: "a{b}"}) },
		"two configs": func() { redislogins.New(client, redislogins.Config{}, redislogins.Config{}) },
	} {
		func() {
			defer func() {
				if message, _ := recover().(string); !strings.HasPrefix(message, "redislogins: New") {
					t.Errorf("%s: %q", name, message)
				}
			}()
			wire()
		}()
	}
}

// BenchmarkStore measures a login, which is two round trips. ping measures one
// round trip in the network and the client.
func BenchmarkStore(b *testing.B) {
	client, config := server(b)
	store, a, curve := redislogins.New(client, config), logintest.From("bench", 1), logintest.Curve()
	b.Run("login", func(b *testing.B) {
		for b.Loop() {
			r, err := store.Reserve(b.Context(), a, curve)
			if err != nil || store.Settle(b.Context(), r, loginstore.Succeeded, curve) != nil {
				b.Fatal(r, err)
			}
		}
	})
	b.Run("ping", func(b *testing.B) {
		for b.Loop() {
			client.Ping(b.Context())
		}
	})
}
