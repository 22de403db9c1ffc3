package redisscript_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/ginauth/ginauth/internal/redisscript"
	"github.com/ginauth/ginauth/internal/testing/redistest"
)

var echo = redisscript.Script(`return {string.format('%.0f', now), #ARGV, ARGV[1]}`)

// run returns the time that a script sees.
func run(t *testing.T, runner *redisscript.Runner, arguments ...any) int64 {
	t.Helper()
	reply, err := runner.Run(t.Context(), echo, nil, arguments...).Slice()
	if err != nil {
		t.Fatal(err)
	}
	now, err := redis.NewCmdResult(reply[0], nil).Int64()
	if err != nil || reply[1] != int64(len(arguments)+1) || len(arguments) > 0 && reply[2] != arguments[0] {
		t.Fatalf("%v, %v", reply, err)
	}
	return now
}

// TestTheServersClock checks that no argument of a caller is taken for the
// time, however many there are.
func TestTheServersClock(t *testing.T) {
	client, _ := redistest.Open(t)
	runner := redisscript.New("test", client, 10*time.Second)
	shared := make([]any, 1, 2) // has room for one more
	shared[0] = "1"
	for _, arguments := range [][]any{nil, {"1"}, {"a", "1"}, {"1", ""}, shared} {
		before, err := client.Time(t.Context()).Result()
		if err != nil {
			t.Fatal(err)
		}
		now := time.UnixMicro(run(t, runner, arguments...))
		if past := now.Sub(before); past < -time.Millisecond || past > time.Minute {
			t.Errorf("%q: it is %v, %v after %v", arguments, now, past, before)
		}
	}
	if shared[:2][1] != nil {
		t.Error("the caller's array is written to")
	}
}

func TestTheTestsClock(t *testing.T) {
	client, _ := redistest.Open(t)
	runner := redisscript.New("test", client, 10*time.Second)
	for _, want := range []time.Time{time.UnixMicro(0), time.UnixMicro(1_764_000_000_123_457)} {
		runner.Clock = func() time.Time { return want }
		if got := run(t, runner, "x"); got != want.UnixMicro() {
			t.Errorf("%d, want %d", got, want.UnixMicro())
		}
	}
}

// TestOneRoundTrip checks that the clock costs no command of its own.
func TestOneRoundTrip(t *testing.T) {
	client, _ := redistest.Open(t)
	runner := redisscript.New("test", client, 10*time.Second)
	run(t, runner, "x")
	commands := redistest.Count(client)
	for range 10 {
		run(t, runner, "x")
	}
	if n := commands.Sent(); n != 10 {
		t.Errorf("%d commands for 10 runs", n)
	}
}

func TestTimeout(t *testing.T) {
	for name, client := range redistest.Gone(t) {
		start := time.Now()
		err := redisscript.New("test", client, 50*time.Millisecond).Run(t.Context(), echo, nil).Err()
		if err == nil || time.Since(start) > 5*time.Second {
			t.Errorf("%s: %v after %v", name, err, time.Since(start))
		}
		if !strings.HasSuffix(name, "gone") && (!errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no answer within 50ms")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACancelledScriptIsCutOff(t *testing.T) {
	client := redistest.Gone(t)["hanging"]
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	start := time.Now()
	err := redisscript.New("test", client, time.Minute).Run(ctx, echo, nil).Err()
	if !errors.Is(err, context.Canceled) || time.Since(start) > 10*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

func TestWrongWiringPanics(t *testing.T) {
	client := redis.NewClient(&redis.Options{})
	defer client.Close()
	var none *redis.Client
	for mend, wire := range map[string]func(){
		"test: New was given a nil client":                func() { redisscript.New("test", nil, 0) },
		"test: New was given a nil client ":               func() { redisscript.New("test", none, 0) },
		"test: New: the timeout must not be negative; 0 ": func() { redisscript.New("test", client, -1) },
	} {
		func() {
			defer func() {
				if message, _ := recover().(string); !strings.HasPrefix(message, strings.TrimSpace(mend)) {
					t.Errorf("panicked with %q, want %q", message, mend)
				}
			}()
			wire()
		}()
	}
}
