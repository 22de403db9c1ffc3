package redislogins_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/ginauth/ginauth/internal/loginstore"
	"github.com/ginauth/ginauth/internal/testing/logintest"
	"github.com/ginauth/ginauth/internal/testing/redistest"
	"github.com/ginauth/ginauth/policies/redislogins"
)

// TestRedisThatIsGone checks an address without a listener, and a listener that
// never answers. Either way there is a failure within the timeout, with a
// client that has no timeouts.
func TestRedisThatIsGone(t *testing.T) {
	for name, client := range redistest.Gone(t) {
		store, start := redislogins.New(client, redislogins.Config{Timeout: 50 * time.Millisecond}), time.Now()
		r, err := store.Reserve(t.Context(), logintest.From("alice", 1), logintest.Curve())
		if err == nil || r.Verdict == loginstore.Reserved {
			t.Errorf("%s: %+v", name, r)
		}
		if err := store.Settle(t.Context(), r, loginstore.Failed, logintest.Curve()); err == nil {
			t.Errorf("%s: settled", name)
		}
		if _, err := store.Reset(t.Context(), loginstore.Filter{}); err == nil {
			t.Errorf("%s: reset", name)
		}
		for _, err := range store.Counters(t.Context(), loginstore.Filter{}) {
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
	client := redistest.Gone(t)["hanging"]
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	start := time.Now()
	_, err := redislogins.New(client, redislogins.Config{Timeout: time.Minute}).Reserve(ctx, logintest.From("alice", 1), logintest.Curve())
	if err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) || time.Since(start) > 10*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}
