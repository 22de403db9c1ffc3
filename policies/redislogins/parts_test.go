package redislogins_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/ginauth/ginauth/internal/loginstore"
	"github.com/ginauth/ginauth/internal/testing/logintest"
	"github.com/ginauth/ginauth/internal/testing/redistest"
	"github.com/ginauth/ginauth/policies/redislogins"
)

// parted returns a store with the parts of a cluster on one server, which knows
// the scripts.
func parted(t *testing.T) (loginstore.Store, *redis.Client) {
	client, config := server(t)
	store := redislogins.NewParted(client, time.Now, config)
	for n := range 3 { // in one of these networks at least, account and network are apart
		try(t, store, logintest.From("warm", 2+n), loginstore.Failed)
	}
	if _, err := store.Reset(t.Context(), loginstore.Filter{}); err != nil {
		t.Fatal(err)
	}
	return store, client
}

// apart returns an attempt whose account and network are in different parts.
func apart(name string) loginstore.Attempt { return logintest.From(name, 1) }

// failing is a hook that fails the scripts of the given numbers, counted from
// 1, after or instead of running them.
type failing struct {
	scripts map[int64]string
	n       atomic.Int64
}

var errLost = errors.New("lost")

func (f *failing) DialHook(next redis.DialHook) redis.DialHook { return next }

func (f *failing) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (f *failing) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if !strings.HasPrefix(cmd.Name(), "eval") {
			return next(ctx, cmd)
		}
		switch f.scripts[f.n.Add(1)] {
		case "before":
			cmd.SetErr(errLost)
			return errLost
		case "after":
			_ = next(ctx, cmd)
			cmd.SetErr(errLost)
			return errLost
		}
		return next(ctx, cmd)
	}
}

// TestAPartThatFails fails one step of reserving at a time. No password may be
// tested then, and the network keeps no place of it: otherwise the failure of
// one node would shut the gates of networks on the others.
func TestAPartThatFails(t *testing.T) {
	for _, row := range []struct {
		scripts map[int64]string
		want    string // what the network has counted
	}{
		{map[int64]string{1: "before"}, ""},
		{map[int64]string{2: "before"}, ""},
		{map[int64]string{2: "after"}, "failed 0 pending 1"}, // nothing tells that the place was taken
		{map[int64]string{3: "before"}, ""},
		{map[int64]string{3: "after"}, ""},
		{map[int64]string{3: "before", 4: "before"}, "failed 0 pending 1"},
	} {
		store, client := parted(t)
		client.AddHook(&failing{scripts: row.scripts})
		a := apart("alice")
		r, err := store.Reserve(t.Context(), a, logintest.Curve())
		if !errors.Is(err, errLost) || r.Verdict == loginstore.Reserved {
			t.Errorf("%v: %+v, %v", row.scripts, r, err)
		}
		if got := networkOf(t, store, a); got != row.want {
			t.Errorf("%v: the network has %q, want %q", row.scripts, got, row.want)
		}
	}
}

func networkOf(t *testing.T, store loginstore.Store, a loginstore.Attempt) (text string) {
	t.Helper()
	for c, err := range store.Counters(t.Context(), loginstore.Filter{Network: &a.Network}) {
		if err != nil {
			t.Fatal(err)
		}
		if c.Kind == loginstore.OfNetwork {
			text += fmt.Sprintf("failed %d pending %d", c.Failed, c.Pending)
		}
	}
	return text
}

// TestRoundTripsOfParts checks how many scripts a login is.
func TestRoundTripsOfParts(t *testing.T) {
	store, client := parted(t)
	a := apart("alice")
	for _, row := range []struct {
		what    string
		outcome loginstore.Outcome
		want    int64
	}{
		{"where the user is not known", loginstore.Succeeded, 5},
		{"where it is known", loginstore.Succeeded, 2},
		{"a wrong password there", loginstore.Failed, 2},
	} {
		commands := redistest.Count(client)
		try(t, store, a, row.outcome)
		if n := commands.Sent(); n != row.want {
			t.Errorf("%s: %d scripts, want %d", row.what, n, row.want)
		}
	}
}

// TestPartsAreBounded fills the parts by random names from random networks: no
// counter that holds a client back is forgotten.
func TestPartsAreBounded(t *testing.T) {
	const parts, most = 16, 20
	client, config := server(t)
	config.MaxCounters = most
	store := redislogins.NewParted(client, redistest.NewClock().Now, config)
	alice := logintest.From("alice", 2)
	for range 5 {
		try(t, store, alice, loginstore.Failed)
	}
	for i := range 400 {
		try(t, store, logintest.From(fmt.Sprint("random", i), 1_000_000+i), loginstore.Failed)
	}
	own := 0
	for _, key := range redistest.Keys(t, client, "{"+config.Prefix) {
		if !strings.Contains(key, "}:s:") && !strings.HasSuffix(key, "}:i") {
			own++
		}
	}
	if own < parts*most/2 || own > parts*(most+2) {
		t.Errorf("%d counters", own)
	}
	if r := try(t, store, alice, loginstore.Failed); r.Verdict != loginstore.Refused {
		t.Errorf("the counter of alice has been forgotten: %+v", r)
	}
}
