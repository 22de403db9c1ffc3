package redischannel_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/ginauth/ginauth/internal/testing/panics"
	"github.com/ginauth/ginauth/internal/testing/redistest"
	"github.com/ginauth/ginauth/models"
	"github.com/ginauth/ginauth/policies/authcache"
	"github.com/ginauth/ginauth/policies/redischannel"
)

var (
	_ authcache.Channel     = (*redischannel.Channel)(nil)
	_ models.Announcer      = (*redischannel.Channel)(nil)
	_ redis.UniversalClient = (*redis.Client)(nil)
	_ redis.UniversalClient = (*redis.ClusterClient)(nil)
	_ redis.UniversalClient = (*redis.Ring)(nil)
)

// hears announces a message once the channel is joined, and waits for it.
func hears(t *testing.T, listening, announcing *redischannel.Channel, message string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	heard := ""
	err := listening.Listen(ctx, func() {
		if err := announcing.Announce(ctx, message); err != nil {
			t.Error(err)
		}
	}, func(message string) {
		heard = message
		cancel()
	})
	if heard != message || err == nil {
		t.Errorf("heard %q, %v", heard, err)
	}
}

func TestPrefixes(t *testing.T) {
	client, prefix := redistest.Open(t)
	other := redischannel.New(client, redischannel.Config{Prefix: prefix + "other", Timeout: 10 * time.Second})
	one := redischannel.New(client, redischannel.Config{Prefix: prefix, Timeout: 10 * time.Second})
	if err := other.Announce(t.Context(), "lost"); err != nil {
		t.Error(err)
	}
	hears(t, one, one, "1 2")
}

// TestCluster announces and listens through different clients of a cluster.
func TestCluster(t *testing.T) {
	cluster := redistest.StartCluster(t)
	through := func() *redischannel.Channel {
		client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Addresses})
		t.Cleanup(func() { client.Close() })
		return redischannel.New(client, redischannel.Config{Timeout: 10 * time.Second})
	}
	listening, announcing := through(), through()
	for began := time.Now(); announcing.Announce(t.Context(), "1") != nil; time.Sleep(50 * time.Millisecond) {
		if time.Since(began) > 20*time.Second {
			t.Fatal("the cluster does not come up")
		}
	}
	hears(t, listening, announcing, "1 2")
}

// TestServersThatAreOfNoUse checks that no wait is without an end.
func TestServersThatAreOfNoUse(t *testing.T) {
	for name, client := range redistest.Gone(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			channel := redischannel.New(client, redischannel.Config{Timeout: 50 * time.Millisecond})
			if err := channel.Announce(t.Context(), "1"); err == nil || !strings.HasPrefix(err.Error(), "redischannel: ") {
				t.Error(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			began := time.Now()
			if err := channel.Listen(ctx, func() { t.Error("joined") }, nil); err == nil || time.Since(began) > 10*time.Second {
				t.Errorf("%v after %v", err, time.Since(began))
			}
		})
	}
}

// TestTheEnd checks that a listener that waits ends with its context.
func TestTheEnd(t *testing.T) {
	client, prefix := redistest.Open(t)
	ctx, cancel := context.WithCancel(t.Context())
	var cancelled time.Time
	err := redischannel.New(client, redischannel.Config{Prefix: prefix}).Listen(ctx, func() {
		cancelled = time.Now()
		cancel()
	}, nil)
	if err == nil || errors.Is(err, context.DeadlineExceeded) || time.Since(cancelled) > time.Second {
		t.Errorf("%v after %v", err, time.Since(cancelled))
	}
}

func TestMisuse(t *testing.T) {
	client, _ := redistest.Open(t)
	for want, wire := range map[string]func(){
		"redischannel: New was given a nil client":            func() { redischannel.New((*redis.Client)(nil)) },
		"redischannel: New takes one config":                  func() { redischannel.New(client, redischannel.Config{}, redischannel.Config{}) },
		"redischannel: New: the timeout must not be negative": func() { redischannel.New(client, redischannel.Config{Timeout: -1}) },
	} {
		if got := panics.Of(wire); !strings.HasPrefix(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
