package redislogins_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/ginauth/ginauth/internal/testing/logintest"
	"github.com/ginauth/ginauth/policies/logins"
	"github.com/ginauth/ginauth/policies/redislogins"
)

// TestRedisThatIsGone checks an address without a listener, and a listener that
// never answers. Either way there is a failure within the timeout, with a
// client that has no timeouts.
func TestRedisThatIsGone(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for name, listener := range map[string]net.Listener{"gone": closed, "hanging": silent} {
		client := redis.NewClient(&redis.Options{Addr: listener.Addr().String(), ReadTimeout: time.Minute, DialTimeout: time.Minute, MaxRetries: 10})
		t.Cleanup(func() { client.Close() })
		store, start := redislogins.New(client, redislogins.Config{Timeout: 50 * time.Millisecond}), time.Now()
		r, err := store.Reserve(t.Context(), logintest.From("alice", 1), logintest.Curve())
		if err == nil || r.Verdict == logins.Reserved {
			t.Errorf("%s: %+v", name, r)
		}
		if err := store.Settle(t.Context(), r, logins.Failed, logintest.Curve()); err == nil {
			t.Errorf("%s: settled", name)
		}
		if _, err := store.Reset(t.Context(), logins.Filter{}); err == nil {
			t.Errorf("%s: reset", name)
		}
		for _, err := range store.Counters(t.Context(), logins.Filter{}) {
			if err == nil {
				t.Errorf("%s: counters", name)
			}
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: %v", name, took)
		}
	}
}

func TestACancelledRequestIsCutOff(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	client := redis.NewClient(&redis.Options{Addr: silent.Addr().String()})
	t.Cleanup(func() { client.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	start := time.Now()
	_, err = redislogins.New(client, redislogins.Config{Timeout: time.Minute}).Reserve(ctx, logintest.From("alice", 1), logintest.Curve())
	if err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) || time.Since(start) > 10*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}
